"""Built models, kept by what they were built from, for any number of processes at once.

An entry is either whole or absent. It is built beside its place under a name of its own, flushed to the disk, and
renamed; a process that is killed leaves at most such a partial file, which the entry's next builder removes. Builders
of one entry wait for each other, by a lock that the operating system drops with the process that held it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import platformdirs

from configspec.atomic import replacing
from configspec.errors import TestbedError, UsageError

CACHE_VARIABLE = "CONFIGSPEC_CACHE_DIR"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG}


def default_root() -> Path:
    """Where built models are kept: $CONFIGSPEC_CACHE_DIR, or the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).expanduser().absolute() if named else platformdirs.user_cache_path("configspec")


class Store:
    """A folder of built files. Entries are never changed; deleting any of them is safe between runs."""

    def __init__(self, root: Path) -> None:
        """Nothing is created on the disk until something is built."""
        self.root = root

    def ensure(self, kind: str, key: str, suffix: str, build: Callable[[Path], None]) -> Path:
        """The entry's file; made by `build`, which is given the path to write to, where there is none yet.

        Args:
            kind: The folder of the store, such as "gguf".
            key: What the content depends on, as a hash; the file's name.
            suffix: The end of the file's name, such as ".gguf".
            build: Writes the whole file; may raise, and then there is no entry.

        """
        entry = self.root / kind / f"{key}{suffix}"
        with _explained(entry):
            if entry.is_file():
                return entry
            entry.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(entry.parent / f".{key}.lock"):
                if not entry.is_file():  # else another process built it while this one waited
                    _build_whole(entry, suffix, build)
        return entry


def _build_whole(entry: Path, suffix: str, build: Callable[[Path], None]) -> None:
    for left_over in entry.parent.glob(f".{entry.name}.*.partial{suffix}"):
        left_over.unlink()  # its builder is dead, for the lock is ours
    with replacing(entry, suffix=f".partial{suffix}") as partial:
        build(partial)


@contextmanager
def _explained(entry: Path) -> Iterator[None]:
    """Turn the operating system's refusals into errors for people."""
    try:
        yield
    except OSError as error:
        place = error.filename or entry
        if error.errno in _FULL:
            raise TestbedError(
                f"{place}: {error.strerror}, while building {entry}. Free some space there, or name another folder "
                f"with {CACHE_VARIABLE}. The partial file has been removed."
            ) from error
        if error.errno in _FORBIDDEN:
            raise UsageError(
                f"{place}: {error.strerror}, while building {entry}. Change its permissions, or name another folder "
                f"with {CACHE_VARIABLE}."
            ) from error
        raise
