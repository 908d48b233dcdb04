"""The index of a folder of runs: a file is read once, and known again by its content.

    file     its name, what the system says of it (size, times, number), the hash of its content, and what it was
    run      what was read of a content, without counts and choices

What the system says is a fast check: where it is as it was, so is the content. A file that was changed a moment before
it was looked at is not believed, since times are coarse. Where the check fails, the hash decides.

The index lies in the cache, never beside the files, and can be deleted at any time: a damaged one, and one of another
version, is built anew. Several processes may use it at once.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from configspec import __version__
from configspec.content_hash import file_sha256
from configspec.errors import UsageError
from configspec.histories.compact import unpacked
from configspec.histories.found import Found, Held, Kind, reading_ahead
from configspec.histories.run import Run
from configspec.own_folder import own_folder
from configspec.regression.metrics import METRICS

FOLDER = "histories"
VERSION = f"1 {__version__} {' '.join(one.name for one in METRICS)}"
SETTLED_NS = 2_000_000_000  # FAT's times are this coarse
BUSY_S = 60.0
COMMIT_EVERY = 50  # files
_TABLES = (
    "CREATE TABLE version (text TEXT NOT NULL)",
    "CREATE TABLE file (name BLOB PRIMARY KEY, state TEXT, sha256 TEXT, kind TEXT, why TEXT)",
    "CREATE TABLE run (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL)",
)
_PUT_FILE = "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)"


class Known(NamedTuple):
    """What the index holds of a file; `why` it is no run, for people."""

    state: str
    sha256: str
    kind: Kind
    why: str


class Index:
    """An open index of one folder."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        """As `open_index` opens it. Files are named from the folder, as bytes: a name need not be text."""
        self._connection, self._folder = connection, folder
        self._files: dict[bytes, Known] = {
            name: Known(*rest) for name, *rest in connection.execute("SELECT name, state, sha256, kind, why FROM file")
        }
        self._contents = {known.sha256: known for known in self._files.values()}
        self._unsaved = 0

    def read(self, files: Sequence[Path], read: Callable[[Path], Run], *, processes: int = 1) -> Iterator[Found]:
        """Every file with what it holds.

        Args:
            files: In the folder.
            read: Is asked for a content that is not known. It raises a NotARunError for a file that is none of ours,
                and another RecordError for a damaged one.
            processes: How many read at once, where many files are not known; `read` is then a function of a module.
        """
        unknown = [path for path in files if processes > 1 and not self._seems_known(path)]
        with reading_ahead(unknown, read, processes) as held:
            for path in files:
                yield self._one(path, held)
        self._save()

    def gone(self, files: Sequence[Path]) -> list[str]:
        """Names of files that were read before and are not among these, their content neither."""
        there = {self._name(path) for path in files}
        contents = {self._files[name].sha256 for name in there if name in self._files}
        return sorted(
            str(self._folder / os.fsdecode(name))
            for name, known in self._files.items()
            if name not in there and known.kind == "run" and known.sha256 not in contents
        )

    def forget(self, gone: Sequence[str]) -> None:
        """Files that are gone, and are not told of any more."""
        with self._connection:
            names = [(self._name(Path(name)),) for name in gone]
            self._connection.executemany("DELETE FROM file WHERE name = ?", names)
            self._connection.execute("DELETE FROM run WHERE sha256 NOT IN (SELECT sha256 FROM file)")

    def _seems_known(self, path: Path) -> bool:
        known = self._files.get(self._name(path))
        try:
            return known is not None and known.state == _state(path) != ""
        except OSError:
            return True

    def _one(self, path: Path, read: Callable[[Path], Held]) -> Found:
        try:
            state, known = _state(path), self._files.get(self._name(path))
            if known is None or not state or known.state != state:
                sha256 = file_sha256(path)
                known = self._contents.get(sha256)
            found = None if known is None else self._again(path, known)
            if known is None or found is None:
                return self._read(path, state, file_sha256(path), read)
            self._put(path, known._replace(state=state))
            return found
        except OSError as problem:
            return Found(path=path, run=None, kind="bad", why=f"cannot be read: {problem.strerror}")
        except UsageError as problem:
            return Found(path=path, run=None, kind="bad", why=str(problem))

    def _again(self, path: Path, known: Known) -> Found | None:
        """What is known of a content; None where the index has lost it."""
        if known.kind != "run":
            return Found(path=path, run=None, kind=known.kind, why=known.why)
        row = self._connection.execute("SELECT content FROM run WHERE sha256 = ?", (known.sha256,)).fetchone()
        if row is None:
            return None
        try:
            return Found(path=path, run=unpacked(row[0], str(path)), kind="run")
        except ValueError as problem:
            raise sqlite3.DatabaseError(f"a run in it cannot be read: {problem}") from problem

    def _read(self, path: Path, state: str, sha256: str, read: Callable[[Path], Held]) -> Found:
        held = read(path)
        if file_sha256(path) == sha256:  # else it was changed while it was read
            self._put(path, Known(state, sha256, held.kind, held.why), held.text)
        run = None if held.text is None else unpacked(held.text, str(path))
        return Found(path=path, run=run, kind=held.kind, why=held.why)

    def _put(self, path: Path, known: Known, text: bytes | None = None) -> None:
        name = self._name(path)
        if self._files.get(name) == known and text is None:
            return
        self._files[name] = self._contents[known.sha256] = known
        if text is not None:
            self._connection.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (known.sha256, text))
        self._connection.execute(_PUT_FILE, (name, *known))
        self._unsaved += 1
        if self._unsaved >= COMMIT_EVERY:
            self._save()

    def _name(self, path: Path) -> bytes:
        return os.fsencode(path.relative_to(self._folder))

    def _save(self) -> None:
        self._connection.commit()
        self._unsaved = 0


@contextmanager
def open_index(root: Path, folder: Path) -> Iterator[Index]:
    """The index of a folder, kept below `root`, the cache; made where there is none, or none that can be used.

    Where it cannot be kept, as on a disk that is full or for reading only, it is in memory, and gone at the end.

    Raises:
        UsageError: The folder of the cache is not this user's own.
    """
    with closing(_connected(root, folder)) as connection:
        yield Index(connection, folder)


def index_path(root: Path, folder: Path) -> Path:
    """Where the index of a folder lies in the cache."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()
    return root / FOLDER / f"{name}.sqlite3"


