"""The end of the output of a run that measured: profiles and rankings, and what is missing from them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import pytest

from configspec.errors import ConfigspecError, UsageError
from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.run import MeasuringRun, RowsOf
from configspec.pytest_plugin.shown import Terminal, message, terminal_of
from configspec.pytest_plugin.whereabouts import look, refuse_what_is_missing
from configspec.records.row import Row, SampleRefs
from configspec.reporting.document import Document
from configspec.reporting.prediction_section import prediction_reports
from configspec.reporting.run_document import run_document
from configspec.targets.server.llama_server_flags import installed_spelling

TOP = 5
SCREEN = 40  # lines of a section


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
        _tell_comparison(terminal, run)
        return
    private_api.let_records_go(terminal.config)
    rows = RowsOf(run.rows.values())
    try:
        beside = None if run.journal is None else run.journal.path
        allow = run.asked.allow_throttled
        found = run_document(rows, TOP, installed_spelling(), beside, allow_throttled=allow)
        _write_document(terminal, found, run)
    except ConfigspecError as problem:
        terminal.write_lines(message(problem, terminal.config), red=True)
        rows = RowsOf(())
    terminal.write_line("")
    _tell_missing(terminal, run, rows)
    _tell_retried(terminal, rows)
    _tell_resumed(terminal, run)
    _tell_refined(terminal, run)
    _tell_unkept(terminal, run)
    _tell_files(terminal, run)
    _tell_comparison(terminal, run)


def _tell_comparison(terminal: Terminal, run: MeasuringRun) -> None:
    if run.comparison is not None:
        from configspec.pytest_plugin.baseline_words import write_comparison

        write_comparison(terminal, run.comparison, run)


def _write_document(terminal: Terminal, document: Document, run: MeasuringRun) -> None:
    """Each section on a screen; `-v` writes all of it."""
    most = None if terminal.config.option.verbose > 0 else SCREEN
    for section in document.sections:
        terminal.section(f"configspec: {section.heading}")
        if section.summary:
            terminal.write_line(section.summary)
        more = terminal.write_section(section, most=most)
        if more:
            terminal.write_line(f"{more} lines more: {_shows_all(run)}, or pytest -v", yellow=True)


def _shows_all(run: MeasuringRun) -> str:
    """The command that shows what was left out."""
    files = [] if run.results is None else [path for path in run.results.written if path.is_file()]
    one = files[0] if len(files) == 1 else None if run.journal is None else run.journal.path
    return "configspec rank" if one is None else f"configspec rank {shlex.quote(str(one))}"


def _tell_missing(terminal: Terminal, run: MeasuringRun, rows: Sequence[Row]) -> None:
    decoded = sum(row.end_to_end is not None for row in rows)
    for asked, done, what in (
        (len(run.plan.configurations), len(run.rows) - decoded, "measured"),
        (len(run.plan.end_to_end), decoded, "decoded end to end"),
    ):
        if done < asked:
            terminal.write_line(f"{asked - done} of {asked} configurations were not {what}", yellow=True)


def _tell_retried(terminal: Terminal, rows: Sequence[Row]) -> None:
    """Which devices took more than one attempt, and why: a retry that nobody sees hides a bad link."""
    unstable = Counter((row.device, row.first_cause) for row in rows if row.attempts > 1)
    for (device, cause), count in unstable.items():
        terminal.write_line(f"unstable: {count} rows of {device} took more than one attempt: {cause}", yellow=True)


def _tell_resumed(terminal: Terminal, run: MeasuringRun) -> None:
    """What --resume took over, and what of it had to be measured again, by what changed."""
    if run.earlier is None:
        return
    terminal.write_line(
        f"{len(run.resumed)} rows resumed from {run.earlier.path}, {len(run.rows) - len(run.resumed)} measured"
    )
    left_out = run.earlier.left_out
    if left_out.count:
        terminal.write_line(f"{left_out.counted}, and measured again where this run asks for it:", yellow=True)
        for line in left_out.lines():
            terminal.write_line(f"  {line}", yellow=True)
    if run.aside is not None:
        terminal.write_line(_of_aside(run), yellow=True)
    elsewhere = len(run.earlier.rows.keys() - run.rows.keys())
    if elsewhere and run.journal is not None:
        terminal.write_line(f"{elsewhere} rows of it are of tests that did not run: they are in {run.journal.path}")
    for what, count in Counter(what for what, _, _ in run.again).most_common():
        then, now = next((then, now) for changed, then, now in run.again if changed == what)
        terminal.write_line(f"{count} rows no longer held: {what} was {then}, is {now}", yellow=True)
    if run.missing_samples:
        terminal.write_line(
            f"{run.missing_samples} side files of {run.earlier.path} are missing: its rows rank all the same",
            yellow=True,
        )


def _tell_refined(terminal: Terminal, run: MeasuringRun) -> None:
    """What --refine measured more, and why it ended."""
    if run.asked.refine is not None:
        from configspec.pytest_plugin.refined_rows import lines_of

        for one in run.refinements:
            for line in lines_of(one, run.asked.refine.budget_s):
                terminal.write_line(line, yellow=bool(one.problems))


def _tell_unkept(terminal: Terminal, run: MeasuringRun) -> None:
    """Rows measured now whose samples could not be written, as on a full disk."""
    now = [kept.row for name, kept in run.rows.items() if name not in run.resumed]
    unkept = sum(row.provenance == "measured" and row.samples == SampleRefs() for row in now)
    if unkept:
        terminal.write_line(
            f"{unkept} rows are without side files, which could not be written into {run.samples}: they rank all the "
            "same. What needs samples by token and position has to be measured again.",
            yellow=True,
        )


def tell_aside(run: MeasuringRun, config: pytest.Config) -> None:
    """At once, and again at the end: what the journal held, and does not hold from now on."""
    terminal = terminal_of(config)
    if terminal is not None:
        terminal.write_now(_of_aside(run), yellow=True)


def _of_aside(run: MeasuringRun) -> str:
    assert run.earlier is not None
    left = run.earlier.left_out
    found = [left.counted] if left.count else []
    found += [f"{left.others} without a record of configspec"] if left.others else []
    return f"{run.earlier.path}: {', '.join(found)}. The file as it was is kept: {run.aside}"


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
        _tell_files(terminal, run)
    if run.whereabouts is not None and run.results is not None:
        refuse_what_is_missing(run.whereabouts, run.results.refused)


def _tell_files(terminal: Terminal, run: MeasuringRun) -> None:
    run.told_whereabouts = True
    for note in [] if run.results is None else run.results.notes:
        terminal.write_line(note, yellow=True)
    where = run.whereabouts
    if where is not None and where.rows:
        lacking = where.in_journal < where.rows
        terminal.write_line(where.sentence(), yellow=lacking and not where.lost, red=where.lost)
