"""A file of rows in any layout, a results file of pytest-benchmark's or a journal: its head, and its entries.

A file is read once when it is opened, to know that it is whole and what its head holds, and once more for its rows:
other tools sort the keys of a file, so that its head may come after them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from configspec.errors import RecordError
from configspec.records.codec import HELP
from configspec.records.journal import JournalIndex, index_journal
from configspec.records.journal_line import is_journal
from configspec.records.json_stream import stream
from configspec.records.left_out import LeftOutList
from configspec.records.row import KEY, Row
from configspec.records.row_file import ROWS, RowFile
from configspec.records.shared import SHARED, checked_facts

Kept = TypeVar("Kept")
OF_RUN = {"machine_info", "commit_info", "datetime", "version"}  # what pytest-benchmark writes beside its rows
MEASURE = "pytest -m hil --device DEVICE --benchmark-json=results.json"


def open_rows(path: Path, left_out: LeftOutList | None = None, *, may_lack_rows: bool = False) -> RowFile:
    """Open a results file or a journal.

    Args:
        path: The file.
        left_out: Where lines of a journal that cannot be taken are put down; without it those are an error.
        may_lack_rows: Whether a journal without a row is none the less one, and no error.

    Raises:
        RecordError: It cannot be read, or is neither of the two.
    """
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise RecordError(
                f"{path}: the file is empty. What a run had finished is in its journal: configspec recover JOURNAL"
            )
        if path.exists() and not path.is_file() and not path.is_dir():
            raise RecordError(f"{path}: a pipe or a device, and it is read twice. Write it into a file first.")
        return _journal(path, left_out, may_lack_rows=may_lack_rows) if is_journal(path) else _results(path)
    except FileNotFoundError:
        raise RecordError(
            f"{path}: no such file. Name a journal or a results file, which is made by: {MEASURE}"
        ) from None
    except OSError as problem:
        if os.path.isdir(path):  # pathlib's raises for a name too long
            raise RecordError(f"{path}: a folder. Name the results file or the journal in it.") from None
        hint = " Change its permissions, or name a copy of it." if isinstance(problem, PermissionError) else ""
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.{hint}") from problem


def head_of(path: Path) -> Mapping[str, object]:
    """All that a results file or journal says beside its rows; nothing where it is damaged, which its rows tell.

    Of a file that has its head before its rows, as configspec writes it, only the head is read.
    """
    try:
        if not path.is_file():
            return {}  # a pipe gives what it holds but once
        return open_rows(path, LeftOutList()).head if is_journal(path) else _head(path)
    except (RecordError, OSError):
        return {}


def _head(path: Path) -> Mapping[str, object]:
    head: dict[str, object] = {}
    for key, value in stream(path, ROWS):
        if key == ROWS and head.keys() >= OF_RUN:
            break
        if key is not None:
            head[key] = value
    return head


def read_entries(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList | None) -> tuple[Kept, ...]:
    """What is kept of each row, an entry at a time: as `reader.read_each`, and slower."""
    left = left_out or LeftOutList(refuse=HELP)
    left.clear()
    found: list[Kept] = []
    try:
        for entry in open_rows(path, left_out).entries(left):
            if entry.row is None:
                left.others += 1
            else:
                found.append(kept(entry.row))
    except OSError as problem:  # it was there when it was opened
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.") from problem
    if not found:
        raise RecordError(*_nothing(path, left))
    return tuple(found)


def _nothing(path: Path, left_out: LeftOutList) -> Iterator[str]:
    """The lines of the error that says so."""
    if left_out.count:
        yield f"{path}: no row is left; {left_out.counted}:"
        yield from left_out.lines()
        return
    some = f"{left_out.others} benchmark{'' if left_out.others == 1 else 's'}"
    yield f"{path}: {some}, none measured by configspec (no extra_info[{KEY!r}]). Such a file is made by: {MEASURE}"


def _journal(path: Path, left_out: LeftOutList | None, *, may_lack_rows: bool) -> RowFile:
    index = index_journal(path)
    if left_out is None and index.damaged:
        raise RecordError(
            f"{path}: line {index.damaged[0]} of the journal is damaged, and a kill can only cut the last one: "
            f"{index.unread[index.damaged[0]].why}. Look at it, or save what can be read: "
            "configspec recover JOURNAL -o results.json"
        )
    if left_out is None and index.header_damage is not None:
        raise RecordError(
            f"{path}: the journal's header is damaged: {index.header_damage}. Save the rows: "
            "configspec recover JOURNAL -o results.json"
        )
    if left_out is not None:
        leave_lines_out(path, index, left_out)
    if not index.lines and left_out is not None and index.damaged:
        raise RecordError(*_nothing(path, left_out))
    if not index.lines and not may_lack_rows:
        raise RecordError(f"{path}: the run ended before its first row was finished; there is nothing to recover.")
    header = index.header
    head = {
        "machine_info": header.get("machine_info", {}),
        "commit_info": header.get("commit_info", {}),
        "datetime": header.get("datetime"),
        "version": header.get("pytest_benchmark"),
    }
    return RowFile(path=path, head=head, shared={}, index=index)


def leave_lines_out(path: Path, index: JournalIndex, left_out: LeftOutList) -> None:
    """Put the lines of a journal that cannot be taken on the list."""
    if index.header_damage is not None:
        left_out.add(path, "its header", f"{index.header_damage}: when and where it was measured is not known")
    for number, line in index.unread.items():
        left_out.add(path, f"line {number}", line.why, broken=line.broken)


def _results(path: Path) -> RowFile:
    head: dict[str, object] = {}
    has_rows = False
    for key, value in stream(path, ROWS):
        if key == ROWS and value == []:
            has_rows = True
        elif key is not None:
            head[key] = value
    if not has_rows:
        raise RecordError(
            f"{path}: neither a journal nor a file of pytest-benchmark: it has no list named {ROWS!r}. "
            f"A results file is made by: {MEASURE}"
        )
    shared: Mapping[str, object] = {}
    ours = head.pop(KEY, None)
    if isinstance(ours, dict):
        found = ours.get(SHARED)
        shared = checked_facts(found) if isinstance(found, dict) else {}
        ours = {key: value for key, value in ours.items() if key != SHARED} or None
    return RowFile(path=path, head=head if ours is None else {**head, KEY: ours}, shared=shared, index=None)
