"""Files that are whole or absent, whenever the process is killed or the power fails.

A file is written beside its place under a name of its own, flushed to the disk, and renamed. Every file
that others read is written here.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".partial"


def beside(path: Path, *, suffix: str = SUFFIX) -> Path:
    """A name in the folder of `path` that nobody else uses, for its replacement."""
    # A name may be as long as the file system allows, and this one is longer.
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}{suffix}")


@contextmanager
def replacing(path: Path, *, suffix: str = SUFFIX, new: bool = False) -> Iterator[Path]:
    """The path to write to; at the end of the block what was written takes the place of `path`.

    Where the block raises, or the disk is full, `path` is as it was and nothing is left beside it.

    Raises:
        OSError: It cannot be written.
        FileExistsError: It was to be `new`, and there is one by now.
    """
    partial = beside(path, suffix=suffix)
    try:
        yield partial
        if new:
            put_in_new_place(partial, path)
        else:
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
        OSError: The disk does not take it, or a device, a pipe or a socket is there: a file in its place would be lost
            to whoever opens it, as root `/dev/full` itself.
    """
    with suppress(FileNotFoundError):  # there may be none yet
        mode = path.lstat().st_mode
        if not any(kind(mode) for kind in (stat.S_ISREG, stat.S_ISLNK, stat.S_ISDIR)):
            raise OSError(errno.EINVAL, "a device, a pipe or a socket is there, and no regular file", str(path))
        shutil.copymode(path, partial)
    _sync_file(partial)
    partial.replace(path)
    _sync_folder(path.parent)


def put_in_new_place(partial: Path, path: Path) -> None:
    """The same where nothing may be replaced, whoever makes a file of that name at this moment.

    Raises:
        FileExistsError: There is one.
        OSError: The disk does not take it.
    """
    _sync_file(partial)
    try:
        path.hardlink_to(partial)
        partial.unlink()
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, such as FAT
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        partial.replace(path)
    _sync_folder(path.parent)


def put_once_more(path: Path, other: Path) -> None:
    """The file under one more name, on the disk. What takes its first name leaves it as it is.

    Raises:
        FileExistsError: There is a file of the other name.
        OSError: The disk does not take it.
    """
    try:
        other.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, such as FAT
        with replacing(other, new=True) as partial:
            shutil.copyfile(path, partial)
    _sync_folder(path.parent)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
