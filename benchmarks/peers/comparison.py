"""Two ways of doing one thing, run in turns: what their pairs say, and the table that shows it.

    peer, ours   one figure each, taken moments apart, so that what slows the machine slows both
    ratio        of a pair; the verdict is on the *median of the pairs' ratios*, not on the ratio of two medians
    waited       share of a run's time in which something on this machine wanted a processor and had none

A pair is disturbed when either of its runs waited for more than `QUIET_WAITED`. Disturbed pairs are shown and
counted. They leave the verdict only where enough quiet ones remain; otherwise all pairs stay in, and the table says
that the machine was not quiet. Pure: no clock, no file.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

QUIET_WAITED = 0.05  # share of a run

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The peer's figure and ours, taken in turns. `waited` is the larger of the two runs', None where it is unknown."""

    peer: float
    ours: float
    waited: float | None = None

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def disturbed(self) -> bool:
        """Whether something else wanted the processors while this pair ran."""
        return self.waited is not None and self.waited > QUIET_WAITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One comparison as a reader sees it: both figures, what is judged of them, and the bound it must keep."""

    name: str
    unit: str  # of `peer` and `ours`
    peer: float
    ours: float
    judged: float
    judged_unit: str  # "x" for a ratio
    low: float  # smallest and largest of the runs behind `judged`
    high: float
    n: int
    bound: float
    better: Better
    notes: tuple[str, ...] = field(default=())

    @property
    def met(self) -> bool:
        """Whether the bound is kept; a figure on the bound keeps it."""
        return self.judged >= self.bound if self.better == "higher" else self.judged <= self.bound

    def as_json(self) -> dict[str, Any]:
        """Every figure, and the verdict, as plain values."""
        return asdict(self) | {"met": self.met}


def enough(pairs: Sequence[Pair], *, least: int, most: int) -> bool:
    """Whether to stop: `least` quiet pairs, or as many pairs as one is willing to wait for."""
    return sum(not pair.disturbed for pair in pairs) >= least or len(pairs) >= most


def compare(
    name: str, unit: str, pairs: Sequence[Pair], *, least: int, at_least: float, notes: Sequence[str] = ()
) -> Line:
    """The medians of both sides and of their ratio, and whether the ratio reaches `at_least`.

    Of `pairs`, the quiet ones count where there are `least` of them, else all.
    """
    quiet = [pair for pair in pairs if not pair.disturbed]
    used = quiet if len(quiet) >= least else list(pairs)
    ratios = [pair.ratio for pair in used]
    return Line(
        name=name,
        unit=unit,
        peer=statistics.median(pair.peer for pair in used),
        ours=statistics.median(pair.ours for pair in used),
        judged=statistics.median(ratios),
        judged_unit="x",
        low=min(ratios),
        high=max(ratios),
        n=len(used),
        bound=at_least,
        better="higher",
        notes=(*notes, *_about_disturbance(pairs, used)),
    )


def within(name: str, unit: str, ours: Sequence[float], bound: float) -> Line:
    """The median of what no peer does, against the most that it may be."""
    judged = statistics.median(ours)
    return Line(
        name=name,
        unit=unit,
        peer=bound,
        ours=judged,
        judged=judged,
        judged_unit=unit,
        low=min(ours),
        high=max(ours),
        n=len(ours),
        bound=bound,
        better="lower",
        notes=("no peer does this: beside ours stands the bound",),
    )


def _about_disturbance(pairs: Sequence[Pair], used: Sequence[Pair]) -> list[str]:
    """What the reader should know of the pairs that ran beside something else."""
    disturbed = sum(pair.disturbed for pair in pairs)
    if not disturbed:
        return []
    if len(used) < len(pairs):
        return [f"{disturbed} of {len(pairs)} pairs ran beside other work and are left out"]
    worst = max(pair.waited or 0.0 for pair in pairs)
    return [
        f"the machine was not quiet: {disturbed} of {len(pairs)} pairs, up to {worst:.0%} of a run; all are counted"
    ]


def table(title: str, lines: Sequence[Line]) -> str:
    """The lines as text, one comparison a row, each row's notes below the table."""
    heads = ("", "peer", "ours", "judged", "of runs", "n", "bound", "")
    rows = [heads, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    text = [title]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        text.append("  " + "  ".join(cells).rstrip())
    text.extend(f"  {line.name}: {note}" for line in lines for note in line.notes)
    return "\n".join(text)


def _cells(line: Line) -> tuple[str, ...]:
    sign = ">=" if line.better == "higher" else "<="
    return (
        line.name,
        f"{_short(line.peer)} {line.unit}",
        f"{_short(line.ours)} {line.unit}",
        f"{_short(line.judged)} {line.judged_unit}",
        f"{_short(line.low)}..{_short(line.high)}",
        str(line.n),
        f"{sign} {_short(line.bound)} {line.judged_unit}",
        "met" if line.met else "MISSED",
    )


def _short(value: float) -> str:
    """Three digits after the point below ten, fewer above: enough to tell 0.979 from 0.98. Counts have none."""
    size = abs(value)
    if value.is_integer() and (size == 0 or size >= 10):
        return f"{value:,.0f}"
    return f"{value:.3f}" if size < 10 else f"{value:.1f}" if size < 1000 else f"{value:,.0f}"
