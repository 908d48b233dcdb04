"""How a number is written for people, wherever it is shown."""

from __future__ import annotations

from configspec.printable import printable
from configspec.reporting.document import Cell, Interval, Kind

LONGEST = 120  # characters of a cell: a table with a longer one is no table


def figure(value: float) -> str:
    """Three significant digits, four from a thousand on, thousands apart and no exponent.

    >>> figure(1334321.0), figure(7.651), figure(0.0123)
    ('1,334,000', '7.65', '0.0123')
    """
    if abs(value) >= 999.5:
        return f"{float(f'{value:.4g}'):,.0f}"
    shown = f"{value:#.3g}".rstrip(".")
    return shown if "e" not in shown else f"{float(f'{value:.3g}'):.12f}".rstrip("0")


def duration(seconds: float) -> str:
    """A time that is an estimate, as people say it: no more than two digits of it, up to days.

    >>> duration(4), duration(43), duration(170), duration(5000), duration(9000), duration(400000)
    ('under 10 s', '40 s', '3 min', '83 min', '2.5 h', '4.6 days')
    """
    if seconds < 10:
        return "under 10 s"
    if seconds < 90:
        return f"{round(seconds, -1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def shown(cell: Cell, kind: Kind) -> str:
    """A table's cell as text.

    >>> shown(0.2, "share"), shown(-0.051, "error"), shown(Interval(low=1, high=2), "interval"), shown("xs", "text")
    ('20%', '-5.1%', '1.00 to 2.00', 'xs')
    """
    if isinstance(cell, str):
        return printable(cell, at_most=LONGEST)
    if isinstance(cell, Interval):
        return f"{figure(cell.low)} to {figure(cell.high)}"
    match kind:
        case "figure":
            return figure(cell)
        case "ratio":
            return f"{cell:.2f}"
        case "share":
            return f"{cell:.0%}"
        case "error":
            return f"{cell:+.1%}"
        case _:
            return str(cell)


def is_number(kind: Kind) -> bool:
    """Whether cells of this kind stand right-aligned, digit under digit."""
    return kind not in ("text", "interval")
