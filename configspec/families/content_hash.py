"""The SHA-256 of files, each read once a process as long as it stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The hash of one file."""
    state = path.stat()
    return _file_sha256(path, state.st_size, state.st_mtime_ns)


def files_sha256(paths: Sequence[Path]) -> str:
    """One hash of several files: of their names and contents, whatever folder they lie in and in whatever order."""
    lines = sorted(f"{file_sha256(path)}  {path.name}" for path in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@lru_cache(maxsize=256)
def _file_sha256(path: Path, size_bytes: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
