"""A document for a terminal, or for a log: plain text, no colours, and nothing that is not printable."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from configspec.printable import printable
from configspec.reporting.document import Block, Document, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import is_number, shown

if TYPE_CHECKING:
    from rich.table import Table as RichTable

WIDTH = 120
GAP = 2  # spaces between columns


def as_text(document: Document, width: int = WIDTH) -> str:
    """Every section, headings included; ends with a line break, unless there is nothing to say."""
    return _joined("\n\n".join(_section(one, width) for one in document.sections))


def section_body(section: Section, width: int = WIDTH) -> str:
    """One section without its heading and summary, for those that write headings of their own."""
    return _joined(_blocks(section.blocks, width))


def folded_table(titles: Sequence[str], rows: Iterable[Sequence[str]], width: int | None, *, right: str = "") -> str:
    """A table whose long cells continue below; `width` None is the terminal's, `right` a right-aligned column."""
    from rich.table import Table as RichTable

    table = RichTable(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title == right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    return "\n".join(line.rstrip() for line in _drawn(table, width).splitlines())


def _joined(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return f"{lines}\n" if lines else ""


def _section(section: Section, width: int) -> str:
    head = printable(f"{section.heading}: {section.summary}" if section.summary else section.heading)
    # What is in sections of its own is set apart; a table or a note belongs to the line above it.
    gap = "\n\n" if section.blocks and isinstance(section.blocks[0], Section) else "\n"
    return f"{head}{gap}{_blocks(section.blocks, width)}".rstrip("\n")


def _blocks(blocks: tuple[Block, ...], width: int) -> str:
    return "".join(_apart(blocks, width)).strip("\n")


def _apart(blocks: tuple[Block, ...], width: int) -> Iterator[str]:
    """The blocks' texts; an empty line surrounds each section."""
    before: Block | None = None
    for block in blocks:
        if isinstance(block, Section) or isinstance(before, Section):
            yield "\n"
        yield f"{_block(block, width)}\n"
        before = block


def _block(block: Block, width: int) -> str:
    match block:
        case Section():
            return _section(block, width)
        case Table():
            return _table(block, width)
        case Notes(lines=lines):
            return "\n".join(f"  {printable(line)}" for line in lines)
        case Paragraph(text=text):
            return printable(text)  # one line, however long: the terminal breaks it, and a script finds it whole


def _table(table: Table, width: int) -> str:
    titles = [column.title for column in table.columns]
    right = [is_number(column.kind) for column in table.columns]
    rows = [[shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    fitting = fitting_table(titles, rows, right, width)
    return folding_table(titles, rows, right, width) if fitting is None else fitting


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
    from rich.table import Table as RichTable

    drawn = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for title, to_the_right in zip(titles, right, strict=True):
        drawn.add_column(title, justify="right" if to_the_right else "left")
    for row in rows:
        drawn.add_row(*row)
    return _drawn(drawn, width).rstrip("\n")


def _drawn(table: RichTable, width: int | None) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False).print(table)
    return out.getvalue()
