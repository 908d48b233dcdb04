"""What a run measured, to be asked and asserted: in a test of one's own, on a file, in a notebook. No pytest is needed.

    results = Results.read("results.json")           a results file, a journal, a stored run (0007), TAG:FILE
    results.choice("jetson", "llama-3.1-70b", "goodput").best
    assert_choice(results, "jetson", "llama-3.1-70b", "goodput", draft="1b", k=range(4, 9))
    assert_regret(results, "jetson", "llama-3.1-70b", "goodput", draft="1b", k=6, at_most=0.02)
    assert_no_regression(results, "accepted.json", fail_on="goodput:5%,acceptance:exact")

An assertion that does not hold raises AssertionError with what was found; a name that is not there raises UsageError.
None of them claims that one configuration comes first: of two equals, the first changes every second night.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from configspec.errors import RecordError, UsageError, did_you_mean
from configspec.histories.aliases_file import read_aliases
from configspec.histories.changes_file import read_changes
from configspec.histories.floors import Floors, parse_floors
from configspec.histories.floors_file import read_floors
from configspec.histories.judging import FAIL, CheckRequest, check
from configspec.histories.of_rows import part_of
from configspec.histories.run import Chosen, Run
from configspec.histories.sources import read_sources
from configspec.printable import printable, printable_line
from configspec.regression.choice import REGRET_ALLOWED
from configspec.regression.states import Outcome, State, Verdict
from configspec.theory.ids import ConfigurationId

Names: TypeAlias = str | Collection[str]
SHOWN = 10  # verdicts in a message


class Results:
    """One run, to be asked. `Results.read` makes it of a file; the fixture `results` is that of the run going on."""

    def __init__(self, run_of: Callable[[str | None, str | None], Run]) -> None:
        """`run_of`: what was measured of a device and a family; None asks for all."""
        self._run_of = run_of

    @classmethod
    def read(cls, source: str | Path) -> Results:
        """The run that a name leads to, as the commands of configspec take it.

        Raises:
            UsageError: It leads nowhere, or to several runs.
            RecordError: It cannot be read.
        """
        found = _read(source)
        if len(found) > 1:
            raise UsageError(f"{printable(str(source))} holds {len(found)} runs, and one is asked for. Name its file.")
        return cls.of(found[0])

    @classmethod
    def of(cls, run: Run) -> Results:
        """A run that was read already, with its choices."""
        return cls(lambda device, family: run)

    def run(self, device: str | None = None, family: str | None = None) -> Run:
        """All that was measured, of this device and family at least."""
        return self._run_of(device, family)

    def choice(self, device: str, family: str, objective: str) -> Chosen:
        """What the run would choose: the best, all that cannot be told from it, and the value of each configuration.

        Raises:
            UsageError: Nothing of that name was measured, or it cannot be ranked by that objective.
        """
        found = self.run(device, family).chosen
        _known("device", device, [one.device for one in found])
        of_device = [one for one in found if one.device == device]
        _known("family", family, [one.family for one in of_device])
        of_both = [one for one in of_device if one.family == family]
        _known("objective that could be ranked by", objective, [one.objective for one in of_both])
        return next(one for one in of_both if one.objective == objective)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which configurations are meant: each part a name, a number, or several; None: any."""

    draft: Names | None = None
    quant: Names | None = None
    k: int | Collection[int] | None = None

    def __post_init__(self) -> None:
        """A text or a fraction is no K, and would otherwise match nothing, or be an error of Python's."""
        found: object = self.k  # whoever has no type checker may hand over anything
        if isinstance(found, str) or not isinstance(found, int | Collection | None):
            shown = printable(repr(found), at_most=80)
            raise UsageError(f"k is {shown}; it takes a whole number or several: k=4, k=range(4, 9)")

    def matches(self, one: ConfigurationId) -> bool:
        """Whether a configuration is meant."""
        ks = (self.k,) if isinstance(self.k, int) else self.k
        return _among(one.draft, self.draft) and _among(one.quant, self.quant) and (ks is None or one.k in ks)

    def __str__(self) -> str:
        """As a message says it: `draft '1b', k range(4, 9)`."""
        given = {"draft": self.draft, "quant": self.quant, "k": self.k}
        return ", ".join(f"{name} {value!r}" for name, value in given.items() if value is not None) or "any"


