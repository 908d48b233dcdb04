"""What a page and a picture are drawn from, as the command line asks for it: a file, a baseline, a history."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.gate_options import RUNS_HELP, add_floors, add_names, add_series, add_storage, request_of, runs_of
from configspec.cli.inputs import check_no_input
from configspec.cli.output import complain
from configspec.cli.recorded_rows import Recorded
from configspec.errors import ConfigspecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from configspec.histories.judging import CheckRequest
    from configspec.histories.run import Run
    from configspec.reporting.pictures.material import Material
    from configspec.selection.query import Query

    Drawn = Callable[[], tuple[Run, ...]]
    Named = Callable[[tuple[str, ...]], tuple[Run, ...]]

NIGHTS = 60  # of a history


def add_compared(command: argparse.ArgumentParser) -> None:
    """`--baseline`, `--history`, `--accepted`, and how runs are compared."""
    command.add_argument("--baseline", nargs="+", metavar="BASE", help=f"compare with earlier runs: {RUNS_HELP}")
    command.add_argument("--history", nargs="+", metavar="STORE", help="show how the choices developed over these runs")
    command.add_argument("--accepted", type=Path, metavar="FILE", help="changes that somebody accepted (TOML)")
    add_floors(command)
    add_names(command)
    add_series(command)
    add_storage(command)


def check_no_run(output: Path, asked: argparse.Namespace) -> None:
    """Raises UsageError where what is drawn would take the place of a file that it is drawn from."""
    read = (asked.results, *(asked.baseline or ()), *(asked.history or ()), asked.accepted, asked.floors, asked.aliases)
    check_no_input(output, read)


def material_of(asked: argparse.Namespace, recorded: Recorded) -> Material:
    """All that can be drawn. Where runs cannot be compared or followed, why: the rest is worth having without.

    Raises:
        UsageError: An option or a file of it has to be changed.
    """
    from configspec.reporting.pictures.material import measured_material

    request = request_of(asked, accepted=asked.accepted)
    found = measured_material(recorded.rows, recorded.query, recorded.groups, asked.results)
    named = cache(partial(_runs, asked))  # a store is often both, and read once
    drawn = cache(partial(_drawn_runs, found, asked, recorded.query))
    whole = replace(found, accepted=request.changes)
    return _followed(_compared(whole, asked, request, named, drawn), asked, named, drawn)


def _runs(asked: argparse.Namespace, names: tuple[str, ...]) -> tuple[Run, ...]:
    return runs_of(asked, names, choices=bool(asked.baseline))


def _drawn_runs(found: Material, asked: argparse.Namespace, query: Query) -> tuple[Run, ...]:
    """The run that is drawn. What it chose is known where it was ranked as it was recorded, and is not ranked again."""
    from configspec.histories.choosing import chosen_of
    from configspec.theory.objectives.registry import usual
    from configspec.theory.serving.assumed import Assumed

    names = {one.name for one in query.objectives}
    meant = [one.name for one in usual()]
    as_recorded = query.assumed == Assumed() and query.ks is None and not (query.fill or query.rules.allow_throttled)
    if not as_recorded or asked.device or asked.family or not names.issuperset(meant):
        return runs_of(asked, [str(asked.results)], whole=True)
    (run,) = runs_of(asked, [str(asked.results)], choices=False, whole=True)
    rankings = (one for group in found.groups for one in group.rankings if one.objective.name in meant)
    return (replace(run, chosen=chosen_of(rankings)),)


def _compared(
    found: Material, asked: argparse.Namespace, request: CheckRequest, named: Named, drawn: Drawn
) -> Material:
    """With the verdicts, or why there are none."""
    if not asked.baseline:
        return found
    from configspec.histories.judging import checked

    try:
        verdicts = checked(drawn(), named(tuple(asked.baseline)), request)
    except ConfigspecError as problem:
        return replace(found, not_compared=_told(problem))
    return replace(found, checked=verdicts)


def _followed(found: Material, asked: argparse.Namespace, named: Named, drawn: Drawn) -> Material:
    """With how what is chosen today went over the runs up to this one, or why that cannot be shown."""
    if not asked.history:
        return found
    from configspec.histories.trend import Asked, trends

    rankings = [one for group in found.groups for one in group.rankings]
    objectives = frozenset(one.objective.name for one in rankings)
    chosen = frozenset(one.choices[0].configuration.id for one in rankings if one.choices)
    try:
        runs = named(tuple(asked.history))
        known = {one.figures_sha256 for one in runs}
        newer = (one for one in drawn() if one.figures_sha256 not in known)
        runs = tuple(sorted((*runs, *newer), key=lambda one: one.at_s or 0.0))  # those without a date first
    except ConfigspecError as problem:
        return replace(found, not_followed=_told(problem))
    followed = trends(runs, Asked(last=NIGHTS, more=objectives, only=chosen))
    return replace(found, trends=followed, not_followed="the history has nothing of what is chosen")


def _told(problem: ConfigspecError) -> str:
    complain(*problem.on_a_screen)
    return " ".join(problem.lines).rstrip(".")
