"""What the agent writes from two threads, at a pipe."""

from __future__ import annotations

import json
import os
import threading

from configspec.agent.outbox import Outbox
from configspec.agent.protocol import Deadline, encode


def test_beats_come_neither_into_a_line_nor_after_its_answer() -> None:
    """Long answers, and beats as fast as a thread can: every line is whole, and none is of a request that is done."""
    outgoing, incoming = os.pipe()
    outbox = Outbox(incoming, Deadline())
    done = threading.Event()

    def beat() -> None:
        while not done.is_set():
            in_hand = outbox.in_hand
            if in_hand is not None:
                outbox.beat(in_hand)

    def answer() -> None:
        for number in range(200):
            outbox.in_hand = number
            outbox.send(encode({"id": number, "ok": {"text": "x" * 20_000}}))
        done.set()

    threads = [threading.Thread(target=beat), threading.Thread(target=answer)]
    for thread in threads:
        thread.start()
    answered = -1
    with open(outgoing, "rb") as reading:
        while answered < 199:
            message = json.loads(reading.readline())
            assert message["id"] == answered + 1
            if "ok" in message:
                answered += 1
    for thread in threads:
        thread.join()
    os.close(incoming)


def test_a_beat_waits_for_nobody() -> None:
    """A pipe that nobody reads, or whose reader is gone, or a request that is done: no beat, and no error."""
    outgoing, incoming = os.pipe()
    deadline = Deadline()
    outbox = Outbox(incoming, deadline)
    outbox.beat(1)
    deadline.progress = "hashing", 1, 2
    outbox.in_hand = 1
    for _ in range(10_000):
        outbox.beat(1)
    first, *others = os.read(outgoing, 1 << 20).splitlines()
    assert json.loads(first) == {"id": 1, "event": {"doing": "hashing", "done": 1, "total": 2}}
    assert set(others) == {first}
    os.close(outgoing)
    outbox.beat(1)
    os.close(incoming)
