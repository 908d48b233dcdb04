"""Programs that print a line now and then, and go on."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Protocol, Tuple, final

LINE_BYTES = 64 * 1024
MOST_WAITING = 100_000  # lines that a pipe and what was read of it can hold


class LineStream(Protocol):
    """The lines of a program that goes on."""

    def next_line(self, timeout_s: float) -> str:
        """The next line, waited for; OSError where none comes in time, or the program has ended."""

    def close(self) -> None:
        """End the program."""


@final
class ProgramLines:
    """The lines of a process."""

    def __init__(self, process: subprocess.Popen[bytes], name: str) -> None:
        assert process.stdout is not None
        self._process = process
        self._name = name
        self._out = process.stdout.fileno()
        self._held = bytearray()
        self._ready = select.poll()
        self._ready.register(self._out, select.POLLIN)

    def next_line(self, timeout_s: float) -> str:
        """As `LineStream` says."""
        end_s = time.monotonic() + timeout_s
        while b"\n" not in self._held:
            if not self._ready.poll(max(0.0, end_s - time.monotonic()) * 1000):
                raise OSError(errno.ETIMEDOUT, f"{self._name} printed no line within {timeout_s:g} s")
            piece = os.read(self._out, 4096)
            if not piece:
                raise OSError(errno.EPIPE, f"{self._name} has ended")
            self._held += piece
            if len(self._held) > LINE_BYTES:
                self._held.clear()
                raise OSError(errno.EFBIG, f"{self._name} prints no end of a line")
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        return line.decode("utf-8", "replace").rstrip("\r")

    def close(self) -> None:
        """As `LineStream` says."""
        self._process.kill()
        with self._process:
            pass


@final
class FreshLines:
    """Lines that are as new as they look, each with the moment of its arrival.

    A program goes on printing while nobody reads. Its lines wait in the pipe, and would pass for new ones when the
    reading begins again, or where the reader is slower than the program. So no line is taken that may have waited for
    longer than `pause_s`.
    """

    def __init__(self, stream: LineStream, now_s: Callable[[], float], pause_s: float) -> None:
        self._stream = stream
        self._now_s = now_s
        self._pause_s = pause_s
        self._caught_up_s = now_s()  # nothing waited then: what comes is newer

    def next_line(self, timeout_s: float) -> Tuple[float, str]:
        """When the next line came, and the line; OSError where none comes in time, or the program has ended."""
        begin_s = self._now_s()
        if begin_s - self._caught_up_s > self._pause_s:
            self._drop_waiting()
            # A pipe that was full has held the program up in the middle of printing one more old line.
            self._stream.next_line(timeout_s)
            self._drop_waiting()
        try:
            return self._now_s(), self._stream.next_line(0.0)
        except OSError:
            line = self._stream.next_line(max(0.0, begin_s + timeout_s - self._now_s()))
        self._caught_up_s = self._now_s()
        return self._caught_up_s, line

    def close(self) -> None:
        """End the program."""
        self._stream.close()

    def _drop_waiting(self) -> None:
        try:
            for _ in range(MOST_WAITING):
                self._stream.next_line(0.0)
        except OSError:
            self._caught_up_s = self._now_s()  # none waits; that a program has ended, the next call says


def open_lines(command: Sequence[str]) -> ProgramLines:
    """Start the program; OSError where it cannot be."""
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    # Python prints into a pipe in blocks of some seconds, unless it is told not to: lines would come late and in heaps.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    try:
        process = subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=nothing, bufsize=0, env=environment)
    except ValueError as error:  # a NUL in a word
        raise OSError(errno.EINVAL, str(error)) from None
    return ProgramLines(process, command[0])
