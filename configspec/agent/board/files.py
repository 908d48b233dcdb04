"""The board's folder of model files: where it is, what is in it, and how a file comes into it.

A file arrives in chunks beside its place, as `.NAME.HASH.partial`, which stays when the link breaks and is continued by
the next push of the same file. Whole, it is brought to the disk, read again, compared with its hash, and renamed.

https://docs.python.org/3/library/os.html#dir-fd (what is done through a folder's descriptor cannot be led elsewhere)
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator

from ..protocol import JsonObject, board_error, usage_error
from ..requests.files import Receive
from .file_hash import FileHashes

RESERVE_BYTES = 64 * 1024 * 1024  # a board whose disk is completely full refuses logins
SYNC_BYTES = 32 * 1024 * 1024  # keeps the last sync short, and shows a slow disk early
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder_path(named: str | None) -> str:
    """The folder that the inventory names, `~/` being the home folder here; else one in the cache of this account."""
    if named is None:
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return os.path.join(cache, "configspec", "models")
    path = os.path.expanduser(named) if named == "~" or named.startswith("~/") else named
    if not os.path.isabs(path):
        raise usage_error("`models` must be an absolute path, or begin with ~/", found=repr(named))
    return path


def file_path(folder: str, name: str) -> str:
    """The path of a file in the folder; refuses what is more than a name, or would be hidden or taken for an option."""
    if name.startswith(("-", ".")) or "/" in name or "\0" in name:
        hint = "Name it without a slash, and begin with neither a dot nor a dash."
        raise usage_error("a model file cannot have this name", found=repr(name), hint=hint)
    return os.path.join(folder, name)


def find_file(folder: str, name: str, size_bytes: int, hashes: FileHashes) -> JsonObject:
    """The file as it is here: its size (null: it is missing), and its hash if it is as large as it should be."""
    path = file_path(folder, name)
    with _explained(path):
        try:
            found_bytes = os.stat(path).st_size
        except (FileNotFoundError, NotADirectoryError):
            return {"path": path, "size_bytes": None, "sha256": None}
        sha256 = hashes.of_path(path) if found_bytes == size_bytes else None
        return {"path": path, "size_bytes": found_bytes, "sha256": sha256}


def list_files(folder: str) -> JsonObject:
    """The names of what is in the folder; none where the folder does not exist."""
    with _explained(folder):
        try:
            return {"path": folder, "names": sorted(os.listdir(folder))}
        except FileNotFoundError:
            return {"path": folder, "names": []}


class Incoming:
    """A file on its way into the folder."""

    def __init__(self, folder: str, asked: Receive, hashes: FileHashes) -> None:
        """Make the folder, check that the file may come, and resume an earlier push of it, unless `fresh`."""
        if not re.fullmatch("[0-9a-f]{64}", asked.sha256):
            raise usage_error("a SHA-256 has 64 hexadecimal digits", found=repr(asked.sha256))
        self.path = file_path(folder, asked.name)
        self._name = asked.name
        self._size_bytes = asked.size
        self._sha256 = asked.sha256
        self._replace = asked.replace
        self._hashes = hashes
        self._partial = f".{asked.name}.{asked.sha256[:16]}.partial"
        self._open = contextlib.ExitStack()
        with _explained(self.path), contextlib.ExitStack() as stack:
            os.makedirs(folder, exist_ok=True)
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, self._folder)
            self._check_place()
            self._forget_others()
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            descriptor = os.open(self._partial, flags, 0o666, dir_fd=self._folder)
            self._file = stack.enter_context(os.fdopen(descriptor, "r+b", buffering=0))
            self._check_partial()
            if asked.fresh or os.fstat(descriptor).st_size > asked.size:
                os.ftruncate(descriptor, 0)
            self.have_bytes = os.fstat(descriptor).st_size
            self._check_room()
            self.have_sha256 = hashes.of(self._file)
            self._file.seek(self.have_bytes)
            self._open = stack.pop_all()

    def take(self, offset: int, data: bytes) -> None:
        """Write one chunk, which begins at `offset`."""
        if offset != self.have_bytes or offset + len(data) > self._size_bytes:
            found = f"{len(data)} bytes at {offset}; {self.have_bytes} of {self._size_bytes} are here"
            raise usage_error("a chunk does not continue the file", found=found)
        with self._removed_if_it_fails():
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file.fileno(), rest) :]
            self.have_bytes += len(data)
            if offset // SYNC_BYTES != self.have_bytes // SYNC_BYTES:
                os.fsync(self._file.fileno())

    def finish(self) -> JsonObject:
        """The whole file in its place, verified."""
        if self.have_bytes != self._size_bytes:
            found = f"{self.have_bytes} of {self._size_bytes} bytes"
            raise usage_error("the file has not arrived completely", found=found)
        with self._removed_if_it_fails():
            os.fsync(self._file.fileno())
            if hasattr(os, "posix_fadvise"):  # read what is on the disk, not what is in memory
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            found = self._hashes.of(self._file)
            if found != self._sha256:
                os.unlink(self._partial, dir_fd=self._folder)
                raise board_error(
                    f"{self.path} arrived damaged", found=f"hash {found}, not {self._sha256}", hint="Push it again."
                )
            self._check_place()
            os.replace(self._partial, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            os.fsync(self._folder)
            self._hashes.keep(self._file, found)
        return {"path": self.path}

    def close(self) -> None:
        """Close the file; what has arrived stays."""
        self._open.close()

    def _check_place(self) -> None:
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            raise usage_error(f"{self.path} is a symbolic link, or not a file", hint="Delete it.")
        if not self._replace:
            raise usage_error(f"{self.path} is a different file", hint="--replace puts this one in its place.")

    def _check_partial(self) -> None:
        state = os.fstat(self._file.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid() or state.st_nlink != 1:
            beside = os.path.join(os.path.dirname(self.path), self._partial)
            raise usage_error(f"{beside} is not this user's own file", hint="Delete it.")

    def _forget_others(self) -> None:
        """Delete what is left of pushes of another file of this name: nobody will continue them."""
        for other in os.listdir(self._folder):
            middle = other[len(self._name) + 2 : -len(".partial")]
            if other == f".{self._name}.{middle}.partial" and len(middle) == 16 and other != self._partial:
                os.unlink(other, dir_fd=self._folder)

    def _check_room(self) -> None:
        needed_bytes = self._size_bytes - self.have_bytes
        if needed_bytes and needed_bytes + RESERVE_BYTES > self._free_bytes():
            if self.have_bytes == 0:
                os.unlink(self._partial, dir_fd=self._folder)
            raise board_error(
                f"{self.path} does not fit on the disk",
                found=f"{needed_bytes} bytes are needed and {RESERVE_BYTES} kept free, {self._free_bytes()} are free",
                hint="Free some space there, or name another folder as `models`.",
            )

    def _free_bytes(self) -> int:
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    @contextlib.contextmanager
    def _removed_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            room = f"{self._size_bytes - self.have_bytes} more bytes are needed, {self._free_bytes()} are free"
            with contextlib.suppress(OSError):
                os.unlink(self._partial, dir_fd=self._folder)
            raise board_error(
                f"{self.path} cannot be written",
                found=f"{problem.strerror}; {room}. The partial file was removed",
                hint="Free some space there, or name another folder as `models`." if problem.errno in FULL else None,
            ) from None


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn the operating system's refusals into errors for people."""
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL:
            raise board_error(f"{path} cannot be written", found=problem.strerror, hint="Free some space.") from None
        hint = "It must be a file of a folder that this user may use."
        raise usage_error(f"{path} cannot be used", found=problem.strerror, hint=hint) from None
