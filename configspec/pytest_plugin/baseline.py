"""The baseline of a run: read and checked before any device is touched, by the process that keeps the rows.

    declared    a test that compares: of each device and family that is measured, what the baseline chose for an
                objective, and goodput, energy, drafting speed and acceptance of each configuration that it chose

Which tests there are follows from the baseline and from the plan, not from what is measured later: what is missing then
has a test that says so. Names hold devices, families and configurations, never versions: they are the same every night.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.count_words import count_words
from configspec.errors import RecordError, UsageError
from configspec.histories.aliases_file import read_aliases
from configspec.histories.baseline import Sides, sides
from configspec.histories.changes_file import read_changes
from configspec.histories.check_series import Asked, declared, metrics_of_a_choice, series_of
from configspec.histories.floors import Floors, parse_floors
from configspec.histories.floors_file import read_floors
from configspec.histories.judge_choice import EarlierChoice, earlier_choices
from configspec.histories.judging import FAIL, CheckRequest
from configspec.histories.of_rows import part_of
from configspec.histories.reading import night_of
from configspec.histories.run import Run
from configspec.histories.sources import Places, Sources, read_sources
from configspec.histories.storage import storage_folder
from configspec.printable import printable
from configspec.pytest_plugin.baseline_asked import NONE
from configspec.regression.metrics import GOODPUT
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.states import State, Verdict, chosen_states

if TYPE_CHECKING:
    from configspec.pytest_plugin.baseline_asked import BaselineAsked
    from configspec.pytest_plugin.plan import Plan
    from configspec.theory.ids import ConfigurationId

NOW = "this run"
_LETTERS = 300  # of a name in a message
_NAMED = 5  # files in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One test: the name, and which verdict is its own. `objective`: of a choice; None of a series."""

    name: str
    series: SeriesKey
    objective: str | None = None

    @property
    def device(self) -> str:
        """Whose rows it needs."""
        return self.series.configuration.device

    def is_of(self, verdict: Verdict) -> bool:
        """Whether a verdict is this test's."""
        is_choice = verdict.against == "choice"
        if self.objective is None:
            return not is_choice and verdict.series == self.series
        it, own = verdict.series.configuration, self.series.configuration
        return is_choice and (it.device, it.family, verdict.series.metric.name) == (
            own.device,
            own.family,
            self.objective,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is compared with, and how.

    `runs` are the earlier ones, by the names that they have now, and of this run's devices and families alone. `at_s`
    and `commit` are of this run. `together`: how many series and choices are judged.
    """

    asked: BaselineAsked
    request: CheckRequest
    runs: tuple[Run, ...]
    declared: tuple[Declared, ...]
    at_s: float
    commit: str | None
    notes: tuple[str, ...] = ()

    @property
    def together(self) -> int:
        """How many series and choices are judged in this comparison."""
        return len(self.declared)

    def of(self, device: str) -> tuple[Declared, ...]:
        """The tests of a device."""
        return tuple(one for one in self.declared if one.device == device)


def read_baseline(asked: BaselineAsked, plan: Plan, *, narrowed: bool, at_s: float, commit: str | None) -> Baseline:
    """Read the baseline and the files beside it.

    Args:
        asked: The options.
        plan: What will be measured.
        narrowed: Whether families were selected by name: those that were not are not asked for.
        at_s: When this run begins.
        commit: Of the project that measures.

    Raises:
        UsageError: An option or a file has to be changed, or nothing of the plan is in the baseline.
        RecordError: The baseline cannot be read.
    """
    request = request_of(asked)
    there = _read(asked)
    found = sides([expected(plan, at_s, commit)], there.runs, names=request.names, varies=request.varies, in_time=True)
    families = {one.family for one in plan.configurations} if narrowed else None
    runs = tuple(part_of(run, plan.devices, families) for run in found.base)
    kept = replace(found, base=runs)
    choices = earlier_choices(kept, request.changes)
    if not choices:
        raise UsageError(f"--baseline {_shown(asked.source)}: it has no choice for what is measured here")
    series = _series(kept, choices, request.floors)
    return Baseline(
        asked=asked,
        request=replace(request, names={}),  # they have their present names by now
        runs=runs,
        declared=tuple(_tests(choices, series)),
        at_s=at_s,
        commit=commit,
        notes=(
            *_unread(there),
            *found.notes,
            *_left_out(found, plan, families),
            *request.floors.warnings(series),
        ),
    )


def request_of(asked: BaselineAsked) -> CheckRequest:
    """How to compare; every file beside the baseline is read."""
    floors = Floors() if asked.fail_on is None else parse_floors(asked.fail_on)
    if asked.floors is not None:
        floors = replace(floors, calibrated=read_floors(asked.floors))
    return CheckRequest(
        floors=floors,
        changes=() if asked.accepted is None else read_changes(asked.accepted),
        names={} if asked.aliases is None else read_aliases(asked.aliases),
        also=_also(asked.also_fail),
    )


def expected(plan: Plan, at_s: float, commit: str | None) -> Run:
    """The run as far as it is known before: its configurations, each with a goodput that says nothing."""
    night = night_of(datetime.fromtimestamp(at_s, UTC))
    keys = [SeriesKey(configuration=one, metric=GOODPUT) for one in plan.configurations]
    return Run(
        source=NOW,
        sha256=NOW,
        at_s=at_s,
        night=night,
        measured={key: Measured(series=key, value=1.0, setup=(), at_s=at_s, night=night) for key in keys},
        counted={},
        chosen=(),
        commit=commit,
    )


def _also(given: str | None) -> tuple[State, ...]:
    if given is None:
        return FAIL
    names = [name.strip() for name in given.split(",") if name.strip()]
    try:
        return () if names == [NONE] else chosen_states(names)
    except UsageError as problem:
        raise UsageError(f"--also-fail: {problem}") from None


def refuse_itself(asked: BaselineAsked, resumed: Path) -> None:
    """A UsageError where the baseline is the file that earlier rows are taken over from: it would equal itself."""
    if os.path.realpath(asked.source) == os.path.realpath(resumed):
        raise UsageError(
            f"--baseline {_shown(asked.source)}: --resume takes its rows over from this file, which would be compared "
            "with itself. Name an earlier run."
        )


def _read(asked: BaselineAsked) -> Sources:
    path = Path(asked.source)
    if os.path.exists(path) and not (path.is_file() or path.is_dir()):
        raise UsageError(f"--baseline {_shown(asked.source)}: a pipe or a device. Write it into a file first.")
    places = Places(here=asked.here, storage=storage_folder(asked.storage))
    try:
        found = read_sources([asked.source], places, choices="ties")
    except UsageError as problem:
        raise UsageError(f"--baseline {problem}") from None
    if found.runs:
        return found
    if found.unread.skipped:
        first = found.unread.skipped[0]
        raise RecordError(f"--baseline {first.file}: {first.why}")
    raise UsageError(
        f"--baseline {_shown(asked.source)}: no run of configspec in it. pytest --benchmark-json=FILE writes one"
    )


def _series(found: Sides, choices: Sequence[EarlierChoice], floors: Floors) -> tuple[SeriesKey, ...]:
    of_choices = dict.fromkeys(one.series.configuration for one in choices)
    metrics = metrics_of_a_choice(floors)
    there = [key for key in series_of(found.base) if key.configuration in of_choices and key.metric in metrics]
    if not any(map(floors.judges, there)):
        raise UsageError("--fail-on switches off every metric that the baseline has: keep one, or name no baseline.")
    return declared(replace(found, new=()), of_choices, Asked(), floors)


def _unread(there: Sources) -> Iterator[str]:
    """What of the baseline could not be read, told since the rest of it is compared with."""
    for one in there.unread.skipped[:_NAMED]:
        yield printable(f"{one.file}: {one.entry}: {one.why}", at_most=_LETTERS)
    more = len(there.unread.skipped) - _NAMED
    if more > 0:
        yield f"and {more} more that could not be read"


def _shown(source: str) -> str:
    return printable(source, at_most=_LETTERS)


def _tests(choices: Iterable[EarlierChoice], series: Iterable[SeriesKey]) -> Iterator[Declared]:
    for choice in choices:
        device, family, objective = choice.group
        yield Declared(
            name=f"dev:{device}:-{family}-{objective}-choice", series=choice.series, objective=objective
        )  # fmt: skip
    for key in series:
        yield Declared(name=series_name(key.configuration, key.metric.name), series=key)


def series_name(configuration: ConfigurationId, metric: str) -> str:
    """The test of one series, as `-k` finds it."""
    return f"{configuration.id}-{metric}"


def _left_out(found: Sides, plan: Plan, families: set[str] | None) -> Iterator[str]:
    """What of the baseline is not compared, for this run was not asked for it."""
    there = {(one.device, one.family) for run in found.base for one in run.chosen}
    devices = sorted({device for device, _ in there} - set(plan.devices))
    if devices:
        yield f"{count_words(len(devices), 'device')} of the baseline not asked for here: {_listed(devices)}"
    others = sorted({family for device, family in there if device in plan.devices} - (families or set()))
    if families is not None and others:
        yield f"families of the baseline not asked for here: {_listed(others)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return printable(", ".join(names[:_NAMED]) + more)
