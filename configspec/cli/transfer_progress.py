"""The progress of a long transfer: one line, rewritten, on a terminal; elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from configspec.printable import printable_line
from configspec.theory.sizes import shown_bytes

TERMINAL_S, ELSEWHERE_S = 0.2, 10.0  # between two lines
CLEAR = "\r\x1b[K"  # https://en.wikipedia.org/wiki/ANSI_escape_code: to the line's begin, and erase it


class TransferProgress:
    """Call it with the bytes that are there and how many there will be; `name` begins its lines."""

    def __init__(self, name: str, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._name = printable_line(name)
        self._stream = stream
        self._now_s = now_s
        self._terminal = stream.isatty()
        self._began: tuple[float, int] | None = None
        self._shown_s = now_s()

    def __call__(self, done_bytes: int, all_bytes: int) -> None:
        """Show it, if the last line is old enough."""
        now_s = self._now_s()
        if self._began is None:
            self._began = now_s, done_bytes
        if now_s - self._shown_s < (TERMINAL_S if self._terminal else ELSEWHERE_S):
            return
        self._shown_s = now_s
        line = self._line(now_s, done_bytes, all_bytes)
        self._write(f"{CLEAR}{line}" if self._terminal else f"{line}\n")

    def end(self) -> None:
        """End the terminal's line."""
        if self._terminal:
            self._write(CLEAR)

    def _write(self, text: str) -> None:
        with suppress(OSError):  # on a full disk or a closed pipe: the transfer matters more than word of it
            self._stream.write(text)
            self._stream.flush()

    def _line(self, now_s: float, done_bytes: int, all_bytes: int) -> str:
        assert self._began is not None
        began_s, had_bytes = self._began
        line = f"{self._name}: {shown_bytes(done_bytes)} of {shown_bytes(all_bytes)}"
        if done_bytes == had_bytes or now_s == began_s:
            return line
        bytes_per_s = (done_bytes - had_bytes) / (now_s - began_s)
        minutes, seconds = divmod(round((all_bytes - done_bytes) / bytes_per_s), 60)
        return f"{line}, {shown_bytes(round(bytes_per_s))}/s, {minutes}:{seconds:02} left"
