"""One run at a time on a board: a lock that the agent holds for its whole life, and the kernel frees when it dies.

The file lies where all accounts of the board see it; where that cannot be, in the home folder, and then it keeps out
runs of this account only, and the answer says so. It names its holder, for a run that is refused. Agents of one run
share the board: one machine may be several devices of a testbed. They know each other by the run's id, of which the
file holds only a hash: who reads the file cannot pass for the run. The host holds such a lock too, in a file of its own
for each board.

https://man7.org/linux/man-pages/man2/flock.2.html
https://docs.kernel.org/admin-guide/sysctl/fs.html (protected_regular: no O_CREAT on another's file in a sticky folder)
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping

from ..protocol import AgentError, JsonObject, board_error
from .regular import check_regular

FILE_VARIABLE = "CONFIGSPEC_LOCK_FILE"  # names another file
SHARED_FILE = "/run/lock/configspec.lock"
OWN_FILE = "~/.configspec.lock"
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK
_OWNER_BYTES = 4096
_TOLD = ("user", "host", "pid", "since")
_WORD_LETTERS = 80
_RUN = "run_sha256"
_ATTEMPTS, _PAUSE_S = 50, 0.01  # another agent of this run may be about to write the owner
_LOOKS = 5  # for a query: another query may hold it for a moment


class _NoLock(Exception):  # noqa: N818 (what was found)
    """A regular file that is something else than a lock."""


class BoardLock:
    """Not held until `take` says so; then until `release`, or the process ends. `paths`: other files than a board's.

    The first of them that can be used is the lock.
    """

    def __init__(self, *paths: str) -> None:
        self._paths = paths or _paths()
        self._descriptor: int | None = None

    def take(self, owner: Mapping[str, object]) -> JsonObject:
        """Take the lock for the run `owner["run"]`; returns the holder where that is another run."""
        refusals: list[str] = []
        for path in self._paths:
            try:
                descriptor = _make_file(path)
            except OSError as error:
                refusals.append(f"{path}: {error.strerror}")
                continue
            with _explained(path), contextlib.ExitStack() as stack:
                stack.callback(os.close, descriptor)
                try:
                    taken = _lock_soon(descriptor, owner)
                except _NoLock as error:
                    refusals.append(f"{path}: {error}")
                    continue
                if not taken:
                    return _state(path, _read_owner(descriptor), refusals, held=False)
                stack.pop_all()
            self.release()  # asked twice
            self._descriptor = descriptor
            return _state(path, owner, refusals, held=True)
        raise _cannot_open(refusals)

    def release(self) -> None:
        """Release it, if it is held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def holder(self) -> JsonObject:
        """Who holds the lock, asked without keeping it, and without making its file.

        For a moment nobody else can take it; who tries or asks just then tries again.
        """
        refusals: list[str] = []
        usable = False
        for path in self._paths:
            try:
                descriptor = _open_file(path)
            except FileNotFoundError:
                if os.access(os.path.dirname(path) or ".", os.W_OK | os.X_OK):
                    usable = True
                elif not usable:
                    refusals.append(f"{path}: it cannot be made in its folder")
                continue
            except OSError as error:
                if not usable:
                    refusals.append(f"{path}: {error.strerror}")
                continue
            try:
                with _explained(path):
                    if not _free(descriptor):
                        return _state(path, _read_owner(descriptor), refusals, held=True)
                    _check_lock(descriptor)
                usable = True
            except _NoLock as error:
                if not usable:
                    refusals.append(f"{path}: {error}")
            finally:
                os.close(descriptor)
        if not usable:
            raise _cannot_open(refusals)
        return _state(None, None, refusals, held=False)


def _state(path: str | None, owner: Mapping[str, object] | None, refusals: list[str], *, held: bool) -> JsonObject:
    """An answer. `fallback_reason`: why the lock is not the first of its files; None where it is."""
    told = None if owner is None else {name: str(owner.get(name, "?"))[:_WORD_LETTERS] for name in _TOLD}
    return {"held": held, "path": path, "owner": told, "fallback_reason": "; ".join(refusals) or None}


def _free(descriptor: int) -> bool:
    for _ in range(_LOOKS):
        if _flock(descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE_S)
    return False


def _lock_soon(descriptor: int, owner: Mapping[str, object]) -> bool:
    run = _hash(str(owner["run"]))
    known = {name: str(owner[name])[:_WORD_LETTERS] for name in _TOLD if name in owner}
    entry = json.dumps({**known, _RUN: run}).encode("ascii")
    for _ in range(_ATTEMPTS):
        if _lock(descriptor, entry, run):
            return True
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_PAUSE_S)
    return False


def _hash(run: str) -> str:
    return hashlib.sha256(b"configspec run\0" + run.encode("utf-8", "replace")).hexdigest()


def _lock(descriptor: int, entry: bytes, run: str) -> bool:
    """Exclusive while the owner is written, then shared: only that run asks for a share."""
    if _flock(descriptor, fcntl.LOCK_EX):
        _check_lock(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, entry, 0)
    elif _read_owner(descriptor).get(_RUN) != run:
        return False
    # The change is not atomic (flock(2)): another run may have come between, and then it holds the board.
    return _flock(descriptor, fcntl.LOCK_SH) and _read_owner(descriptor).get(_RUN) == run


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _paths() -> tuple[str, ...]:
    named = os.environ.get(FILE_VARIABLE)
    return (named,) if named else (SHARED_FILE, os.path.expanduser(OWN_FILE))


def _cannot_open(refusals: list[str]) -> AgentError:
    return board_error("its lock cannot be opened", found="; ".join(refusals), hint=f"{FILE_VARIABLE} names another.")


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # a full disk; a file system that has no locks
        hint = f"{FILE_VARIABLE} names another."
        raise board_error("its lock cannot be used", found=f"{path}: {error.strerror}", hint=hint) from None


def _make_file(path: str) -> int:
    try:
        return _open_file(path)
    except FileNotFoundError:
        pass
    mask = os.umask(0)  # every account writes its name into it, but for this account's own
    try:
        mode = 0o600 if path == os.path.expanduser(OWN_FILE) else 0o666
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:  # another agent made it meanwhile
        return _open_file(path)
    finally:
        os.umask(mask)


def _open_file(path: str) -> int:
    """The file, if it is one, and no other one's second name."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", path) from None
        raise
    try:
        check_regular(descriptor, path)
        if os.fstat(descriptor).st_nlink > 1:
            raise OSError(errno.EMLINK, "it has another name beside this one", path)
        return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def _check_lock(descriptor: int) -> None:
    """What is emptied to name the holder must be nothing else. Asked of a file that nobody holds.

    Whoever may write to a lock could grow it while a run holds it: that makes it no less held. A board that lost power
    may leave zeros in it, a full disk the beginning of an owner.
    """
    size = os.fstat(descriptor).st_size
    if size > _OWNER_BYTES:
        raise _NoLock(f"it holds {size} bytes, which no lock does")
    content = os.pread(descriptor, _OWNER_BYTES, 0).strip(b"\0 \n")
    if content and not content.startswith(b"{"):
        raise _NoLock("it holds something else than a lock does")


def _read_owner(descriptor: int) -> JsonObject:
    """The owner that the file names; none where it is not readable. Any account may have written anything."""
    try:
        owner = json.loads(os.pread(descriptor, _OWNER_BYTES, 0).decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}
