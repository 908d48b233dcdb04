"""The agent's loop: one request at a time, one answer each, until the host closes stdin."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
import traceback
from typing import Any

from .operations import Operations
from .outbox import Outbox
from .protocol import (
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    AgentError,
    Arguments,
    Deadline,
    encode,
    split_lines,
    usage_error,
)
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
        for line in split_lines(iter(watch.read, b"")):
            if line != b"":  # a blank line says no more than that the host is there
                outbox.send(_answer(line, operations, deadline, outbox))
    except BrokenPipeError:
        pass  # the host is gone
    operations.close()
    return 0


def _hello() -> dict[str, Any]:
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


def _answer(line: bytes | None, operations: Operations, deadline: Deadline, outbox: Outbox) -> bytes:
    request_id: int | None = None
    try:
        request = _parse(line)
        request_id, op = _address(request)
        arguments = Arguments(op, request)
        deadline.start(arguments.number_or_none("deadline_s", above=0.0))
        outbox.in_hand = request_id
        for name in ("id", "op", "deadline_s"):
            request.pop(name, None)
        answer = encode({"id": request_id, "ok": operations.run(op, arguments)})
        if len(answer) > MAX_LINE_BYTES:
            raise usage_error(
                f"{op}: the answer is longer than a line may be",
                found=f"{len(answer)} bytes, at most {MAX_LINE_BYTES}",
                hint="Ask for fewer rounds or tokens at once.",
            )
        return answer
    except AgentError as error:
        return encode({"id": request_id, "error": error.as_json()})
    except MemoryError:
        full = usage_error("the board's memory is full", hint="Take less context or a smaller model.")
        return encode({"id": request_id, "error": full.as_json()})
    except Exception:  # our bug: the host shows it as one
        bug = AgentError("internal", "the agent failed", found=traceback.format_exc()[-4000:])
        return encode({"id": request_id, "error": bug.as_json()})


def _parse(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise usage_error(f"a request is longer than {MAX_LINE_BYTES} bytes")
    try:
        request = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise usage_error("a request is not JSON", found=str(error)) from None
    if not isinstance(request, dict):
        raise usage_error("a request must be a JSON object", found=type(request).__name__)
    return request


def _address(request: dict[str, Any]) -> tuple[int, str]:
    arguments = Arguments("request", request)
    return arguments.integer("id", minimum=0), arguments.text("op")
