"""An emulated link: what each message waits, and that nothing else changes."""

from __future__ import annotations

import time

import numpy as np
import pytest

from configspec.devices.transport.emulated_link import EmulatedLink, wait_awake
from configspec.devices.transport.local import Fault
from configspec.testbed.device_spec import LinkSpec


class Echo:
    """A connection that answers what it was sent, in pieces of at most `piece` bytes."""

    def __init__(self, piece: int = 1 << 20) -> None:
        self._piece = piece
        self._waiting = b""
        self.closed = False

    def send(self, data: bytes) -> None:
        self._waiting += data

    def receive(self, timeout_s: float) -> bytes | None:
        if not self._waiting:
            return None
        piece, self._waiting = self._waiting[: self._piece], self._waiting[self._piece :]
        return piece

    def exit_status(self) -> int | None:
        return 7

    def fault(self) -> Fault | None:
        return None

    def stderr_tail(self) -> str:
        return "last words"

    def close(self) -> None:
        self.closed = True


def link(spec: LinkSpec, echo: Echo) -> tuple[EmulatedLink, list[float]]:
    waits: list[float] = []
    return EmulatedLink(echo, spec, np.random.default_rng(0), waits.append), waits


def test_a_round_trip_waits_the_round_trip_time_and_its_bytes() -> None:
    """40 ms and 1,000 bytes each way at 1 Mbit/s: 20 + 8 ms there, 20 + 8 ms back."""
    emulated, waits = link(LinkSpec(rtt_s=0.040, bits_per_s=1e6), Echo())
    emulated.send(b"x" * 1000)
    assert emulated.receive(1.0) == b"x" * 1000
    assert waits == pytest.approx([0.028, 0.028])


def test_the_pieces_of_one_answer_travel_together() -> None:
    """Half the round trip is waited once an answer, the bytes' time for every piece."""
    emulated, waits = link(LinkSpec(rtt_s=0.040, bits_per_s=1e6), Echo(piece=500))
    emulated.send(b"x" * 1000)
    emulated.receive(1.0)
    emulated.receive(1.0)
    assert waits == pytest.approx([0.028, 0.024, 0.004])


def test_a_line_of_its_own_travels_on_its_own() -> None:
    """A word about long work came long before the answer, which waits its way all the same."""
    echo = Echo()
    emulated, waits = link(LinkSpec(rtt_s=0.040), echo)
    emulated.send(b"event\n")
    emulated.receive(1.0)
    echo.send(b"answer\n")
    emulated.receive(1.0)
    assert waits == pytest.approx([0.020, 0.020, 0.020])


def test_jitter_has_its_deviation_and_is_never_below_nothing() -> None:
    """A round trip of 10 ms with 2 ms of jitter: each way 5 ms with a deviation of 1 ms, over 4,000 messages."""
    emulated, waits = link(LinkSpec(rtt_s=0.010, jitter_s=0.002), Echo())
    for _ in range(2000):
        emulated.send(b"x")
        emulated.receive(1.0)
    assert np.mean(waits) == pytest.approx(0.005, rel=0.02)
    assert np.std(waits) == pytest.approx(0.001, rel=0.1)
    assert min(waits) >= 0


def test_no_answer_is_not_waited_for_longer() -> None:
    """Where nothing came in time there is nothing to delay."""
    emulated, waits = link(LinkSpec(rtt_s=1.0), Echo())
    assert emulated.receive(0.0) is None
    assert waits == []


def test_everything_else_is_the_connections_own() -> None:
    """Status, last words and closing pass through."""
    echo = Echo()
    emulated, _ = link(LinkSpec(), echo)
    emulated.close()
    assert (emulated.exit_status(), emulated.stderr_tail(), echo.closed) == (7, "last words", True)


def test_waiting_is_never_too_short() -> None:
    """The clock has moved by at least what was asked."""
    began_s = time.monotonic()
    wait_awake(0.002)
    assert time.monotonic() - began_s >= 0.002