def assert_choice(
    results: Results,
    device: str,
    family: str,
    objective: str,
    *,
    draft: Names | None = None,
    quant: Names | None = None,
    k: int | Collection[int] | None = None,
) -> None:
    """One of the configurations that are meant is among the best: none is shown better, or better by more than 2 %.

    Raises:
        AssertionError: None is.
        UsageError: None was measured.
    """
    wanted, found = Wanted(draft=draft, quant=quant, k=k), results.choice(device, family, objective)
    _measured(found, wanted)
    if not any(wanted.matches(one) for one in found.tied):
        best = ", ".join(map(str, found.tied[:SHOWN]))
        raise AssertionError(f"{device}, {family}, {objective}: none of {wanted} is among the best: {best}")


def assert_regret(
    results: Results,
    device: str,
    family: str,
    objective: str,
    *,
    draft: Names | None = None,
    quant: Names | None = None,
    k: int | Collection[int] | None = None,
    at_most: float = REGRET_ALLOWED,
) -> None:
    """The best of those that are meant is not shown worse than the best of all by more than `at_most`, a share of it.

    Raises:
        AssertionError: It is.
        UsageError: None was measured, or `at_most` is no share of at least 0 and below 1.
    """
    if not 0 <= at_most < 1:
        raise UsageError(f"at_most is {at_most}; it is a share of the best, at least 0 and below 1: 0.02 is 2 %")
    found = results.choice(device, family, objective)
    one = _measured(found, Wanted(draft=draft, quant=quant, k=k))
    regret = regret_of(found, one)
    if regret > at_most and _is_shown_worse(found, one):
        raise AssertionError(
            f"{one}, {objective}: {100 * regret:.2g} % worse than the best, {found.best}; {100 * at_most:g} % allowed"
        )


def regret_of(chosen: Chosen, configuration: ConfigurationId) -> float:
    """How much worse than the best a configuration is, as a share of the best; at least 0.

    Raises:
        UsageError: It has no value there.
    """
    if configuration not in chosen.values:
        raise UsageError(f"{configuration} was not ranked by {chosen.objective}")
    best, own = chosen.values[chosen.best].value, chosen.values[configuration].value
    if not (best > 0 and own > 0):
        return 0.0 if best == own else math.inf
    return max(0.0, 1 - (best / own if chosen.better == "lower" else own / best))


def assert_no_regression(
    results: Results,
    against: str | Path | Results | Sequence[str | Path | Results],
    *,
    fail_on: str | None = None,
    also_fail: Sequence[State] = FAIL,
    accepted: str | Path | None = None,
    floors: str | Path | None = None,
    aliases: str | Path | None = None,
    devices: Names | None = None,
) -> None:
    """Nothing that the earlier runs chose is shown worse: what `configspec check` fails for, fails here.

    Args:
        results: The new run.
        against: Earlier runs: files, stored names, folders, tags, or results that were read.
        fail_on: Losses that matter, as in `goodput:5%,energy:10%,acceptance:exact`.
        also_fail: States that fail beside REGRESSED.
        accepted: A file, as `--accepted` takes it.
        floors: A file, as `--floors` takes it.
        aliases: A file, as `--aliases` takes it.
        devices: Of the earlier runs, only these devices; default: all. What is missing fails.

    Raises:
        AssertionError: Something is, or nothing could be compared.
        UsageError: A name, a value or a file has to be changed.
    """
    base = _earlier(against)
    if devices is not None:
        base = _of_devices(base, (devices,) if isinstance(devices, str) else devices)
    given = Floors() if fail_on is None else parse_floors(fail_on, "fail_on")
    request = CheckRequest(
        floors=given if floors is None else replace(given, calibrated=read_floors(Path(floors))),
        changes=() if accepted is None else read_changes(Path(accepted)),
        names={} if aliases is None else read_aliases(Path(aliases)),
        also=tuple(also_fail),
    )
    found = check([results.run()], base, request)
    if not found.ok:
        raise AssertionError(_text(found))


