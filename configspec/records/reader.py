"""Rows of a file, whichever it is: a results file of pytest-benchmark's, or a journal. One row is in memory at a time.

A file that is laid out as configspec writes it is read line by line (`row_lines.py`), any other in general
(`opening.py`): both take the same rows. What cannot be taken of it is put on the caller's list (`left_out.py`); without
one, it is an error. A last line of a journal that a kill has cut is no error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from configspec.records.journal_line import is_journal
from configspec.records.left_out import LeftOutList
from configspec.records.row import Row
from configspec.records.row_lines import OtherLayoutError, kept_of_journal, kept_of_results

Kept = TypeVar("Kept")


def read_rows(path: Path) -> tuple[Row, ...]:
    """All rows of a results file or journal that configspec wrote, in the file's order.

    Raises:
        RecordError: The file cannot be read, holds no row of configspec, or an entry that cannot be taken.
    """
    return read_each(path, lambda row: row)


def read_each(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList | None = None) -> tuple[Kept, ...]:
    """What is kept of each of those rows, so that fifty thousand need not be in memory whole.

    Args:
        path: The file.
        kept: Makes of a row what is kept; where the file is of another layout it may be asked again from the first row.
        left_out: Where entries that cannot be taken are put down; without it they are an error.

    Raises:
        RecordError: As for `read_rows`, or nothing is left.
    """
    try:
        found = LeftOutList() if left_out is None else left_out
        rows = _kept_of_lines(path, kept, found)
    except (OtherLayoutError, OSError):
        return _in_any_layout(path, kept, left_out)
    # Nothing, or an error: the general reader has the words for it.
    return rows if rows and (left_out is not None or not found.count) else _in_any_layout(path, kept, left_out)


def _kept_of_lines(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList) -> tuple[Kept, ...]:
    if not path.is_file():
        raise OtherLayoutError  # a pipe gives its rows but once
    return (kept_of_journal if is_journal(path) else kept_of_results)(path, kept, left_out)


def _in_any_layout(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList | None) -> tuple[Kept, ...]:
    from configspec.records.opening import read_entries  # with the general reader: most files have no need of it

    return read_entries(path, kept, left_out)
