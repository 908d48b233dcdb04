"""The progress of a long transfer: bytes, rate and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from configspec.cli.status_line import StatusLine
from configspec.printable import printable_line
from configspec.theory.sizes import shown_bytes


class TransferProgress:
    """Call it with the bytes that are there and how many there will be; `name` begins its lines."""

    def __init__(self, name: str, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._name = printable_line(name)
        self._now_s = now_s
        self._line = StatusLine(stream, now_s())
        self._began: tuple[float, int] | None = None

    def __call__(self, done_bytes: int, all_bytes: int) -> None:
        """Show it, if the last line is old enough."""
        now_s = self._now_s()
        if self._began is None:
            self._began = now_s, done_bytes
        if self._line.is_due(now_s):
            self._line.show(self._said(now_s, done_bytes, all_bytes))

    def end(self) -> None:
        """End the terminal's line."""
        self._line.end()

    def _said(self, now_s: float, done_bytes: int, all_bytes: int) -> str:
        assert self._began is not None
        began_s, had_bytes = self._began
        line = f"{self._name}: {shown_bytes(done_bytes)} of {shown_bytes(all_bytes)}"
        if done_bytes == had_bytes or now_s == began_s:
            return line
        bytes_per_s = (done_bytes - had_bytes) / (now_s - began_s)
        minutes, seconds = divmod(round((all_bytes - done_bytes) / bytes_per_s), 60)
        return f"{line}, {shown_bytes(round(bytes_per_s))}/s, {minutes}:{seconds:02} left"
