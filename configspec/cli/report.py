"""`configspec report`: one page to look at and to forward."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.drawn_from import add_compared, check_no_run, material_of
from configspec.cli.left_out import answer_code, tell_implausible
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.output import say
from configspec.cli.recorded_rows import RESULTS_HELP, add_assumptions, read_question, refuse_fill
from configspec.errors import ConfigspecError, RecordError
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.reporting.report.reported import Reported

PURPOSE = (
    "Write one HTML page: what to run, what changed, whether the figures can be trusted, pictures, and the data "
    "behind them. It needs no network and no script, stays below a megabyte, and says what is missing and why. Exit "
    "code 1 means that nothing was ranked; the page is still written, even if the file cannot be read (2)."
)


def add_report(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "report",
        "write one page to read and forward",
        PURPOSE,
        "configspec report results.json -o report.html\n"
        "configspec report results.json --baseline accepted.json --history history/ -o report.html",
    )
    command.add_argument("results", type=Path, metavar="RESULTS", help=RESULTS_HELP)
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the page: report.html")
    add_objective(command, objectives)
    add_assumptions(command)
    refuse_fill(command, "A page holds what was measured, and no place for how wrong a model is: leave it out.")
    add_compared(command)
    command.set_defaults(run=partial(_report, objectives))


@without_collection()
def _report(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.records.named_file import write_named
    from configspec.records.results_file import is_stream
    from configspec.reporting.html.page import page

    check_no_run(asked.output, asked)
    named = asked_objectives(asked, objectives)
    problem: ConfigspecError | None = None
    try:
        reported = _reported(named, asked)
    except RecordError as found:
        problem, reported = found, _failed(asked, found)
    write_named(asked.output, page(reported).encode())
    if problem is not None:
        raise problem
    if not is_stream(asked.output):
        say(f"{asked.output}: {len(reported.rows)} rows of {asked.results}")
    tell_implausible(reported.findings)
    ranked = any(one.choices for group in reported.material.groups for one in group.rankings)
    return answer_code(reported.left_out, reported.findings, strict=asked.strict, code=0 if ranked else 1)


def _reported(objectives: Sequence[Objective], asked: argparse.Namespace) -> Reported:
    from configspec.records.row import Row
    from configspec.reporting.report.reported import Reported

    rows: dict[tuple[object, bool], Row] = {}

    def seen(row: Row) -> None:
        rows[row.id, row.end_to_end is not None] = row

    recorded = read_question(asked, objectives, ks=asked.k, seen=seen)
    wanted = {one.id for one in recorded.rows}
    return Reported(
        title=printable(asked.results.name),
        source=tuple(_source(asked.results)),
        command=_command(),
        rows=[row for row in rows.values() if row.id in wanted],
        material=material_of(asked, recorded),
        findings=recorded.findings,
        left_out=recorded.left_out,
    )


def _failed(asked: argparse.Namespace, problem: RecordError) -> Reported:
    from configspec.reporting.pictures.material import Material
    from configspec.reporting.report.reported import Reported

    return Reported(
        title=printable(asked.results.name),
        source=(),
        command=_command(),
        material=Material(),
        failed=" ".join(problem.lines),
    )


def _source(path: Path) -> Iterator[str]:
    from configspec.records.opening import head_of

    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    yield f"file: {path}, SHA-256 {sha256}"
    date = head_of(path).get("datetime")
    yield f"measured: {date if isinstance(date, str) else 'the file does not say when'}"


def _command() -> str:
    """As it can be typed again."""
    return shlex.join(["configspec", *sys.argv[1:]])