def _text(found: Outcome) -> str:
    return "\n".join(map(printable_line, _lines(found)))


def _lines(found: Outcome) -> list[str]:
    counts = ", ".join(f"{count} {state}" for state, count in found.counts)
    if not found.compared:
        return [f"nothing was compared: {counts or 'no series'}", *map(_line, found.verdicts[:SHOWN])]
    lines = [f"{len(found.failed)} of {len(found.verdicts)} series failed: {counts}", *map(_line, found.failed[:SHOWN])]
    return lines if len(found.failed) <= SHOWN else [*lines, f"and {len(found.failed) - SHOWN} more"]


def _line(one: Verdict) -> str:
    choice = "choice for " if one.against == "choice" else ""
    return f"{one.state}: {one.series.configuration}, {choice}{one.series.metric.name}: {one.reason}"


def _earlier(against: str | Path | Results | Sequence[str | Path | Results]) -> list[Run]:
    several = [against] if isinstance(against, str | Path | Results) else against
    return [run for one in several for run in ([one.run()] if isinstance(one, Results) else _read(one))]


def _of_devices(runs: Sequence[Run], devices: Collection[str]) -> list[Run]:
    """What the runs have of these devices, each of which one of them measured."""
    measured = sorted({key.configuration.device for run in runs for key in run.measured})
    if not devices:
        raise UsageError(f"devices names none. {did_you_mean('', measured)}")
    for one in devices:
        if one not in measured:
            shown = printable(repr(one), at_most=80)
            raise UsageError(f"devices: no earlier run measured {shown}. {did_you_mean(one, measured)}")
    return [part_of(run, devices) for run in runs]


def _read(source: str | Path) -> tuple[Run, ...]:
    found = read_sources([str(source)], choices=True)
    if found.runs:
        return found.runs
    if found.unread.skipped:
        first = found.unread.skipped[0]
        raise RecordError(f"{first.file}: {first.why}")
    raise UsageError(f"{printable(str(source))}: no run of configspec in it. pytest --benchmark-json=FILE writes one")


def _known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        shown = printable(repr(name), at_most=80)
        raise UsageError(f"no {what} {shown} in these results. {did_you_mean(name, dict.fromkeys(known))}")


def _measured(found: Chosen, wanted: Wanted) -> ConfigurationId:
    """The best of those that are meant; `values` come the best first."""
    one = next((one for one in found.values if wanted.matches(one)), None)
    if one is None:
        drafts = ", ".join(dict.fromkeys(each.draft for each in found.values))
        ks = ", ".join(map(str, sorted({each.k for each in found.values})))
        raise UsageError(
            f"{found.device}, {found.family}: none of {wanted} was measured. Drafts: {printable(drafts)}; K: {ks}."
        )
    return one


def _is_shown_worse(found: Chosen, one: ConfigurationId) -> bool:
    """Whether it can be told from the best.

    Those that are tied may be so for being within 2 %: of these the intervals decide, which overlap where nobody knows.
    """
    if one not in found.tied:
        return True
    own, best = found.values[one], found.values[found.best]
    if regret_of(found, one) > REGRET_ALLOWED:
        return False
    return own.low > best.high if found.better == "lower" else own.high < best.low


def _among(name: str, wanted: Names | None) -> bool:
    return wanted is None or (name == wanted if isinstance(wanted, str) else name in wanted)
