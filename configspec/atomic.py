"""Files that are whole or absent, whenever the process is killed or the power fails.

A file is written beside its place under a name of its own, flushed to the disk, and renamed. Every file
that others read is written here.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".partial"


def beside(path: Path, *, suffix: str = SUFFIX) -> Path:
    """A name in the folder of `path` that nobody else uses, for its replacement."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{suffix}")


@contextmanager
def replacing(path: Path, *, suffix: str = SUFFIX) -> Iterator[Path]:
    """The path to write to; at the end of the block what was written takes the place of `path`.

    Where the block raises, or the disk is full, `path` is as it was and nothing is left beside it.

    Raises:
        OSError: It cannot be written.
    """
    partial = beside(path, suffix=suffix)
    try:
        yield partial
        put_in_place(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Make `path` a file of this content, or leave it as it was.

    Raises:
        OSError: It cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)


def put_in_place(partial: Path, path: Path) -> None:
    """Rename a finished file, so that a power cut loses neither its content nor its name. Its mode is the older file's.

    Raises:
        OSError: The disk does not take it.
    """
    with suppress(FileNotFoundError):  # there may be none yet
        shutil.copymode(path, partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
