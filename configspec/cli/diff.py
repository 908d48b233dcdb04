"""`configspec diff`: what differs between two files of rows, or between two rows, and may be why speeds differ."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.left_out import add_strict, begin_list, strict_code, tell_implausible, tell_left_out
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.errors import UsageError

if TYPE_CHECKING:
    from configspec.records.row import Row
    from configspec.reporting.difference_document import ComparedRow, Comparison

PURPOSE = (
    "Compare two results files or journals: the drafting speed and acceptance of the configurations in both, and "
    "every recorded fact that differs, with the likeliest causes of a different speed first: power mode, throttling, "
    "clocks, build, threads, layers on the GPU, temperature. Exit code 1 means that the two do not belong in one table."
)
NAMES = 5  # of configurations in a message


def add_diff(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    diff = add_command(
        commands,
        "diff",
        "show how two results files, or two rows, differ, and the likely causes",
        PURPOSE,
        "configspec diff monday.json tuesday.json\n"
        "configspec diff monday.json tuesday.json --row 1b-Q4_K_M-K4\n"
        "configspec diff monday.json monday.json --row orin:-llama-1b-Q4_K_M-K4 --other-row pi:-llama-1b-Q8_0-K4",
    )
    diff.add_argument("then", type=Path, metavar="A", help="a results file or a journal")
    diff.add_argument("now", type=Path, metavar="B", help="the one to compare it with")
    diff.add_argument("--row", metavar="TEXT", help="compare the one row of A whose id contains TEXT")
    diff.add_argument("--other-row", metavar="TEXT", help="with this row of B; default: the row of the same id")
    diff.add_argument("--format", choices=("table", "json", "markdown"), default="table", help="default: table")
    add_strict(diff)
    diff.set_defaults(run=_diff)


@without_collection()
def _diff(asked: argparse.Namespace) -> int:
    from configspec.records.opening import head_of
    from configspec.records.origin import origin_of
    from configspec.records.reader import read_each
    from configspec.reporting.difference_document import (
        compared_row,
        comparison,
        difference_document,
        difference_json,
    )
    from configspec.theory.plausibility.registry import findings
    from configspec.theory.plausibility.rule import Finding, Subject

    if asked.other_row is not None and asked.row is None:
        raise UsageError("--other-row names a row of B; name the row of A that it is compared with: --row TEXT")
    doubts = list[Finding]()

    def read(path: Path) -> tuple[ComparedRow, ...]:
        left_out = begin_list(strict=asked.strict)
        origin, subjects = origin_of(head_of(path)), list[Subject]()

        def taken(row: Row) -> ComparedRow:
            subjects.append(Subject(configuration=row.configuration, serving=row.serving))
            return compared_row(row, origin=origin)

        rows = read_each(path, taken, left_out)
        tell_left_out(left_out)
        doubts.extend(findings(subjects))
        return rows

    then, now = read(asked.then), read(asked.now)
    tell_implausible(doubts)
    found = comparison(then, now) if asked.row is None else _two_rows(then, now, asked)
    if not found.pairs:
        raise UsageError(
            f"{asked.then} and {asked.now} have no configuration in common. Name a row of each: "
            f"--row TEXT --other-row TEXT. The first holds {_names(then)}; the second holds {_names(now)}."
        )
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces

        say_pieces(json_pieces(difference_json(found)))
    else:
        from configspec.reporting.markdown import as_markdown

        words = difference_document(found)
        if asked.format == "table":
            say_document(words)
        else:
            say_text(as_markdown(words))
    return strict_code(doubts, strict=asked.strict, code=0 if found.setup is None else 1)


def _two_rows(then: Sequence[ComparedRow], now: Sequence[ComparedRow], asked: argparse.Namespace) -> Comparison:
    from configspec.reporting.difference_document import Comparison

    one = _the_row(then, asked.row, "--row", asked.then)
    if asked.other_row is not None:
        return Comparison(pairs=((one, _the_row(now, asked.other_row, "--other-row", asked.now)),))
    same = [row for row in now if row.name == one.name]
    if not same:
        raise UsageError(
            f"{asked.now} has no row {one.id.id}; name the one to compare it with: --other-row TEXT. "
            f"It holds {_names(now)}."
        )
    return Comparison(pairs=((one, same[-1]),))


def _the_row(rows: Sequence[ComparedRow], text: str, option: str, file: Path) -> ComparedRow:
    """The one row whose id holds the text; where real decoding has a row too, the one that was profiled."""
    whole = [row for row in rows if row.id.id == text]
    found = {row.id: row for row in sorted(whole or rows, key=lambda row: not row.is_decoded) if text in row.id.id}
    if len(found) == 1:
        return next(iter(found.values()))
    what = "no row" if not found else f"{len(found)} rows"
    holds = _names(rows if not found else list(found.values()))
    raise UsageError(f"{option} {text!r}: {what} of {file} {'has' if not found else 'have'} it in the id: {holds}.")


def _names(rows: Sequence[ComparedRow]) -> str:
    names = list(dict.fromkeys(row.id.id for row in rows))
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more
