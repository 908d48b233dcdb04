"""The last words of a run that measured: the rankings, and what is missing from them."""

from __future__ import annotations

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin.state import Run
from configspec.records.record import from_record
from configspec.reporting.question import Question, answer
from configspec.reporting.rankings import as_text

TOP = 5


def write_summary(terminal: pytest.TerminalReporter, run: Run) -> None:
    """Write the rankings of all rows that were finished; never raises for what a row holds."""
    if terminal.config.option.collectonly:
        return
    terminal.section("configspec: rankings", sep="=")
    if not run.rows:
        terminal.write_line("nothing was measured", red=True)
        return
    try:
        rows = [from_record(record, node) for node, record in run.rows.items()]
        terminal.write_line(as_text(answer(rows, Question()), top=TOP).rstrip())
    except ConfigspecError as problem:
        terminal.write_line(str(problem), red=True)
    terminal.write_line("")
    missing = len(run.choice.cases) - len(run.rows)
    if missing:
        terminal.write_line(f"{missing} of {len(run.choice.cases)} configurations were not measured", yellow=True)
    if run.journal_problem is not None:
        terminal.write_line(run.journal_problem, yellow=True)
    elif run.journal is not None:
        terminal.write_line(f"{run.journal.rows} rows, each in the journal {run.journal.path}")
