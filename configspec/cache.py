"""Built models and texts, kept by what they were built from, for any number of processes at once.

An entry is either whole or absent. It is built beside its place under a name of its own, flushed to the disk, and
renamed; a process that is killed leaves at most such a partial file, which the entry's next builder removes. Builders
of one entry wait for each other, by a lock that the operating system drops with the process that held it.

An entry is believed for its hash, which is kept beside it (`KEY.gguf.sha256`, a line of sha256sum(1)) and put there
first: killed between the two, a builder leaves a hash without its entry, which is none. Each process reads an entry
whole before it uses it. What has another hash, or none, is built anew, and that is said as a warning.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import filelock
import platformdirs

from configspec.atomic import SUFFIX, replacing, write_whole
from configspec.content_hash import file_sha256
from configspec.errors import TestbedError, UsageError
from configspec.own_folder import CACHE_VARIABLE, OTHERS_WRITE, is_own, own_folder
from configspec.printable import printable
from configspec.untrusted import read_bounded

T = TypeVar("T")
SEAL = ".sha256"
_SEAL_BYTES = 1024  # a hash and a file's name
_ENTRY = re.compile(r"[0-9a-f]{64}\.[a-z]+")  # a key is a hash
_SHOWN = 12  # digits of a hash in a message
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR),
    *(errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
}


def default_root() -> Path:
    """Where built models are kept: $CONFIGSPEC_CACHE_DIR, or the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).expanduser().absolute() if named else platformdirs.user_cache_path("configspec")


class Store:
    """A folder of built files. Entries are never changed; deleting any of them is safe between runs."""

    def __init__(self, root: Path) -> None:
        """Nothing is created on the disk until something is built."""
        self.root = root

    def check(self) -> None:
        """Look, before work begins, whether the store can be used; it is made where there is none.

        Raises:
            UsageError: It, or a folder in it, is not this user's own; or nothing is kept in it and nothing can be.
        """
        with explained(self.root):
            kinds = [path.name for path in own_folder(self.root).iterdir() if path.is_dir()]
            for kind in kinds:
                own_folder(self.root, kind)
            if not kinds and not os.access(self.root, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.root))

    def ensure(self, kind: str, key: str, suffix: str, build: Callable[[Path], None]) -> Path:
        """The entry's file; made by `build`, which is given the path to write to, where there is none to be believed.

        Args:
            kind: The folder of the store, such as "gguf".
            key: What the content depends on, as a hash; the file's name.
            suffix: The end of the file's name, such as ".gguf".
            build: Writes the whole file; may raise, and then there is no entry.

        Raises:
            UsageError: The store is not this user's own folder, or something in it is in the way.
            TestbedError: Its disk is full.
        """
        entry = self.root / kind / f"{key}{suffix}"
        with explained(entry):
            entry = own_folder(self.root, kind) / entry.name
            if doubt(entry) is None:
                return entry
            with filelock.FileLock(entry.parent / f".{key}.lock"):
                why = doubt(entry)
                if why is not None:  # else another process built it while this one waited
                    there = os.path.lexists(entry)
                    _build_whole(entry, suffix, build)
                    if there:
                        _tell_rebuilt(entry, why)
        return entry

    def ensure_read(
        self, kind: str, key: str, suffix: str, build: Callable[[Path], None], read: Callable[[bytes], T]
    ) -> T:
        """What `read` makes of the entry's content.

        Args:
            kind: See `ensure`; so are `key`, `suffix` and `build`.
            key: The same.
            suffix: The same.
            build: The same; called once more where `read` does not take what is kept.
            read: Raises a ValueError where the content has another form than it knows.

        """
        entry = self.ensure(kind, key, suffix, build)
        try:
            return read(entry.read_bytes())
        except ValueError as problem:
            why = f"what it holds is of another form ({problem})"
        entry.unlink(missing_ok=True)
        found = read(self.ensure(kind, key, suffix, build).read_bytes())
        _tell_rebuilt(entry, why)
        return found

    def has(self, kind: str, key: str, suffix: str) -> bool:
        """Whether an entry is kept with its hash; nothing is read or made. What it holds is checked when it is used."""
        entry = self.root / kind / f"{key}{suffix}"
        return entry.is_file() and is_vouched_for(entry)

    def entries(self) -> Iterator[Path]:
        """Every entry that is kept, of whatever kind; a UsageError where a folder is not this user's own."""
        if not self.root.is_dir():
            return
        with explained(self.root):
            kinds = sorted(path.name for path in own_folder(self.root).iterdir() if path.is_dir())
            for kind in kinds:
                folder = own_folder(self.root, kind)
                yield from sorted(path for path in folder.iterdir() if _ENTRY.fullmatch(path.name))


def doubt(entry: Path) -> str | None:
    """Why a kept file is not believed; None where it is, byte for byte, what was built."""
    try:
        if not is_own(entry.lstat()):
            return "it is no file of this user alone"
        promised = read_bounded(_seal_of(entry), at_most_bytes=_SEAL_BYTES)
        found = file_sha256(entry)
    except FileNotFoundError:
        return "no hash is kept with it that could vouch for it"
    except OSError as problem:
        return f"it cannot be read ({problem.strerror})"
    except UsageError as problem:
        return str(problem)
    if promised == _seal(entry, found):
        return None
    return f"it is not what was built: its SHA-256 is {found[:_SHOWN]}..., not the one that is kept with it"


def is_vouched_for(entry: Path) -> bool:
    """Whether a hash is kept with an entry; of older ones there is none."""
    return os.path.lexists(_seal_of(entry))


def _seal_of(entry: Path) -> Path:
    return entry.with_name(entry.name + SEAL)


def _seal(entry: Path, sha256: str) -> bytes:
    return f"{sha256}  {entry.name}\n".encode()


def _build_whole(entry: Path, suffix: str, build: Callable[[Path], None]) -> None:
    for ours in (f".{entry.name}.*.partial{suffix}", f".{_seal_of(entry).name}.*{SUFFIX}"):
        for left_over in entry.parent.glob(ours):
            left_over.unlink()  # its builder is dead, for the lock is ours
    for doubted in (entry, _seal_of(entry)):
        doubted.unlink(missing_ok=True)  # with its mode, which a replacement would take over
    with replacing(entry, suffix=f".partial{suffix}") as partial:
        build(partial)
        partial.chmod(stat.S_IMODE(partial.stat().st_mode) & ~OTHERS_WRITE)
        write_whole(_seal_of(entry), _seal(entry, file_sha256(partial)))


def _tell_rebuilt(entry: Path, why: str) -> None:
    warnings.warn(printable(f"{entry}: {why}. It has been built anew."), stacklevel=3)


@contextmanager
def explained(entry: Path) -> Iterator[None]:
    """Turn the operating system's refusals to make or read `entry` into errors for people."""
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
                f"{place}: {error.strerror}, while building {entry}. Delete it or change its permissions, or name "
                f"another folder with {CACHE_VARIABLE}."
            ) from error
        raise
