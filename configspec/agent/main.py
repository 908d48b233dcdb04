"""The agent's process: where its answers go, what it says first, and when it ends."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time

from .loop import serve
from .operations import Operations
from .outbox import Outbox
from .protocol import PROTOCOL_VERSION, Deadline, JsonObject, encode
from .watch import SILENCE_S, Watch


def main() -> int:
    """Serve the host on stdin and stdout until one of them closes, or the host is silent for `sys.argv[1]` seconds.

    `sys.argv[2]` is the mark by which another agent knows this one (`reap`).
    """
    # llama.cpp and C libraries print to file descriptor 1: it goes to stderr before any of them is loaded.
    answers = os.dup(1)
    os.dup2(2, 1)
    deadline = Deadline()
    outbox = Outbox(answers, deadline)
    watch = Watch(deadline, outbox, silence_s=float(sys.argv[1]) if len(sys.argv) > 1 else SILENCE_S)
    operations = Operations(deadline)
    try:
        outbox.send(encode(_hello()))
        serve(iter(watch.read, b""), operations, deadline, outbox)
    except BrokenPipeError:
        pass  # the host is gone
    operations.close()
    return 0


def _hello() -> JsonObject:
    return {
        "configspec_agent": PROTOCOL_VERSION,
        "sha256": _archive_sha256(),
        "python": platform.python_version(),
        "pid": os.getpid(),
        "clock_s": time.monotonic(),
    }


def _archive_sha256() -> str | None:
    """The hash of the zip that this runs from; None where it runs from a folder."""
    archive = getattr(__spec__.loader, "archive", None)
    if archive is None:
        return None
    with open(archive, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
