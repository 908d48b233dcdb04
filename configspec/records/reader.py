"""A file of rows, whichever it is: a results file of pytest-benchmark's, or a journal. One row is in memory at a time.

A file is read once when it is opened, to know that it is whole and what its head holds, and once more for its rows:
other tools sort the keys of a file, so that its head may come after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from configspec.errors import RecordError
from configspec.records.codec import from_record
from configspec.records.journal import JournalIndex, index_journal, is_journal, journal_rows
from configspec.records.json_stream import stream
from configspec.records.row import KEY, Row
from configspec.records.row_lines import OtherLayoutError, kept_of_journal, rows_of_results
from configspec.records.shared import SHARED, record_of, resolved

Kept = TypeVar("Kept")
ROWS = "benchmarks"
MEASURE = "pytest -m hil --device DEVICE --benchmark-json=results.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of a file: pytest-benchmark's `raw` entry, whole, and configspec's row in it.

    `row` is None where configspec did not write it: another benchmark of the same suite.
    """

    fullname: str
    row: Row | None
    raw: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """One file; `head` is all that a results file holds beside its rows, without what the rows share."""

    path: Path
    head: Mapping[str, object]
    shared: Mapping[str, object]
    index: JournalIndex | None  # None: a results file

    @property
    def written(self) -> str:
        """When, as an ISO date; files are compared by it."""
        return str(self.head.get("datetime") or "")

    @property
    def unread(self) -> int:
        """How many lines of a journal could not be read."""
        return 0 if self.index is None else len(self.index.damaged) + self.index.cut

    def raw_rows(self) -> Iterator[dict[str, object]]:
        """Every entry of pytest-benchmark's, whole, in the file's order; of a journal the last one of each test.

        Raises:
            RecordError: What a row shares with others is not in the file's head.
        """
        if self.index is not None:
            yield from journal_rows(self.path, self.index)
            return
        for key, row in stream(self.path, ROWS):
            if key is None and isinstance(row, dict):
                yield resolved(row, self.shared, f"{self.path}: {_name(row)}")

    def entries(self) -> Iterator[Entry]:
        """The same, each with configspec's row in it.

        Raises:
            RecordError: A record cannot be read.
        """
        for raw in self.raw_rows():
            record = record_of(raw)
            row = None if record is None else from_record(record, f"{self.path}: {_name(raw)}")
            yield Entry(fullname=str(raw.get("fullname")), row=row, raw=raw)


def open_rows(path: Path, *, salvage: bool = False) -> RowFile:
    """Open a results file or a journal.

    Args:
        path: The file.
        salvage: Take what can be read of a journal with damaged lines; else those are an error.

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
        return _journal(path, salvage) if is_journal(path) else _results(path)
    except FileNotFoundError:
        raise RecordError(
            f"{path}: no such file. Name a journal or a results file, which is made by: {MEASURE}"
        ) from None
    except IsADirectoryError:
        raise RecordError(f"{path}: a folder. Name the results file or the journal in it.") from None
    except OSError as problem:
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.") from problem


def read_rows(path: Path) -> tuple[Row, ...]:
    """All rows of a results file or journal that configspec wrote, in the file's order.

    Raises:
        RecordError: The file cannot be read, holds no row of configspec, or a record that cannot be read.
    """
    return read_each(path, lambda row: row)


def read_each(path: Path, kept: Callable[[Row], Kept]) -> tuple[Kept, ...]:
    """What is kept of each of those rows, so that fifty thousand need not be in memory whole.

    Args:
        path: The file.
        kept: Makes of a row what is kept; where the file is damaged it may be asked again from the first row.

    Raises:
        RecordError: As for `read_rows`.
    """
    try:
        rows = _kept_of_lines(path, kept)
    except (OtherLayoutError, OSError):
        rows = ()
    # No rows: another layout, or something to tell.
    return rows or _whole(path, kept)


def _kept_of_lines(path: Path, kept: Callable[[Row], Kept]) -> tuple[Kept, ...]:
    if not path.is_file():
        raise OtherLayoutError  # a pipe gives its rows but once
    return kept_of_journal(path, kept) if is_journal(path) else _kept(rows_of_results(path), kept)


def _kept(rows: Iterable[Row | None], kept: Callable[[Row], Kept]) -> tuple[Kept, ...]:
    return tuple(kept(row) for row in rows if row is not None)


def _whole(path: Path, kept: Callable[[Row], Kept]) -> tuple[Kept, ...]:
    """The same of a file in any layout, an entry at a time."""
    benchmarks = 0

    def rows() -> Iterator[Row | None]:
        nonlocal benchmarks
        for entry in open_rows(path).entries():
            benchmarks += 1
            yield entry.row

    found = _kept(rows(), kept)
    if not found:
        some = f"{benchmarks} benchmark{'' if benchmarks == 1 else 's'}"
        raise RecordError(
            f"{path}: {some}, none measured by configspec (no extra_info[{KEY!r}]). Such a file is made by: {MEASURE}"
        )
    return found


def _name(raw: Mapping[str, object]) -> str:
    return str(raw.get("name") or raw.get("fullname") or "a row without a name")


def _journal(path: Path, salvage: bool) -> RowFile:
    index = index_journal(path)
    if index.damaged and not salvage:
        raise RecordError(
            f"{path}: line {index.damaged[0]} of the journal is damaged, and a kill can only cut the last one. "
            "Look at it, or save what can be read: configspec recover JOURNAL -o results.json"
        )
    if not index.lines:
        raise RecordError(f"{path}: the run ended before its first row was finished; there is nothing to recover.")
    header = index.header
    head = {
        "machine_info": header.get("machine_info", {}),
        "commit_info": header.get("commit_info", {}),
        "datetime": header.get("datetime"),
        "version": header.get("pytest_benchmark"),
    }
    return RowFile(path=path, head=head, shared={}, index=index)


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
        shared = found if isinstance(found, dict) else {}
        ours = {key: value for key, value in ours.items() if key != SHARED} or None
    return RowFile(path=path, head=head if ours is None else {**head, KEY: ours}, shared=shared, index=None)
