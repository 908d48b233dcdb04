"""Ends an agent that its host has lost, so that a board never measures beside its own orphan.

An agent that hears nothing exits, but only after a while, and not if it was stopped or hangs. It is known
by the mark that its host gave it, which is on its command line, and by its archive: nothing else is ever killed.

https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

from ..protocol import Deadline, JsonObject, board_error

PAUSE_S = 0.02


def reap(mark: str, deadline: Deadline) -> JsonObject:
    """Kill this user's agent of that `mark`, which runs from the same archive as this one; wait for its end."""
    found = [pid for pid in _own_processes() if _is_agent(pid, mark)]
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        while _runs(pid):
            if deadline.passed():
                hint = "Its system may hang: restart the board."
                raise board_error(f"the agent that was lost, process {pid}, cannot be killed", hint=hint)
            time.sleep(PAUSE_S)
    return {"ended": found}


def _own_processes() -> Iterator[int]:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.geteuid() and int(name) != os.getpid():
                yield int(name)
        except OSError:  # it has ended
            continue


def _is_agent(pid: int, mark: str) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return False
    # The shell that started it has the same arguments, and ends with it.
    archive = os.fsencode(os.path.basename(sys.argv[0]))
    return mark.encode("utf-8") in words and archive in map(os.path.basename, words)


def _runs(pid: int) -> bool:
    """Whether it still runs; a zombie has released everything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1] != b"Z"
    except OSError:
        return False
