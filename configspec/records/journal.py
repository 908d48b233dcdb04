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
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from configspec.atomic import beside, put_in_new_place, put_in_place, put_once_more
from configspec.errors import RecordError, UsageError
from configspec.records.bounded_file import bounded_lines, open_bounded
from configspec.records.journal_line import (
    CUT,
    VERSION,
    DroppedLine,
    RowLine,
    UnreadLine,
    read_header,
    read_line,
)
from configspec.records.json_stream import Unreadable
from configspec.records.plain import dumps
from configspec.untrusted import open_regular

BEGIN, END = b'{"row":', b"}\n"  # of the line of a row
CHOOSE = "Choose another folder: configspec_journal in the pytest configuration, or --journal FILE."


class Journal:
    """An open journal. `append` returns when the row is on the disk."""

    def __init__(
        self,
        path: Path,
        header: Mapping[str, object],
        *,
        earlier: Iterable[Mapping[str, object]] = (),
        replace: bool = False,
        aside: Path | None = None,
    ) -> None:
        """Begin a journal; there is a whole one or none, whenever the process is killed.

        Args:
            path: The file, which must not exist unless `replace` says so.
            header: What the first line holds beside the version.
            earlier: Rows of an earlier run, which this one continues.
            replace: Replace the file if it exists.
            aside: One more name for the file that is replaced.

        Raises:
            UsageError: It already exists, or cannot be written.
        """
        self.path = path
        self.header = header
        self.rows = 0
        partial = beside(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _own_file(partial)
            self._write(dumps({"configspec_journal": VERSION, **header}))
            for row in earlier:
                self._write(_row_line(dumps(row)))
                self.rows += 1
            if replace:
                if aside is not None:
                    put_once_more(path, aside)
                put_in_place(partial, path)
            else:
                _put_new(partial, path)
        except OSError as problem:
            raise UsageError(f"{path}: the journal cannot be written: {problem.strerror}. {CHOOSE}") from problem
        finally:
            _remove(partial)  # which is gone where it is in its place
        self._whole_bytes = self._file.tell()  # up to here there are whole lines

    def append(self, row: Mapping[str, object]) -> None:
        """Add one finished row. OSError where it cannot be written, as on a full disk: then the file is as it was."""
        self.append_json(dumps(row))

    def append_json(self, row: str) -> None:
        """The same of a row that is JSON already, on one line."""
        self._add(_row_line(row))
        self.rows += 1

    def drop(self, fullname: str, why: str) -> None:
        """An earlier row no longer holds; where the run ends before it is measured again, there is none."""
        self._add(dumps({"dropped": fullname, "why": why}))

    def digests_on_disk(self) -> frozenset[bytes]:
        """The `row_digest` of each row that the file of this name holds at this moment, read back; none if it is gone.

        A file may be deleted, or its disk lost, while the run goes on: what was written is no proof.
        """
        try:
            with open_regular(self.path) as file:
                whole = (line[len(BEGIN) : -len(END)] for line in file if line.startswith(BEGIN) and line.endswith(END))
                return frozenset(row_digest(row) for row in whole)
        except OSError:
            return frozenset()

    def close(self) -> None:
        """Close the file; a journal without rows is removed."""
        if not self.rows:
            _remove(self.path)
        self._file.close()

    def _add(self, line: str) -> None:
        # Half a line in the middle of the file would be damage, so what an earlier failure left is cut off first.
        begin = min(self._file.seek(0, os.SEEK_END), self._whole_bytes)
        self._file.truncate(begin)
        self._file.seek(begin)
        try:
            self._write(line)
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # at once, since the run may be killed before the next row
                self._file.truncate(begin)
            raise
        self._whole_bytes = self._file.tell()

    def _write(self, line: str) -> None:
        rest = memoryview((line + "\n").encode("utf-8"))
        while rest:
            rest = rest[self._file.write(rest) :]


def row_digest(row: bytes) -> bytes:
    """What tells a row's JSON from every other, in 16 bytes."""
    return hashlib.blake2b(row, digest_size=16).digest()


def _row_line(row: str) -> str:
    return f'{{"row":{row}}}'


def _own_file(path: Path) -> FileIO:
    """A new file, locked; another where somebody who tidied the folder took it for one of a killed run."""
    while True:
        file = path.open("wb", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _put_new(partial: Path, path: Path) -> None:
    try:
        put_in_new_place(partial, path)
    except FileExistsError as problem:
        raise UsageError(f"{path}: already exists. Choose another name for the journal.") from problem


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalIndex:
    """What a journal holds, without its rows: its header, and which line is the last about each test."""

    header: Mapping[str, object]
    header_damage: str | None  # why there is no header
    lines: Mapping[str, int]  # by the test's full name, in the order of the lines
    unread: Mapping[int, UnreadLine]  # lines that cannot be taken
    last: int  # the last line

    @property
    def damaged(self) -> tuple[int, ...]:
        """Lines that cannot be taken, though others follow."""
        return tuple(number for number in self.unread if number != self.last)

    @property
    def cut(self) -> int:
        """1 where the last line cannot be taken: a kill may have cut it."""
        return int(self.last in self.unread)

    @property
    def cut_by_kill(self) -> bool:
        """Whether the last line is but the beginning of one."""
        line = self.unread.get(self.last)
        return line is not None and line.why == CUT


def index_journal(path: Path) -> JournalIndex:
    """Read a journal once, a line at a time.

    Raises:
        RecordError: It is none, or of a newer version.
        OSError: It cannot be read.
    """
    header: dict[str, object] = {}
    header_damage: str | None = None
    lines: dict[str, int] = {}
    unread: dict[int, UnreadLine] = {}
    number = 0
    with open_bounded(path) as file:
        for number, text in enumerate(bounded_lines(file), start=1):
            if number == 1:
                found = read_header(text, path)
                if isinstance(found, dict):
                    header = found
                    continue
                header_damage = found
            line = read_line(text)
            if isinstance(line, RowLine):
                lines.pop(line.fullname, None)  # so that the later line's place counts
                lines[line.fullname] = number
            elif isinstance(line, DroppedLine):
                lines.pop(line.fullname, None)
            elif number > 1:
                unread[number] = line
    if number == 0:
        raise RecordError(f"{path}: the file is empty, so it is not a journal of configspec.")
    if header_damage is not None and not lines:
        raise RecordError(
            f"{path}: not a journal of configspec: its first line is not a header, and no row follows. "
            "Journals lie in .configspec/journal, one a run."
        )
    return JournalIndex(header=header, header_damage=header_damage, lines=lines, unread=unread, last=number)


def journal_lines(path: Path, index: JournalIndex, *, unique_keys: bool = False) -> Iterator[tuple[int, object]]:
    """Number and row of the lines that count, in the order in which they were finished; one is in memory at a time.

    A row is `Unreadable` where an object in it has a key twice, and `unique_keys` asks for it.

    Raises:
        OSError: It cannot be read.
    """
    wanted = set(index.lines.values())
    with open_bounded(path) as file:
        for number, text in enumerate(bounded_lines(file), start=1):
            if number in wanted:
                line = read_line(text, unique_keys=unique_keys)
                yield number, line.row if isinstance(line, RowLine) else Unreadable(_why(line))


def _why(line: DroppedLine | UnreadLine) -> str:
    return line.why if isinstance(line, UnreadLine) else "the file was changed while it was read"
