"""An agent without a process: it says hello, and answers each request with the bytes that it was given for it."""

from __future__ import annotations

import collections
import json
from collections.abc import Callable
from typing import Any

from configspec.devices.transport.local import Fault

HELLO = {"configspec_agent": 1, "sha256": "this", "python": "3.8.10", "pid": 7, "clock_s": 1.5}


def as_line(message: object) -> bytes:
    """One line of the protocol, which Python's JSON lets be anything: NaN, lone surrogates, numbers without end."""
    return json.dumps(message).encode("utf-8") + b"\n"


class Answering:
    """A connection to it. Where it has nothing more to say, it has closed its end."""

    def __init__(self, answer: Callable[[dict[str, Any]], bytes], hello: bytes | None = None) -> None:
        self.closed = False
        self._answer = answer
        self._said = collections.deque([as_line(HELLO) if hello is None else hello])

    def send(self, data: bytes) -> None:
        """Take a request, and have its answer ready."""
        self._said.append(self._answer(json.loads(data)))

    def receive(self, timeout_s: float) -> bytes | None:
        """What it said next, in pieces as a pipe has them."""
        if not self._said:
            return b""
        piece, rest = self._said[0][:65536], self._said[0][65536:]
        self._said.popleft()
        if rest:
            self._said.appendleft(rest)
        return piece

    def exit_status(self) -> int | None:
        """It ended in order."""
        return 0

    def fault(self) -> Fault | None:
        """Nothing lies between."""
        return None

    def stderr_tail(self) -> str:
        """It wrote nothing."""
        return ""

    def close(self) -> None:
        """End it."""
        self.closed = True