def remove_index(root: Path, folder: Path) -> None:
    """Delete a damaged index, with what SQLite keeps beside it."""
    path = index_path(root, folder)
    for suffix in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def _connected(root: Path, folder: Path) -> sqlite3.Connection:
    path = index_path(root, folder)
    for _ in range(2):
        try:
            own_folder(root, FOLDER)
            return _prepared(sqlite3.connect(path, timeout=BUSY_S))
        except sqlite3.OperationalError as problem:  # locked for a minute, full, for reading only
            if "no such" not in str(problem):
                break
        except sqlite3.DatabaseError:
            pass
        except OSError:
            break
        remove_index(root, folder)
    return _prepared(sqlite3.connect(":memory:"))


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    """With the tables of this version, empty where they were of another."""
    try:
        connection.execute("PRAGMA synchronous = OFF")  # what a power cut damages is built anew
        connection.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = connection.execute("SELECT text FROM version").fetchall() if "version" in tables else []
        if found != [(VERSION,)]:
            for name in ("version", "file", "run"):
                connection.execute(f"DROP TABLE IF EXISTS {name}")
            for table in _TABLES:
                connection.execute(table)
            connection.execute("INSERT INTO version VALUES (?)", (VERSION,))
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _state(path: Path) -> str:
    """What the system says of a file without reading it; empty where it was changed a moment ago."""
    found = path.stat()
    changed_ns = max(found.st_mtime_ns, found.st_ctime_ns)
    if abs(time.time_ns() - changed_ns) < SETTLED_NS:
        return ""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_dev} {found.st_ino}"
