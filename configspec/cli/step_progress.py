"""The progress of a step that tells it in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from configspec.cli.status_line import StatusLine
from configspec.printable import printable_line

LETTERS = 100


class StepProgress:
    """Call it with a step's name and the last line that it wrote; `name` begins its lines."""

    def __init__(self, name: str, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._now_s = now_s
        self._step = ""
        self._began_s = now_s()
        self._line = StatusLine(stream, self._began_s)

    def __call__(self, step: str, line: str) -> None:
        """Show it, if the last line is old enough; the time is the step's own."""
        now_s = self._now_s()
        if step != self._step:
            self._step, self._began_s = step, now_s
            self._line.begin_anew(now_s)
        if self._line.is_due(now_s):
            minutes, seconds = divmod(int(now_s - self._began_s), 60)
            shown = f"{self._name}: {step}, {minutes}:{seconds:02}: {line.strip()[:LETTERS]}"
            self._line.show(printable_line(shown))

    def end(self) -> None:
        """End the terminal's line."""
        self._line.end()
