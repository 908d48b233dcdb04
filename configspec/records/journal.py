"""The journal: one JSON line a finished row, on the disk before the next row begins.

A run that is killed keeps all that it had finished: `configspec recover` makes a results file of it, and `--resume`
continues it.

    {"configspec_journal": 1, "machine_info": {...}, "commit_info": {...}, "command": [...]}      the first line
    {"row": {...one entry of pytest-benchmark's "benchmarks"...}}                                  then one a row
    {"dropped": "test.py::test[...]", "why": "..."}        an earlier row that no longer holds, and is measured again

The last line about a test counts. A journal that is being written is locked, so nobody resumes half of a run.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from configspec.atomic import beside, put_in_place
from configspec.errors import RecordError, UsageError
from configspec.records.plain import dumps, loads

VERSION = 1
START = '{"configspec_journal":'


class Journal:
    """An open journal. `append` returns when the row is on the disk."""

    def __init__(
        self,
        path: Path,
        header: Mapping[str, object],
        *,
        earlier: Iterable[Mapping[str, object]] = (),
        replace: bool = False,
    ) -> None:
        """Begin a journal; there is a whole one or none, whenever the process is killed.

        Args:
            path: The file, which must not exist unless `replace` says so.
            header: What the first line holds beside the version.
            earlier: Rows of an earlier run, which this one continues.
            replace: Replace the file if it exists.

        """
        self.path = path
        self.rows = 0
        partial = beside(path)
        try:
            if path.exists() and not replace:
                raise UsageError(f"{path}: already exists. Choose another name for the journal.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = partial.open("wb", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._write({"configspec_journal": VERSION, **header})
            for row in earlier:
                self._write({"row": row})
                self.rows += 1
            put_in_place(partial, path)
        except OSError as problem:
            with suppress(OSError):
                partial.unlink()
            raise UsageError(
                f"{path}: the journal cannot be written: {problem.strerror}. "
                "Choose another folder: configspec_journal in the pytest configuration, or --journal FILE."
            ) from problem

    def append(self, row: Mapping[str, object]) -> None:
        """Add one finished row. OSError where it cannot be written, as on a full disk: then the file is as it was."""
        self._add({"row": row})
        self.rows += 1

    def drop(self, fullname: str, why: str) -> None:
        """An earlier row no longer holds; where the run ends before it is measured again, there is none."""
        self._add({"dropped": fullname, "why": why})

    def close(self) -> None:
        """Close the file; a journal without rows is removed."""
        self._file.close()
        if not self.rows:
            self.path.unlink(missing_ok=True)

    def _add(self, line: Mapping[str, object]) -> None:
        begin = self._file.tell()
        try:
            self._write(line)
            os.fsync(self._file.fileno())
        except OSError:
            # Half a line in the middle of the file would be damage; there may be space again for the next one.
            with suppress(OSError):
                self._file.truncate(begin)
                self._file.seek(begin)
            raise

    def _write(self, line: Mapping[str, object]) -> None:
        rest = memoryview((dumps(line) + "\n").encode("utf-8"))
        while rest:
            rest = rest[self._file.write(rest) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalIndex:
    """What a journal holds, without its rows: its header, and which line is the last about each test."""

    header: Mapping[str, object]
    lines: Mapping[str, int]  # by the test's full name, in the order of the lines
    damaged: tuple[int, ...]  # lines that cannot be read, though others follow
    cut: int  # 1 where the last line was cut by a kill


def is_journal(path: Path) -> bool:
    """Whether the file begins as a journal does."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(START)) == START


def is_being_written(path: Path) -> bool:
    """Whether the run that writes this journal is still running; a file that cannot be locked fails when it is read."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def index_journal(path: Path) -> JournalIndex:
    """Read a journal once, a line at a time.

    Raises:
        RecordError: Its header is damaged, or of a newer version.
    """
    header: dict[str, object] | None = None
    lines: dict[str, int] = {}
    unread: list[int] = []
    number = 0
    for number, entry in _entries(path):
        if number == 1:
            header = _checked(path, entry)
        elif entry is not None and isinstance(row := entry.get("row"), dict):
            name = str(row.get("fullname"))
            lines.pop(name, None)  # so that the later line's place counts
            lines[name] = number
        elif entry is not None and "dropped" in entry:
            lines.pop(str(entry["dropped"]), None)
        else:
            unread.append(number)
    if header is None:
        raise RecordError(f"{path}: the file is empty, so it is not a journal of configspec.")
    cut = 1 if unread and unread[-1] == number else 0
    damaged = tuple(unread[: len(unread) - cut])
    return JournalIndex(header=header, lines=lines, damaged=damaged, cut=cut)


def journal_rows(path: Path, index: JournalIndex) -> Iterator[dict[str, object]]:
    """The rows that count, in the order in which they were finished; one is in memory at a time."""
    wanted = set(index.lines.values())
    for _, entry in _entries(path, wanted):
        row = None if entry is None else entry.get("row")
        if isinstance(row, dict):
            yield row


def _entries(path: Path, wanted: Container[int] | None = None) -> Iterator[tuple[int, dict[str, object] | None]]:
    """Number and content of each line, or of those that are `wanted`; None where it is not a JSON object."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if wanted is None or number in wanted:
                yield number, _parse(line)


def _checked(path: Path, header: dict[str, object] | None) -> dict[str, object]:
    if header is None or "configspec_journal" not in header:
        raise RecordError(
            f"{path}: not a journal of configspec: its first line is not a header. "
            "Journals lie in .configspec/journal, one a run."
        )
    if header["configspec_journal"] != VERSION:
        raise RecordError(
            f"{path}: a journal of version {header['configspec_journal']!r}; this configspec reads version {VERSION}. "
            "Use the configspec that wrote it, or a newer one."
        )
    return header


def _parse(line: str) -> dict[str, object] | None:
    try:
        value = loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
