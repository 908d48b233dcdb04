"""The page of HTML that a run writes at its end, of every row that was finished, resumed ones too.

It is what `configspec report` writes of the run's journal, with the verdicts where the run compares with a baseline.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configspec.errors import ConfigspecError, UsageError
from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.baseline import NOW
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.shown import terminal_of
from configspec.records.named_file import write_named
from configspec.records.results_file import check_results_can_be_written
from configspec.reporting.pictures.material import Material, measured_material
from configspec.reporting.plausibility import flagged, implausible
from configspec.reporting.report.reported import Reported
from configspec.reporting.rows_to_rank import ranked_row, rows_to_rank
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES

TITLE = "a run"
NO_BASELINE = "this run was given no baseline: --baseline RUN compares it with an earlier one"
NOTHING_JUDGED = "a baseline was given, and nothing of this run could be judged by it"


def begin_report(path: Path, run: MeasuringRun, config: pytest.Config) -> None:
    """Before the first test: look whether the page can be written, and takes no other file's place.

    Raises:
        UsageError: It cannot, or it does.
    """
    taken = [*private_benchmark.results_asked(config), run.asked.journal, run.earlier.path if run.earlier else None]
    if any(one is not None and one.resolve() == path.resolve() for one in taken):
        raise UsageError(f"--report {path}: the page would take the place of this run's rows. Name another file.")
    check_results_can_be_written(path, "the page")


def write_report(path: Path, run: MeasuringRun, config: pytest.Config) -> None:
    """Write the page, and say where it is. What cannot be ranked has a page too, which says why.

    Raises:
        UsageError: It cannot be written.
    """
    if run.asked.plan or config.option.collectonly:
        return
    from configspec.reporting.html.page import page

    try:
        reported = _reported(run)
    except ConfigspecError as problem:
        failed = " ".join(problem.lines)
        reported = Reported(title=TITLE, source=tuple(_source(run)), command="", material=Material(), failed=failed)
    write_named(path, page(reported).encode())
    run.told_report = True
    terminal = terminal_of(config)
    if terminal is not None:
        terminal.write_now(f"report: {path}")


def _reported(run: MeasuringRun) -> Reported:
    rows = [kept.row for kept in run.rows.values()]
    ranked = list(map(ranked_row(), rows))
    findings = implausible(ranked)
    ranked = flagged(ranked, findings)
    query = Query(rules=replace(DEFAULT_RULES, top=None, allow_throttled=run.asked.allow_throttled))
    groups, beside = groups_of(query.answer(rows_to_rank(ranked))), run.journal.path if run.journal else None
    found = measured_material(ranked, query, groups, beside)
    return Reported(
        title=TITLE,
        source=tuple(_source(run)),
        command=_command(run),
        rows=rows,
        material=_compared(run, found),
        findings=findings,
    )


def _compared(run: MeasuringRun, found: Material) -> Material:
    """With the verdicts of the tests that compare, as far as there are any."""
    from configspec.histories.judging import Checked

    judge = run.comparison
    if judge is None or not judge.outcome.verdicts:
        return replace(found, not_compared=NO_BASELINE if judge is None else NOTHING_JUDGED)
    base = tuple(one.source for one in judge.baseline.runs)
    checked = Checked(outcome=judge.outcome, notes=tuple(judge.baseline.notes), new=(NOW,), base=base)
    return replace(found, checked=checked, accepted=judge.baseline.request.changes)


def _source(run: MeasuringRun) -> Iterator[str]:
    if run.journal is None:
        return
    if not run.asked.anonymous:
        yield f"journal: {run.journal.path}"
    yield f"measured: {run.journal.header.get('datetime')}"
    if run.earlier is not None:
        yield f"resumed: {len(run.resumed)} of {len(run.rows)} rows are of an earlier run"


def _command(run: MeasuringRun) -> str:
    words = None if run.journal is None else run.journal.header.get("command")
    if not isinstance(words, list):
        return "pytest; its words are left out (--anonymous)"
    return shlex.join(["pytest", *map(str, words)])
