"""The end of the output of a run that measured: what to run, and how much there is behind it; with `-v` all of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from configspec.errors import ConfigspecError, UsageError
from configspec.printable import printable_line
from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.run import MeasuringRun, RowsOf
from configspec.pytest_plugin.run_lines import lines_of_files, lines_of_run, of_aside
from configspec.pytest_plugin.shown import Terminal, message, terminal_of
from configspec.pytest_plugin.whereabouts import look, refuse_what_is_missing
from configspec.reporting.document import Document
from configspec.reporting.prediction_section import prediction_reports
from configspec.reporting.run_document import RunReport, run_report
from configspec.reporting.short_run import ShortRun, rows_of, within
from configspec.reporting.terminal import Line
from configspec.targets.server.llama_server_flags import installed_spelling

TOP = 5
FEWEST = 12  # rows, however low a terminal is


def prediction_json(run: MeasuringRun) -> dict[str, object]:
    """How well the profiles predicted, for the results file."""
    try:
        return {"prediction": [report.as_json() for report in prediction_reports(RowsOf(run.rows.values()))]}
    except ConfigspecError as problem:
        return {"prediction": None, "reason": str(problem)}


def write_summary(terminal: Terminal, run: MeasuringRun) -> None:
    """Write profiles and rankings of all rows that were finished; never raises for what a row holds."""
    if terminal.config.option.collectonly:
        return
    try:
        _write_rows(terminal, run)
    finally:
        _write_report(terminal, run)


def _write_report(terminal: Terminal, run: MeasuringRun) -> None:
    """The page; where it cannot be written, the end of the run says so."""
    if run.asked.report is not None:
        from configspec.pytest_plugin.report_page import write_report

        with suppress(UsageError):
            write_report(run.asked.report, run, terminal.config)


def _write_rows(terminal: Terminal, run: MeasuringRun) -> None:
    if not run.rows:
        terminal.section("configspec")
        why = ": other runs have the devices" if run.kept_out else ""
        if run.workers_died:
            why = ": every worker died while it started or collected"
        terminal.write_line(f"nothing was measured{why}", red=True)
        _write_comparison(terminal, run)
        return
    private_benchmark.let_records_go(terminal.config)
    rows = RowsOf(run.rows.values())
    found: RunReport | None = None
    try:
        beside = None if run.journal is None else run.journal.path
        found = run_report(rows, TOP, installed_spelling(), beside, allow_throttled=run.asked.allow_throttled)
    except ConfigspecError as problem:
        terminal.write_lines(message(problem, terminal.config), red=True)
        rows = RowsOf(())
    run.told_whereabouts = True
    said = [Line(printable_line(line.text), line.look) for line in (*lines_of_run(run, rows), *lines_of_files(run))]
    if _shows_all(terminal):
        if found is not None:
            _write_document(terminal, found.whole)
        terminal.write_line("")
        terminal.write_looks(said)
    else:
        _write_screen(terminal, found, said, run)
    _write_comparison(terminal, run)


def _shows_all(terminal: Terminal) -> bool:
    return bool(terminal.config.option.verbose > 0)


def _write_screen(terminal: Terminal, found: RunReport | None, said: Sequence[Line], run: MeasuringRun) -> None:
    """What to run first; all of it, with a comparison behind it and pytest's last line, on one screen."""
    columns, rows = terminal.size
    room = max(FEWEST, rows - 5)  # a heading, an empty line, pytest's last one, and a prompt of two
    if run.comparison is not None:
        room = room * 2 // 3
    short = None if found is None else ShortRun(found, columns, _command(run))
    free = room - (0 if short is None else rows_of(short.whole, columns))
    last = within(said, max(room // 3, free), columns, _again(run))
    if short is not None:
        terminal.section("configspec: what to run")
        terminal.write_broken(short.lines(room - rows_of(last, columns)))
    terminal.write_broken(last)


def _write_comparison(terminal: Terminal, run: MeasuringRun) -> None:
    if run.comparison is None:
        return
    from configspec.pytest_plugin.baseline_words import comparison_lines

    columns, rows = terminal.size
    lines = list(comparison_lines(run.comparison, run))
    if not _shows_all(terminal):
        # The command that says it again is last, and stays.
        lines = within(lines, max(FEWEST, rows - 5) // 3 - 1, columns, _again(run))
    terminal.section(f"configspec: against the baseline {run.comparison.baseline.asked.source}")
    terminal.write_broken(lines)


def _write_document(terminal: Terminal, document: Document) -> None:
    """Each section, whole."""
    for section in document.sections:
        terminal.section(f"configspec: {section.heading}")
        if section.summary:
            terminal.write_line(section.summary)
        terminal.write_section(section)


def _command(run: MeasuringRun) -> str:
    """What shows all that was left out, and what shows most of it without measuring again."""
    files = [] if run.results is None else [path for path in run.results.written if path.is_file()]
    one = files[0] if len(files) == 1 else None if run.journal is None else run.journal.path
    file = "FILE" if one is None else shlex.quote(str(_from_here(one)))
    return f"{_again(run)}; most of it: configspec rank {file}"


def _again(run: MeasuringRun) -> str:
    """What shows all, and measures nothing twice where rows are kept."""
    return f"the same pytest command with {'-v' if run.journal is None else '-v --resume last'}"


def _from_here(path: Path) -> Path:
    """As a person would type it."""
    with suppress(ValueError, OSError):
        return path.resolve().relative_to(Path.cwd())
    return path


def tell_aside(run: MeasuringRun, config: pytest.Config) -> None:
    """At once, and again at the end: what the journal held, and does not hold from now on."""
    terminal = terminal_of(config)
    if terminal is not None:
        terminal.write_now(of_aside(run), yellow=True)


def tell_unwritten(run: MeasuringRun, config: pytest.Config) -> None:
    """At once, when the journal cannot be written: whoever looks on may make room, or should not kill the run."""
    terminal = terminal_of(config)
    if terminal is not None and run.journal is not None:
        terminal.write_now(
            f"the journal {run.journal.path} cannot be written: {run.journal_problem}. "
            "Rows are kept in memory until it can; a kill would lose them.",
            yellow=True,
        )


def tell_whereabouts(run: MeasuringRun, config: pytest.Config) -> None:
    """After the summary, or in its place where there was none: a run that is terminated writes none.

    Raises:
        UsageError: Results, or rows, are not where they were to be.
    """
    if run.whereabouts is None:
        run.whereabouts = look(run)
    terminal = terminal_of(config)
    if terminal is not None and run.whereabouts is not None and not run.told_whereabouts:
        terminal.write_now("")  # the line of dots ends
        run.told_whereabouts = True
        terminal.write_broken(lines_of_files(run))
    if run.whereabouts is not None and run.results is not None:
        refuse_what_is_missing(run.whereabouts, run.results.refused)
