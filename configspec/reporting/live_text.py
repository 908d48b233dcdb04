"""The line that a terminal shows while long work goes on: what is done, how long the rest takes, what is at work.

It is rewritten in place, so it must never be wider than the terminal: a line that wraps cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from configspec.printable import printable_line
from configspec.reporting.figure_words import duration

BAR, BAR_FROM = 10, 100  # columns of the bar, and of a terminal that has one
NARROWEST = 20  # columns of a terminal that has such a line


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """What a run is at, by a monotonic clock."""

    began_s: float
    done: int = 0
    cells: int = 0  # 0: not known yet
    decoded: int = 0
    decodings: int = 0
    ends_s: float | None = None  # about when it is over; None: nothing is known
    doing: str = ""

    def line(self, now_s: float) -> str:
        """It in words; what matters most comes first, since the end is cut where there is no room."""
        counts = [f"{self.done}/{self.cells} cells"] if self.cells else []
        counts += [f"{self.decoded}/{self.decodings} real decodings"] if self.decodings else []
        return ", ".join((*counts, self._time(now_s), *([self.doing] if self.doing else [])))

    def _time(self, now_s: float) -> str:
        if self.ends_s is None:
            minutes, seconds = divmod(int(max(0.0, now_s - self.began_s)), 60)
            return f"{minutes}:{seconds:02}"
        left_s = max(0.0, self.ends_s - now_s)
        return f"{'' if left_s < 10 else 'about '}{duration(left_s)} left"


def is_live(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a line can be rewritten there: a terminal that moves its cursor, and no log of a CI that looks like one.

    https://bixense.com/clicolors, https://docs.github.com/en/actions/reference/workflows-and-actions/variables (CI)
    """
    return stream.isatty() and environment.get("TERM", "dumb") not in ("", "dumb") and not environment.get("CI")


def fitted(line: str, columns: int) -> str:
    """A printable line that leaves the last column free, where terminals wait before they wrap."""
    from rich.cells import cell_len, set_cell_size

    text, most = printable_line(line), max(1, columns - 1)
    return text if cell_len(text) <= most else f"{set_cell_size(text, most - 1)}…"


def drawn(work: AtWork, now_s: float, columns: int, *, coloured: bool) -> str:
    """The line with a bar where there is room for one, and with colours where they are shown."""
    words = work.line(now_s)
    if columns < BAR_FROM or not work.cells:
        return _dim(fitted(words, columns), coloured)
    filled = BAR * work.done // work.cells
    bar = "#" * filled + "." * (BAR - filled)  # in every encoding
    return f"[{_paint('36', bar, coloured)}] {_dim(fitted(words, columns - BAR - 3), coloured)}"


def _dim(text: str, coloured: bool) -> str:
    return _paint("2", text, coloured)


def _paint(code: str, text: str, coloured: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if coloured else text
