"""What a command did not take of its files, said on stderr: a script that reads the output is not disturbed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from configspec.cli.output import complain

if TYPE_CHECKING:
    from configspec.records.left_out import LeftOutList
    from configspec.reporting.rows_to_rank import RankedRow
    from configspec.selection.query import Query
    from configspec.theory.plausibility.rule import Finding

STRICT_HELP = "refuse a file if anything would be left out; exit code 1 if a figure is hardly plausible"
TOLD = 10  # devices and families
REFUSE_HELP = "refuse a file if anything would be left out"


def add_strict(command: argparse.ArgumentParser, *, judges: bool = True) -> None:
    """The option `--strict` of a command that reads rows; `judges`: that asks whether their figures are plausible."""
    command.add_argument("--strict", action="store_true", help=STRICT_HELP if judges else REFUSE_HELP)


def strict_code(found: Sequence[Finding], *, strict: bool, code: int = 0) -> int:
    """The exit code of a command that would end with `code`: 1 where it is strict and something is not plausible."""
    return 1 if strict and found else code


def answer_code(left_out: LeftOutList | None, found: Sequence[Finding], *, strict: bool, code: int = 0) -> int:
    """The exit code of a command that chooses among the rows of a file.

    It is 2 where a record could not be read, or a damaged line that was one: the answer lacks a configuration that may
    be the best one, so the file must change. What a kill cut off, and a row that a later one took the place of, are no
    such records.
    """
    return 2 if left_out is not None and left_out.broken else strict_code(found, strict=strict, code=code)


def tell_implausible(found: Sequence[Finding]) -> None:
    """A line for each of the first warnings: for a command whose output has no place for them."""
    if found:
        from configspec.reporting.plausibility_section import SHOWN, counted, finding_lines

        for line in finding_lines(found, SHOWN):
            complain(f"plausibility: {line}")
        complain(f"{counted(found)}; --strict makes the exit code 1")


def tell_apart(rows: Sequence[RankedRow], query: Query) -> None:
    """A line for each of the first devices and families that are ranked by other assumptions than some rows have."""
    from configspec.count_words import count_words
    from configspec.reporting.apart_assumptions import apart_assumptions

    found = list(apart_assumptions(rows, query))
    for line in found[:TOLD]:
        complain(line)
    if len(found) > TOLD:
        pairs = count_words(
            len(found) - TOLD, "more pair of a device and a family", "more pairs of a device and a family"
        )
        complain(f"and {pairs} with several assumptions")


def begin_list(*, strict: bool) -> LeftOutList:
    """An empty list; with `strict` it refuses the first entry."""
    from configspec.records.left_out import LeftOutList

    return LeftOutList(refuse="Without --strict it is left out." if strict else None)


def tell_left_out(left_out: LeftOutList, *, chooses: bool = False) -> None:
    """A line for each of the first entries, and their number; `chooses`: as `answer_code` ends the command."""
    if left_out.count:
        for line in left_out.lines():
            complain(f"left out: {line}")
        complain(f"{left_out.counted}; --strict refuses such files")
    if left_out.broken and chooses:
        complain("the exit code is 2: what could not be read may be the best")
    if left_out.others:
        complain(f"{left_out.others} benchmark{'' if left_out.others == 1 else 's'} of other tools passed over")
