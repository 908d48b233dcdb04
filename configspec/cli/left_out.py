"""What a command did not take of its files, said on stderr: a script that reads the output is not disturbed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from configspec.cli.output import complain

if TYPE_CHECKING:
    from configspec.records.left_out import LeftOutList

STRICT_HELP = "refuse a file of which anything would be left out"


def add_strict(command: argparse.ArgumentParser) -> None:
    """The option `--strict` of a command that reads rows."""
    command.add_argument("--strict", action="store_true", help=STRICT_HELP)


def begin_list(*, strict: bool) -> LeftOutList:
    """An empty list; with `strict` it refuses the first entry."""
    from configspec.records.left_out import LeftOutList

    return LeftOutList(refuse="Without --strict it is left out." if strict else None)


def tell_left_out(left_out: LeftOutList) -> None:
    """A line for each of the first entries, and their number."""
    if left_out.count:
        for line in left_out.lines():
            complain(f"left out: {line}")
        complain(f"{left_out.counted}; --strict refuses such files")
    if left_out.others:
        complain(f"{left_out.others} benchmark{'' if left_out.others == 1 else 's'} of other tools passed over")
