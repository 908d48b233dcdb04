"""Reserving a board for one run: its agent holds one lock there, this host another; both name their holder.

A run is one pytest: the workers of pytest-xdist share its boards, and their scheduler keeps them apart. The host's
lock is asked first, so that a run of this host disturbs no measurement of another one; the board's lock keeps out
other hosts. Both are of one kind (`agent/board/flock.py`): a run's workers share it, and its file says who holds it.
The library filelock does neither.
"""

from __future__ import annotations

import datetime
import getpass
import hashlib
import os
import socket
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from configspec.agent.board.flock import BoardLock
from configspec.agent.protocol import AgentError, JsonObject
from configspec.agent.requests.board import Lock
from configspec.devices.lock_wait import Holder, LockWait
from configspec.devices.replies.board import LockState, Owner
from configspec.devices.replies.reading import read_reply
from configspec.devices.transport.client import AgentClient
from configspec.devices.transport.ssh.ssh_client import resolve
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.testbed.device_spec import DeviceSpec, SshSpec

LOCK_DEADLINE_S = 10.0
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
_SHOWN = 80  # characters of each field about the holder
# What `ssh -G` says of where a connection ends. Behind two jump hosts one address may be two boards.
_WHERE = ("user", "hostname", "port", "proxyjump", "proxycommand")


@contextmanager
def hold_on_host(spec: DeviceSpec, cache: Path, wait: LockWait) -> Iterator[None]:
    """Hold this host's lock of the board, until the context ends.

    Raises:
        DeviceBusy: Another run of this account holds it.
        UsageError: It cannot be made, or `ssh` cannot read its configuration.
    """
    lock = host_lock(spec, cache)
    owner = _owner()

    def take() -> Holder | None:
        state = _asked(spec, lambda: lock.take(owner.as_json()))
        return None if state.held else Holder(who=describe_owner(state.owner), lock=str(state.path))

    try:
        wait.until_taken(spec.name, take)
        yield
    finally:
        lock.release()


def holder_on_host(spec: DeviceSpec, cache: Path) -> LockState:
    """Who holds this host's lock of the board.

    Raises:
        UsageError: It cannot be opened, or `ssh` cannot read its configuration.
    """
    return _asked(spec, host_lock(spec, cache).holder)


def _asked(spec: DeviceSpec, ask: Callable[[], JsonObject]) -> LockState:
    try:
        return read_reply(LockState, ask())
    except AgentError as error:
        raise _cannot_lock(spec, error.found) from None


def host_lock(spec: DeviceSpec, cache: Path) -> BoardLock:
    """The lock of the board, whatever its devices are called; its folder is this account's alone."""
    where = _where(spec)
    folder = cache / f"locks-{os.getuid()}"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)  # closed to others, as what is run from it must be
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _cannot_lock(spec, f"{folder}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise _cannot_lock(spec, f"{folder} is not a folder that this account alone can write to")
    return BoardLock(str(folder / f"{hashlib.sha256(where.encode()).hexdigest()[:32]}.lock"))


def _cannot_lock(spec: DeviceSpec, found: str | None) -> UsageError:
    return UsageError(
        f"{spec.name}: its lock on this host cannot be opened: {found}. CONFIGSPEC_CACHE_DIR names another folder."
    )


def _where(spec: DeviceSpec) -> str:
    if not isinstance(spec.connection, SshSpec):
        return "local"
    found = resolve(spec.connection, device=spec.name)
    return "\n".join(f"{name} {found.get(name, 'none')}" for name in _WHERE)


def take_board(client: AgentClient, *, device: str, wait: LockWait) -> LockState:
    """Have the agent hold the board's lock; the lock as it is held.

    Raises:
        DeviceBusy: Another run holds it.
    """
    owner = _owner()
    state: LockState

    def take() -> Holder | None:
        nonlocal state
        state = client.call(owner, LockState, deadline_s=LOCK_DEADLINE_S)
        place = f"{printable(str(state.path))} on the board"
        return None if state.held else Holder(who=describe_owner(state.owner), lock=place)

    wait.until_taken(device, take)
    return state


def describe_owner(owner: Owner | None) -> str:
    """Who it is, for people."""
    user, host, pid, since = known_owner(owner).values()
    return f"{user} on {host} (process {pid}, since {since})"


def known_owner(owner: Owner | None) -> dict[str, str]:
    """What is shown of an owner, each word short and printable; "?" where it is not known."""
    words = {name: getattr(owner, name, "?") for name in ("user", "host", "pid", "since")}
    return {name: printable(word, at_most=_SHOWN) for name, word in words.items()}


def _owner() -> Lock:
    since = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Lock(user=_user(), host=socket.gethostname(), pid=os.getpid(), since=since, run=RUN)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account that no file names, as in a container
        return str(os.getuid())
