"""Taking a board for one run: the agent there holds the lock, and whoever is refused is told who has it.

A run is one pytest: the workers of pytest-xdist share its boards, and their scheduler keeps them apart.
"""

from __future__ import annotations

import datetime
import getpass
import os
import socket
import uuid
from typing import Any

from configspec.devices.agent_client import AgentClient
from configspec.devices.faults import DeviceBusy

LOCK_DEADLINE_S = 10.0
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
_SHOWN = 80  # of each word about the holder; any account of the board may have written it


def take_board(client: AgentClient, *, device: str) -> str:
    """The path of the lock that the agent now holds, on the board.

    Raises:
        DeviceBusy: Another run holds it.
    """
    since = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    owner = {"user": _user(), "host": socket.gethostname(), "pid": os.getpid(), "since": since, "run": RUN}
    answer = client.call("lock", deadline_s=LOCK_DEADLINE_S, **owner)
    if not answer["held"]:
        raise DeviceBusy(f"{device}: busy: {describe_owner(answer['owner'])} holds it ({answer['path']} on the board).")
    return str(answer["path"])


def describe_owner(owner: dict[str, Any]) -> str:
    """Who it is, for people."""
    user, host, pid, since = (_word(owner.get(name, "?")) for name in ("user", "host", "pid", "since"))
    return f"{user} on {host} (process {pid}, since {since})"


def _word(value: object) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(value)[:_SHOWN])


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account that no file names, as in a container
        return str(os.getuid())
