"""All that the agent writes: answers, of the main thread, and beats, of the watching thread while a request is in hand.

A line of one never comes into a line of the other, and no beat comes after the answer to its request. The thread that
beats is also the one that ends the agent when its host is gone, so it waits for nothing: while an answer is being
written, or while nobody reads what was written before, there is no beat.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading

from .protocol import Deadline, JsonObject, encode


class Outbox:
    """Writes to one descriptor from two threads. `in_hand` is the request that is worked on, set by the main thread."""

    def __init__(self, descriptor: int, deadline: Deadline) -> None:
        self.in_hand: int | None = None
        self._descriptor = descriptor
        self._deadline = deadline
        self._writing = threading.Lock()
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)

    def send(self, message: bytes) -> None:
        """The hello, or the answer to the request in hand, which is done with."""
        with self._writing:
            self.in_hand = None
            self._write(message)

    def beat(self, request_id: int) -> None:
        """Report how far the request is, if it is still in hand and the write will not block."""
        if not self._writing.acquire(blocking=False):
            return
        try:
            if self.in_hand == request_id and self._room.poll(0):  # space for 4 kB, which is enough: pipe(7)
                with contextlib.suppress(OSError):  # the host is gone: the main thread will notice, too
                    self._write(encode({"id": request_id, "event": self._event()}, errors="replace"))
        finally:
            self._writing.release()

    def _event(self) -> JsonObject:
        doing, done, total = self._deadline.progress
        return {"doing": None if doing is None else doing[:200], "done": done, "total": total}

    def _write(self, message: bytes) -> None:
        rest = memoryview(message)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
