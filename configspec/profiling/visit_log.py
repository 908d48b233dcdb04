"""What was timed of cells that have no rows yet, on the disk: a run that is killed between passes loses none of it.

    configspec-passes/JOURNAL/DEVICE.jsonl      beside the journal; DEVICE is a hash of the device's name

One line a visit: its cell, its K, what was timed, and a hash of how. It is written and flushed before the next visit
begins. The worker that takes a device over from one that died goes on with
it, and so does a run that resumes the journal. A line that cannot be read is a visit that is made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from configspec.profiling.visit import Visit
from configspec.records.bounded_file import bounded_lines, open_bounded
from configspec.theory.ids import Cell
from configspec.untrusted import parse_json

VERSION = 1
UNREADABLE = (OSError, ValueError, OverflowError, RecursionError)  # msgspec's errors are ValueErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedVisit:
    """One line."""

    version: int
    cell: Cell
    ks: tuple[int, ...]
    visit: Visit


class VisitLog:
    """The visits of one device, in a folder of a run; None: they are kept in memory only."""

    def __init__(self, folder: Path | None, device: str) -> None:
        self.folder = folder
        name = hashlib.sha256(device.encode("utf-8", "replace")).hexdigest()[:16]
        self._path = None if folder is None else folder / f"{name}.jsonl"
        self._visits: dict[tuple[Cell, tuple[int, ...]], list[Visit]] = {}
        for line in () if self._path is None else _lines(self._path):
            if line.cell.device == device:
                self._visits.setdefault((line.cell, line.ks), []).append(line.visit)

    def of(self, cell: Cell, ks: Sequence[int]) -> tuple[Visit, ...]:
        """The visits to a cell, in order."""
        return tuple(self._visits.get((cell, tuple(ks)), ()))

    def add(self, cell: Cell, ks: Sequence[int], visit: Visit) -> None:
        """Keep one more.

        Raises:
            OSError: It is kept in memory, and could not be written.
        """
        self._visits.setdefault((cell, tuple(ks)), []).append(visit)
        if self._path is not None:
            line = LoggedVisit(version=VERSION, cell=cell, ks=tuple(ks), visit=visit)
            _append(self._path, msgspec.json.encode(line) + b"\n")

    def keep_only(self, cell: Cell, ks: Sequence[int], setup_sha256: str) -> tuple[Visit, ...]:
        """The visits to a cell that are of this setup; the others are forgotten."""
        kept = [one for one in self.of(cell, ks) if one.setup_sha256 == setup_sha256]
        self._visits[cell, tuple(ks)] = kept
        return tuple(kept)


def _lines(path: Path) -> Iterator[LoggedVisit]:
    try:
        with open_bounded(path) as file:
            for line in bounded_lines(file):
                with suppress(*UNREADABLE):
                    found = msgspec.convert(parse_json(line), LoggedVisit, str_keys=True)
                    if found.version == VERSION:
                        yield found
    except OSError:
        return


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        if os.fstat(descriptor).st_size and not _ends_a_line(path):
            os.write(descriptor, b"\n")  # a kill left half of one
        _write_all(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _write_all(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]
