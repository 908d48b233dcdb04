"""A slower link than the real one, emulated on top of a real connection.

    one way     rtt / 2, plus a normal deviate with the standard deviation jitter / 2, never below 0
    bytes       bytes * 8 / bits_per_s, on top

Each message waits its one way before it is handed on, so a request and its answer together take a round trip. Nothing
is lost, reordered or queued: a round of speculative decoding is one request and one answer, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from configspec.devices.transport.local import Connection, Fault
from configspec.testbed.device_spec import LinkSpec

SPIN_S = 0.0005  # a sleep overshoots by up to this much; the rest is spent awake


class EmulatedLink:
    """A connection with a delay in each direction."""

    def __init__(
        self,
        connection: Connection,
        spec: LinkSpec,
        rng: np.random.Generator,
        wait: Callable[[float], None] | None = None,
    ) -> None:
        self._connection = connection
        self._spec = spec
        self._rng = rng
        self._wait = wait_awake if wait is None else wait
        self._within_answer = False

    def send(self, data: bytes) -> None:
        """Write to the agent, one way later."""
        self._wait(self._one_way_s(len(data)))
        self._within_answer = False
        self._connection.send(data)

    def receive(self, timeout_s: float) -> bytes | None:
        """What the agent wrote next, one way later; the pieces of one line travel together."""
        chunk = self._connection.receive(timeout_s)
        if chunk:
            self._wait(self._bytes_s(len(chunk)) if self._within_answer else self._one_way_s(len(chunk)))
            self._within_answer = not chunk.endswith(b"\n")  # what comes next was sent later
        return chunk

    def exit_status(self) -> int | None:
        """The agent's exit status, negative for a signal; None while it runs."""
        return self._connection.exit_status()

    def fault(self) -> Fault | None:
        """What broke on the way to the agent; None where it was the agent that ended."""
        return self._connection.fault()

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr."""
        return self._connection.stderr_tail()

    def close(self) -> None:
        """End the agent."""
        self._connection.close()

    def _one_way_s(self, message_bytes: int) -> float:
        half_s = self._spec.rtt_s / 2
        if self._spec.jitter_s:
            half_s = max(0.0, half_s + float(self._rng.normal(0.0, self._spec.jitter_s / 2)))
        return half_s + self._bytes_s(message_bytes)

    def _bytes_s(self, message_bytes: int) -> float:
        return 0.0 if self._spec.bits_per_s is None else message_bytes * 8 / self._spec.bits_per_s


def wait_awake(seconds: float) -> None:
    """Wait for exactly `seconds`, the last of them without sleeping."""
    end_s = time.monotonic() + seconds
    if seconds > SPIN_S:
        time.sleep(seconds - SPIN_S)
    while time.monotonic() < end_s:
        pass
