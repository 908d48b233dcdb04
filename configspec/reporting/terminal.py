"""A document for a terminal, or for a log: lines of plain text, each with how it looks where colours are shown.

No line holds anything that is not printable: whoever writes it to a terminal adds the colours (`cli/output.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from configspec.printable import printable
from configspec.reporting.document import Block, Cell, Document, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import is_number, shown
from configspec.reporting.terminal_tables import fitting_table, folding_table

WIDTH = 120
Look = Literal["plain", "heading", "titles", "note", "good", "doubtful", "bad"]
LOOK_OF: Mapping[str, Look] = {  # a row of a table with one of these words in a cell
    "REGRESSED": "bad",
    "MISSING": "bad",
    "NONDETERMINISTIC": "bad",
    "SUSPECT": "doubtful",
    "UNSTABLE": "doubtful",
    "INCOMPARABLE": "doubtful",
    "NO_BASELINE": "doubtful",
    "IMPROVED": "good",
}


class Line(NamedTuple):
    """A line of text, and what it is."""

    text: str
    look: Look = "plain"


BLANK = Line("")


def as_text(document: Document, width: int = WIDTH) -> str:
    """Every section, headings included; ends with a line break, unless there is nothing to say."""
    return _joined(as_lines(document, width))


def as_lines(document: Document, width: int = WIDTH) -> list[Line]:
    """The same, line by line, with how each looks."""
    lines: list[Line] = []
    for section in document.sections:
        lines += [*([BLANK] if lines else []), *_section(section, width)]
    return _trimmed(lines)


def section_body(section: Section, width: int = WIDTH) -> str:
    """One section without its heading and summary, for those that write headings of their own."""
    return _joined(section_lines(section, width))


def section_lines(section: Section, width: int = WIDTH) -> list[Line]:
    """The same, line by line, with how each looks."""
    return _trimmed(_blocks(section.blocks, width))


def _joined(lines: Sequence[Line]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


def _trimmed(lines: Sequence[Line]) -> list[Line]:
    """Without empty lines at either end."""
    said = [place for place, line in enumerate(lines) if line.text]
    return list(lines[said[0] : said[-1] + 1]) if said else []


def _section(section: Section, width: int) -> list[Line]:
    head = printable(f"{section.heading}: {section.summary}" if section.summary else section.heading)
    # What is in sections of its own is set apart; a table or a note belongs to the line above it.
    gap = [BLANK] if section.blocks and isinstance(section.blocks[0], Section) else []
    return [Line(head.rstrip(), "heading"), *gap, *_trimmed(_blocks(section.blocks, width))]


def _blocks(blocks: tuple[Block, ...], width: int) -> list[Line]:
    """The blocks' lines; an empty line surrounds each section."""
    lines: list[Line] = []
    before: Block | None = None
    for block in blocks:
        if isinstance(block, Section) or isinstance(before, Section):
            lines.append(BLANK)
        lines += _block(block, width)
        before = block
    return lines


def _block(block: Block, width: int) -> list[Line]:
    match block:
        case Section():
            return _section(block, width)
        case Table():
            return list(_table(block, width))
        case Notes(lines=lines):
            return [Line(f"  {printable(line)}".rstrip(), "note") for line in lines]
        case Paragraph(text=text):
            return [Line(printable(text).rstrip())]  # however long: the terminal breaks it, and a script finds it whole


def _table(table: Table, width: int) -> Iterator[Line]:
    """Its titles, and each row with its look. Where rows are folded nobody knows which lines are whose."""
    titles = [column.title for column in table.columns]
    right = [is_number(column.kind) for column in table.columns]
    rows = [[shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    text = fitting_table(titles, rows, right, width) or folding_table(titles, rows, right, width)
    lines = [line.rstrip() for line in text.split("\n")]
    whole = len(lines) == 1 + len(rows)
    looks: list[Look] = ["titles", *map(_look, table.rows)] if whole else ["plain"] * len(lines)
    return map(Line, lines, looks)


def _look(row: Sequence[Cell]) -> Look:
    return next((LOOK_OF[cell] for cell in row if isinstance(cell, str) and cell in LOOK_OF), "plain")
