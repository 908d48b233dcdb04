"""One run at a time on a board: a lock that the agent holds for its whole life, and the kernel frees when it dies.

The file lies where all accounts of the board see it; where that cannot be, in the home folder, and then it keeps out
runs of this account only. It names its holder, for a run that is refused. Agents of one run share the board: one
machine may be several devices of a testbed. The host holds such a lock too, in a file of its own for each board.

https://man7.org/linux/man-pages/man2/flock.2.html
https://docs.kernel.org/admin-guide/sysctl/fs.html (protected_regular: no O_CREAT on another's file in a sticky folder)
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping

from ..protocol import JsonObject, board_error

FILE_VARIABLE = "CONFIGSPEC_LOCK_FILE"  # names another file
SHARED_FILE = "/run/lock/configspec.lock"
OWN_FILE = "~/.configspec.lock"
_FLAGS = os.O_RDWR | os.O_NOFOLLOW
_OWNER_BYTES = 4096
_ATTEMPTS, _PAUSE_S = 50, 0.01  # another agent of this run may be about to write the owner
_LOOKS = 5  # for a query: another query may hold it for a moment


class BoardLock:
    """Not held until `take` says so; then until `release`, or the process ends. `path`: another file than a board's."""

    def __init__(self, path: str | None = None) -> None:
        self._paths = [path] if path else _paths()
        self._descriptor: int | None = None

    def take(self, owner: Mapping[str, object]) -> JsonObject:
        """Take the lock for the run `owner["run"]`; returns the holder where that is another run."""
        descriptor, path = _open(self._paths)
        if not _lock_soon(descriptor, owner):
            holder = _read_owner(descriptor)
            os.close(descriptor)
            return {"held": False, "path": path, "owner": holder}
        self.release()  # asked twice
        self._descriptor = descriptor
        return {"held": True, "path": path, "owner": dict(owner)}

    def release(self) -> None:
        """Release it, if it is held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def holder(self) -> JsonObject:
        """Who holds the lock, asked without keeping it, and without making its file.

        For a moment nobody else can take it; who tries or asks just then tries again.
        """
        for path in self._paths:
            try:
                descriptor = os.open(path, _FLAGS)
            except OSError:
                continue
            try:
                if not _free(descriptor):
                    return {"held": True, "path": path, "owner": _read_owner(descriptor)}
            finally:
                os.close(descriptor)
        return {"held": False, "path": None, "owner": None}


def _free(descriptor: int) -> bool:
    for _ in range(_LOOKS):
        if _flock(descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE_S)
    return False


def _lock_soon(descriptor: int, owner: Mapping[str, object]) -> bool:
    for _ in range(_ATTEMPTS):
        if _lock(descriptor, owner):
            return True
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_PAUSE_S)
    return False


def _lock(descriptor: int, owner: Mapping[str, object]) -> bool:
    """Exclusive while the owner is written, then shared: only that run asks for a share."""
    if _flock(descriptor, fcntl.LOCK_EX):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(dict(owner)).encode("utf-8"), 0)
    elif _read_owner(descriptor).get("run") != owner["run"]:
        return False
    # The change is not atomic (flock(2)): another run may have come between, and then it holds the board.
    return _flock(descriptor, fcntl.LOCK_SH) and _read_owner(descriptor).get("run") == owner["run"]


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _paths() -> list[str]:
    named = os.environ.get(FILE_VARIABLE)
    return [named] if named else [SHARED_FILE, os.path.expanduser(OWN_FILE)]


def _open(paths: list[str]) -> tuple[int, str]:
    refusals = []
    for path in paths:
        try:
            return _open_file(path), path
        except OSError as error:
            refusals.append(f"{path}: {error.strerror}")
    raise board_error("its lock cannot be opened", found="; ".join(refusals), hint=f"{FILE_VARIABLE} names another.")


def _open_file(path: str) -> int:
    try:
        return os.open(path, _FLAGS)
    except FileNotFoundError:
        pass
    mask = os.umask(0)  # every account writes its name into it
    try:
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:  # another agent made it meanwhile
        return os.open(path, _FLAGS)
    finally:
        os.umask(mask)


def _read_owner(descriptor: int) -> JsonObject:
    """The owner that the file names; none where it is not readable. Any account may have written anything."""
    try:
        owner = json.loads(os.pread(descriptor, _OWNER_BYTES, 0).decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}
