"""What people assert of a run beside earlier ones: nothing that was chosen then is worse now.

assert_no_regression(results, "accepted.json", fail_on="goodput:5%,acceptance:exact")
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from configspec.errors import UsageError, did_you_mean
from configspec.histories.aliases_file import read_aliases
from configspec.histories.changes_file import read_changes
from configspec.histories.floors import Floors, parse_floors
from configspec.histories.floors_file import read_floors
from configspec.histories.judging import FAIL, CheckRequest, check
from configspec.histories.of_rows import part_of
from configspec.histories.run import Run
from configspec.printable import printable, printable_line
from configspec.regression.states import Outcome, State, Verdict
from configspec.results.assertions import SHOWN
from configspec.results.question import Names
from configspec.results.results import Results
from configspec.results.sources import read_runs


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
    return [run for one in several for run in ([one.run()] if isinstance(one, Results) else read_runs(one))]


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
