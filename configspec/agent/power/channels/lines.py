"""Programs that print a line now and then, and go on."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import time
from collections.abc import Sequence
from typing import Protocol, final

LINE_BYTES = 64 * 1024


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
                raise OSError(errno.EFBIG, f"{self._name} prints no end of a line")
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        return line.decode("utf-8", "replace").rstrip("\r")

    def close(self) -> None:
        """As `LineStream` says."""
        self._process.kill()
        with self._process:
            pass


def open_lines(command: Sequence[str]) -> ProgramLines:
    """Start the program; OSError where it cannot be."""
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    return ProgramLines(subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=nothing, bufsize=0), command[0])
