"""Tables of a terminal: drawn here where they fit; by rich, which is slow to import, where they do not."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from configspec.printable import printable

if TYPE_CHECKING:
    from rich.table import Table

GAP = 2  # spaces between columns


def folded_table(titles: Sequence[str], rows: Iterable[Sequence[str]], width: int | None, *, right: str = "") -> str:
    """A table whose long cells continue below; `width` None is the terminal's, `right` a right-aligned column."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title == right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    return "\n".join(line.rstrip() for line in _drawn(table, width).splitlines())


def fitting_table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int
) -> str | None:
    """The table as `folding_table` draws it, much faster; None where it does not fit, or signs may have other widths.

    Args:
        titles: Of the columns, at least one.
        rows: A text a column.
        right: Whether a column is aligned to the right.
        width: Of a line, in characters.
    """
    lines = [titles, *rows]
    if not all(cell.isascii() and cell.isprintable() and cell == cell.strip() for line in lines for cell in line):
        return None
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sum(widths) + GAP * (len(widths) - 1) > width:
        return None
    gap = " " * GAP
    return "\n".join(
        gap.join(
            cell.rjust(size) if to_the_right else cell.ljust(size)
            for cell, size, to_the_right in zip(line, widths, right, strict=True)
        )
        for line in lines
    )


def folding_table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool], width: int) -> str:
    """The same by rich, whatever is in it: what does not fit continues below."""
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for title, to_the_right in zip(titles, right, strict=True):
        drawn.add_column(title, justify="right" if to_the_right else "left")
    for row in rows:
        drawn.add_row(*row)
    return _drawn(drawn, width).rstrip("\n")


def _drawn(table: Table, width: int | None) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False).print(table)
    return out.getvalue()
