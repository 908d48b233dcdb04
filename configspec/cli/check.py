"""`configspec check`: the gate. New runs against earlier ones, without a device."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.gate_options import (
    RUNS_HELP,
    add_floors,
    add_format,
    add_names,
    add_series,
    add_storage,
    add_strict_gate,
    doubts_of,
    request_of,
    runs_of,
    say_checked,
)
from configspec.cli.left_out import strict_code

PURPOSE = (
    "Compare the runs of one night with earlier ones: whether the choice is still among the best, whether its goodput, "
    "energy or drafting speed is worse than its floor, whether acceptance counts changed, and whether something is "
    "missing. One earlier run shows large changes; five or more are a history. Exit codes: 0 nothing failed, 1 "
    "something did or nothing was compared, 2 the request or a file must change. docs/gate.md describes the rules, the "
    "files and the JSON."
)


def add_check(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    command = add_command(
        commands,
        "check",
        "judge new runs against earlier ones, and fail if something is worse",
        PURPOSE,
        "configspec check results.json --against accepted.json\n"
        "configspec check tonight.json again-1.json again-2.json --against history/ --accepted accepted.toml\n"
        "configspec check results.json --against v1.2:results.json --fail-on goodput:5%,energy:10% --format junit",
    )
    command.add_argument("new", nargs="+", metavar="NEW", help=f"runs of one night: {RUNS_HELP}")
    command.add_argument(
        "--against", nargs="+", required=True, metavar="BASE", help="earlier runs, named in the same way"
    )
    add_storage(command)
    add_floors(command)
    command.add_argument("--accepted", type=Path, metavar="FILE", help="changes that somebody accepted (TOML)")
    add_names(command)
    add_series(command)
    add_format(command, ("table", "json", "markdown", "junit"))
    add_strict_gate(command)
    command.set_defaults(run=_check)


@without_collection()
def _check(asked: argparse.Namespace) -> int:
    from configspec.histories.judging import checked
    from configspec.reporting.verdicts_document import check_document, markdown_within

    request = request_of(asked, accepted=asked.accepted)
    new = runs_of(asked, asked.new, whole=True)
    judged = checked(new, runs_of(asked, asked.against), request)
    found = replace(judged, notes=(*judged.notes, *doubts_of(new)))
    code = say_checked(found, asked.format, lambda: check_document(found), lambda: markdown_within(found))
    return strict_code([one for run in new for one in run.findings], strict=asked.strict, code=code)
