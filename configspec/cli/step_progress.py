"""The progress of a step that tells it in words: one line, rewritten, on a terminal; elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from configspec.cli.transfer_progress import CLEAR
from configspec.printable import printable_line

TERMINAL_S, ELSEWHERE_S = 0.2, 10.0  # between two lines
LETTERS = 100


class StepProgress:
    """Call it with a step's name and the last line that it wrote; `name` begins its lines."""

    def __init__(self, name: str, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._stream = stream
        self._now_s = now_s
        self._terminal = stream.isatty()
        self._step = ""
        self._began_s = self._shown_s = now_s()

    def __call__(self, step: str, line: str) -> None:
        """Show it, if the last line is old enough; the time is the step's own."""
        now_s = self._now_s()
        if step != self._step:
            self._step, self._began_s, self._shown_s = step, now_s, now_s
        if now_s - self._shown_s < (TERMINAL_S if self._terminal else ELSEWHERE_S):
            return
        self._shown_s = now_s
        minutes, seconds = divmod(int(now_s - self._began_s), 60)
        shown = printable_line(f"{self._name}: {step}, {minutes}:{seconds:02}: {line.strip()[:LETTERS]}")
        self._write(f"{CLEAR}{shown}" if self._terminal else f"{shown}\n")

    def end(self) -> None:
        """End the terminal's line."""
        if self._terminal:
            self._write(CLEAR)

    def _write(self, text: str) -> None:
        with suppress(OSError):  # on a full disk or a closed pipe: the board matters more than word of it
            self._stream.write(text)
            self._stream.flush()
