"""Controller and worker watch each other, as host and agent do: one that is stopped is given up, its devices are free.

    beat      an empty message on a channel of their own, sent by a thread every few seconds
    sign      of life of the other side: a beat that came, or processor time that it has used
    silence   time without a sign, as far as the watching side ran itself

A worker deep in llama.cpp beats, since ctypes lets other threads run. In a library that holds the interpreter's lock it
does not, but it uses processor time. Stopped (SIGSTOP, a debugger, a frozen cgroup), it does neither.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

LOOKS = 15  # in the time of the longest silence
BEATS = 6  # as many in that time
GONE_STATUS = 4  # what a worker ends itself with when its controller has fallen silent
_END = object()


class Channel(Protocol):
    """execnet's, as far as beats need it; both sides have one end."""

    def send(self, item: object) -> None:
        """OSError where it is closed."""

    def setcallback(self, callback: Callable[[object], object], endmarker: object) -> None:
        """What is called with each item from the other side, and with `endmarker` when it is closed."""


class Silence:
    """How long the other side has given no sign.

    A side that was stopped itself, or kept from running, must not take that time for the other's silence: between two
    looks, at most twice the time that should be between them counts.
    """

    def __init__(self, longest_s: float, *, now_s: float, sign: object) -> None:
        self._longest_s = longest_s
        self._looked_s = now_s
        self._sign = sign
        self._silent_s = 0.0

    def is_over(self, now_s: float, sign: object) -> bool:
        """Look: whether the sign has been the same for longer than is waited for."""
        if sign != self._sign:
            self._sign, self._silent_s = sign, 0.0
        else:
            self._silent_s += min(now_s - self._looked_s, 2 * self._longest_s / LOOKS)
        self._looked_s = now_s
        return self._silent_s > self._longest_s


class OtherSide:
    """The process at the other end of a channel, as far as it is heard of; from now on it hears beats."""

    def __init__(self, channel: Channel, pid: int, *, silence_s: float) -> None:
        self._channel, self._pid, self._silence_s = channel, pid, silence_s
        self._beats = 0
        self.has_closed = False
        channel.setcallback(self._hear, endmarker=_END)
        # A thread of its own: where the other side reads nothing, the pipe fills, and sending waits.
        threading.Thread(target=self._beat, daemon=True).start()

    @property
    def sign(self) -> tuple[int, int | None]:
        """Changes while the other side lives."""
        return self._beats, used_ticks(self._pid)

    def falls_silent(self) -> bool:
        """Wait until it has been silent for too long; False once it has closed its end, or died."""
        silence = Silence(self._silence_s, now_s=time.monotonic(), sign=self.sign)
        while not self.has_closed:
            time.sleep(self._silence_s / LOOKS)
            if silence.is_over(time.monotonic(), self.sign):
                return not self.has_closed
        return False

    def _hear(self, item: object) -> None:
        if item is _END:
            self.has_closed = True
        else:
            self._beats += 1

    def _beat(self) -> None:
        with suppress(OSError):
            while not self.has_closed:
                self._channel.send(None)
                time.sleep(self._silence_s / BEATS)


def watch_controller(channel: Channel, silence_s: float) -> None:
    """In a worker: end this process once the controller is silent, whatever the main thread is doing.

    The kernel then frees the locks on this host, and agents end with their stdin. What was sent already waits in the
    pipe for a controller that continues. One that has died closes the pipe, and execnet ends the worker.
    """
    controller = OtherSide(channel, os.getppid(), silence_s=silence_s)

    def watch() -> None:
        if controller.falls_silent():
            os._exit(GONE_STATUS)

    threading.Thread(target=watch, daemon=True).start()


def used_ticks(pid: int) -> int | None:
    """Processor time of all threads of a process; None where it has ended, or the system does not say.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        return ticks_in(Path(f"/proc/{pid}/stat").read_bytes())
    except (OSError, ValueError, IndexError):
        return None


def ticks_in(stat: bytes) -> int:
    """`utime` and `stime` of that file: fields 14 and 15, counted after the name, which may hold anything."""
    fields = stat[stat.rindex(b")") + 1 :].split()
    return int(fields[11]) + int(fields[12])
