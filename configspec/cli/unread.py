"""What was not taken of the files that runs are read from, on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from configspec.cli.output import complain

if TYPE_CHECKING:
    from configspec.histories.unread import Unread

SHOWN = 10  # files in a message


def tell_unread(unread: Unread) -> None:
    """What was not taken of the files, on standard error."""
    _tell("skipped: ", [str(one) for one in unread.skipped], "files skipped")
    _tell("gone since it was read: ", unread.gone, "files gone")
    _tell("", unread.repeated, "files repeat a run")
    if unread.gone:
        complain("what is gone is in no trend; --forget-gone tells of it for the last time")
    if unread.others:
        complain(f"{unread.others} file{'' if unread.others == 1 else 's'} not configspec's passed over")


def _tell(begin: str, lines: Sequence[str], counted: str) -> None:
    for line in lines[:SHOWN]:
        complain(f"{begin}{line}")
    if len(lines) > SHOWN:
        complain(f"and {len(lines) - SHOWN} more: {len(lines)} {counted}")
