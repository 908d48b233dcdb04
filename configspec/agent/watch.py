"""Ends the agent when its host is gone, or has been silent for too long, whatever the main thread is doing.

It also tells the host, during a long request, that the agent is still there: a slow board is not a dead one.

The host sends a blank line every few seconds. The main thread reads stdin itself: handing each request from thread to
thread would cost a tenth of a small model's round. So this thread reads nothing, and looks for signs of life from
outside: the bytes that the main thread has read and those that wait for it, which pile up while it is busy.

A link can die silently: https://man.openbsd.org/sshd_config says that a server does not probe (ClientAliveInterval
is 0), and the agent's stdin then stays open for ever.
"""

from __future__ import annotations

import fcntl
import os
import select
import sys
import termios
import threading
import time

from .outbox import Outbox
from .protocol import GONE_STATUS, Deadline

SILENCE_S = 30.0  # six blank lines
BEATS = 6  # as many in that time, at most, from here to the host


class Watch:
    """Reads stdin for the main thread, and watches it from another."""

    def __init__(self, deadline: Deadline, outbox: Outbox, *, silence_s: float = SILENCE_S) -> None:
        self._deadline = deadline
        self._outbox = outbox
        self._silence_s = silence_s
        self._read_bytes = 0
        threading.Thread(target=self._run, daemon=True).start()

    def read(self) -> bytes:
        """What the host sent next; b"" once it has closed its end."""
        chunk = os.read(0, 65536)
        self._read_bytes += len(chunk)
        return chunk

    def _run(self) -> None:
        poller = select.poll()
        poller.register(0, getattr(select, "POLLRDHUP", 0))  # a closed pipe is reported unasked, a closed socket is not
        most_bytes, heard_s = 0, time.monotonic()
        in_hand, beat_s = None, heard_s  # a request, and when it was first seen here or its last beat went out
        while not poller.poll(self._silence_s * 1000 / 15):
            sent_bytes = self._read_bytes + _waiting_bytes()
            now_s = time.monotonic()
            if sent_bytes > most_bytes:
                most_bytes, heard_s = sent_bytes, now_s
            elif now_s - heard_s > self._silence_s:
                os._exit(GONE_STATUS)  # the main thread may be deep in llama.cpp; the kernel frees the lock
            if self._outbox.in_hand != in_hand:  # short requests, as rounds are, have no beat
                in_hand, beat_s = self._outbox.in_hand, now_s
            elif in_hand is not None and now_s - beat_s >= self._silence_s / BEATS:
                self._outbox.beat(in_hand)
                beat_s = now_s
        self._deadline.host_is_gone()
        time.sleep(self._silence_s / 3)  # for the work in hand to see that its deadline is over
        os._exit(GONE_STATUS)


def _waiting_bytes() -> int:
    try:
        return int.from_bytes(fcntl.ioctl(0, termios.FIONREAD, bytes(4)), sys.byteorder)
    except OSError:  # neither a pipe nor a socket: started by hand
        return 0
