"""The SHA-256 of files, each read once a process as long as it stays as it is.

"As it is" is what the system says without reading it: device, number, size, and the times of the last change of its
content and of its entry. A program can set the first of the two times back, and a copy that keeps times does; the
second it cannot. A file that was changed a moment ago is not remembered: the system's times are some milliseconds
coarse, and the next change might bear the same. Nothing is remembered from one process to the next: a disk that loses
bits changes no time.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from configspec.errors import UsageError
from configspec.untrusted import open_regular

SETTLED_NS = 100_000_000


class _State(NamedTuple):
    device: int
    number: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


_known: dict[_State, str] = {}


def file_sha256(path: Path) -> str:
    """The hash of one file; a UsageError where it cannot be read, or is no regular file."""
    try:
        with open_regular(path) as file:
            state = _state(file.fileno())
            if state in _known:
                return _known[state]
            settled = time.time_ns() - state.ctime_ns > SETTLED_NS
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if settled and _state(file.fileno()) == state:  # else it was changed while it was read
                _known[state] = found
            return found
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}. Copy it again, or name another file.") from None


def files_sha256(paths: Sequence[Path]) -> str:
    """One hash of several files: of their names and contents, whatever folder they lie in and in whatever order."""
    lines = sorted(f"{file_sha256(path)}  {path.name}" for path in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _state(descriptor: int) -> _State:
    found = os.fstat(descriptor)
    return _State(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
