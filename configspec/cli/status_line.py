"""One line about work that goes on: rewritten in place on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TextIO

from configspec.reporting.live_text import fitted, is_live

TERMINAL_S, ELSEWHERE_S = 0.2, 10.0  # between two lines
CLEAR = "\r\x1b[K"  # https://en.wikipedia.org/wiki/ANSI_escape_code: to the line's begin, and erase it


class StatusLine:
    """The line of one stream; its times are those of one monotonic clock."""

    def __init__(self, stream: TextIO, began_s: float) -> None:
        self._stream = stream
        self._terminal = is_live(stream, os.environ)
        self._shown_s = began_s

    def is_due(self, now_s: float) -> bool:
        """Whether the last line, or the beginning, is long enough ago; then the next one counts from now."""
        if now_s - self._shown_s < (TERMINAL_S if self._terminal else ELSEWHERE_S):
            return False
        self._shown_s = now_s
        return True

    def begin_anew(self, now_s: float) -> None:
        """Wait from now on, as at the beginning."""
        self._shown_s = now_s

    def show(self, line: str) -> None:
        """Write a line, which is printable, in place of the last one."""
        if self._terminal:
            line = fitted(line, self._columns())  # one that wraps could not be taken back
        self._write(f"{CLEAR}{line}" if self._terminal else f"{line}\n")

    def end(self) -> None:
        """End the terminal's line."""
        if self._terminal:
            self._write(CLEAR)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or shutil.get_terminal_size().columns
        except (OSError, ValueError):  # a stream that only says that it is a terminal
            return shutil.get_terminal_size().columns

    def _write(self, text: str) -> None:
        with suppress(OSError):  # on a full disk or a closed pipe: the work matters more than word of it
            self._stream.write(text)
            self._stream.flush()
