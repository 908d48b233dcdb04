"""A file of rows, whichever it is: a results file of pytest-benchmark's, or a journal. Read a row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configspec.errors import RecordError
from configspec.records.journal import JournalIndex, index_journal, is_journal, journal_rows, journal_texts
from configspec.records.json_stream import stream
from configspec.records.plain import dumps
from configspec.records.row import KEY

ROWS = "benchmarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """One file; `head` is all that a results file holds beside its rows.

    `entries` are the test's full name and what was noted of each row, in the order of `rows`.
    """

    path: Path
    head: Mapping[str, Any]
    entries: tuple[tuple[str, Any], ...]
    index: JournalIndex | None  # None: a results file

    @property
    def written(self) -> str:
        """When, as an ISO date; files are compared by it."""
        return str(self.head.get("datetime") or "")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row, in the file's order; of a journal the last word about each test."""
        if self.index is not None:
            yield from journal_rows(self.path, self.index)
            return
        for key, row in stream(self.path, ROWS):
            if key == ROWS and isinstance(row, dict):
                yield row

    def texts(self) -> Iterator[str]:
        """The same rows as JSON, a line each."""
        if self.index is not None:
            yield from journal_texts(self.path, self.index)
        else:
            yield from map(dumps, self.rows())


Note = Callable[[Mapping[str, Any]], Any]


def open_row_file(path: Path, *, salvage: bool = False, note: Note = lambda row: None) -> RowFile:
    """Read a file once, to know what it holds and that it is whole.

    Args:
        path: A results file or a journal.
        salvage: Take what can be read of a journal with damaged lines; else those are an error.
        note: What is to be remembered of a row.

    Raises:
        RecordError: It cannot be read, or is neither of the two.
    """
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise RecordError(f"{path}: the file is empty. What a run had finished is in its journal.")
        return _journal(path, salvage, note) if is_journal(path) else _results(path, note)
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file. Name a results file or a journal.") from None
    except IsADirectoryError:
        raise RecordError(f"{path}: a folder. Name the results file or the journal in it.") from None
    except OSError as problem:
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.") from problem


def record_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record of a row that configspec wrote; None of any other."""
    extra = row.get("extra_info")
    record = extra.get(KEY) if isinstance(extra, dict) else None
    return record if isinstance(record, dict) else None


def _journal(path: Path, salvage: bool, note: Note) -> RowFile:
    index = index_journal(path, note)
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
    entries = tuple((name, index.notes[name]) for name in index.lines)
    return RowFile(path=path, head=head, entries=entries, index=index)


def _results(path: Path, note: Note) -> RowFile:
    head: dict[str, Any] = {}
    entries = []
    for key, value in stream(path, ROWS):
        if key == ROWS and isinstance(value, dict):
            entries.append((str(value.get("fullname")), note(value)))
        else:
            head[key] = value
    if not entries:
        raise RecordError(
            f"{path}: neither a journal nor a results file with rows: it has no list named {ROWS!r} with an entry."
        )
    return RowFile(path=path, head=head, entries=tuple(entries), index=None)
