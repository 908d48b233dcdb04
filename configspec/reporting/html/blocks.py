"""A document's sections as HTML: the page says what the terminal says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from configspec.reporting.document import Block, Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import is_number, shown
from configspec.reporting.markup import Element, Node, element
from configspec.reporting.pictures.picture import Picture

DEEPEST = 6  # level of a heading
REMARKS = "remarks"  # what heads a column without a title
COLUMNS_WITH_STYLE = 24  # beyond them numbers are not aligned


def sections_of(sections: Iterable[Section], level: int) -> Iterator[Element]:
    """Each section, its heading at this level."""
    for one in sections:
        yield section_of(one, level)


def section_of(one: Section, level: int) -> Element:
    """A heading, what holds for all of it, and its blocks."""
    heading = element(f"h{min(level, DEEPEST)}", one.heading)
    summary = [element("p", one.summary, class_="summary")] if one.summary else []
    blocks = (_block(block, one.heading, level) for block in one.blocks)
    return element("section", heading, *summary, *blocks)


def _block(block: Block, heading: str, level: int) -> Element:
    match block:
        case Section():
            return section_of(block, level + 1)
        case Table():
            return table_of(block, heading)
        case Notes(lines=lines):
            return element("ul", *(element("li", line) for line in lines))
        case Paragraph(text=text):
            return element("p", text)


def table_of(table: Table, name: str) -> Element:
    """A table that scrolls by itself where the page is narrower; numbers stand under numbers."""
    rows = (row_of(row, table.columns) for row in table.rows)
    drawn = element("table", head_of(table.columns), element("tbody", *rows), class_=aligned(table.columns))
    return element("div", drawn, **scrolling(f"table: {name}"))


def head_of(columns: Sequence[Column]) -> Element:
    """What heads the columns of a table."""
    return element("thead", element("tr", *(element("th", one.title or REMARKS, scope="col") for one in columns)))


def row_of(row: Sequence[Cell], columns: Sequence[Column]) -> Element:
    """One row of a table."""
    texts = (shown(cell, column.kind) for cell, column in zip(row, columns, strict=True))
    return Element("tr", (), tuple(Element("td", (), (text,) if text else ()) for text in texts))


def scrolling(name: str) -> dict[str, str]:
    """The attributes of what is wider than a telephone and scrolls by itself, with the keyboard too."""
    return {"class_": "scroll", "role": "group", "aria_label": name, "tabindex": "0"}


def aligned(columns: Sequence[Column]) -> str | None:
    """A class for each column of numbers."""
    places = (place for place, one in enumerate(columns[:COLUMNS_WITH_STYLE], 1) if is_number(one.kind))
    return " ".join(f"n{place}" for place in places) or None


def figure_of(picture: Picture, level: int) -> Element:
    """The drawing with its words above it, and its table, folded, below."""
    drawing = picture.chart.drawing()
    name = f"{picture.title}: {picture.subject}" if picture.subject not in picture.title else picture.title
    drawn = Element(
        "svg",
        (("viewBox", f"0 0 {drawing.width:g} {drawing.height:g}"), ("role", "img"), ("aria-label", name)),
        drawing.elements,
    )
    scroll = element("div", drawn, **scrolling(f"picture: {name}"))
    summary = element("summary", "the same figures as a table")
    children: tuple[Node, ...] = (
        element(f"h{min(level, DEEPEST)}", name),
        element("p", " ".join(picture.words)),
        scroll,
        element("details", summary, table_of(picture.table, name)),
    )
    return element("figure", *children)
