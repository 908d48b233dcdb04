"""The last words of a run that measured: the rankings, and what is missing from them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin.run import Run
from configspec.records.row import Row, from_record
from configspec.reporting.agreement_section import acceptance_check_text
from configspec.reporting.prediction_section import prediction_reports, prediction_text
from configspec.reporting.rankings import as_text
from configspec.reporting.verification_section import verification_text
from configspec.selection.query import Query, answer

TOP = 5


def prediction_json(run: Run) -> dict[str, Any]:
    """How well the profiles predicted, for the results file."""
    try:
        return {"prediction": [report.as_json() for report in prediction_reports(_rows(run))]}
    except ConfigspecError as problem:
        return {"prediction": None, "reason": str(problem)}


def _rows(run: Run) -> list[Row]:
    return [from_record(record, node) for node, record in run.records()]


def _tell_missing(terminal: pytest.TerminalReporter, asked: int, done: int, what: str) -> None:
    if done < asked:
        terminal.write_line(f"{asked - done} of {asked} configurations were not {what}", yellow=True)


def _tell_resumed(terminal: pytest.TerminalReporter, run: Run) -> None:
    """What --resume took over, and what of it had to be measured again, by the fact that changed."""
    if run.earlier is None:
        return
    terminal.write_line(
        f"{len(run.resumed)} rows resumed from {run.earlier.path}, {len(run.rows) - len(run.resumed)} measured"
    )
    for path, count in Counter(path for path, _, _ in run.again).most_common():
        then, now = next((then, now) for fact, then, now in run.again if fact == path)
        terminal.write_line(f"{count} rows no longer held: {path} was {then}, is {now}", yellow=True)


def _tell_retried(terminal: pytest.TerminalReporter, run: Run) -> None:
    """Which devices took more than one attempt, and why: a retry that nobody sees hides a bad link."""
    unstable = Counter((one["device"], one.get("first_cause")) for _, one in run.records() if one.get("unstable"))
    for (device, cause), count in unstable.items():
        terminal.write_line(f"unstable: {count} rows of {device} took more than one attempt: {cause}", yellow=True)


def write_summary(terminal: pytest.TerminalReporter, run: Run) -> None:
    """Write the rankings of all rows that were finished; never raises for what a row holds."""
    if terminal.config.option.collectonly:
        return
    terminal.section("configspec: rankings", sep="=")
    if not run.rows:
        why = ": other runs have the devices" if run.kept_out else ""
        terminal.write_line(f"nothing was measured{why}", red=True)
        return
    try:
        rows = _rows(run)
        terminal.write_line(as_text(answer(rows, Query()), top=TOP).rstrip())
        timed = verification_text(rows)
        if timed:
            terminal.section("configspec: verification", sep="=")
            terminal.write_line(timed)
        differing = acceptance_check_text(rows)
        if differing:
            terminal.section("configspec: acceptance on the devices", sep="=")
            terminal.write_line(differing)
        proof = prediction_text(prediction_reports(rows))
        if proof:
            terminal.section("configspec: prediction against real decoding", sep="=")
            terminal.write_line(proof.rstrip())
    except ConfigspecError as problem:
        terminal.write_line(str(problem), red=True)
    terminal.write_line("")
    decoded = sum(record["end_to_end"] is not None for _, record in run.records())
    _tell_missing(terminal, len(run.plan.cases), len(run.rows) - decoded, "measured")
    _tell_missing(terminal, len(run.plan.end_to_end), decoded, "decoded end to end")
    _tell_retried(terminal, run)
    _tell_resumed(terminal, run)
    if run.journal_problem is not None:
        terminal.write_line(run.journal_problem, yellow=True)
    elif run.journal is not None:
        terminal.write_line(f"{len(run.rows)} rows, each in the journal {run.journal.path}")
