"""What there is to say, as values: sections of paragraphs, tables and notes. Renderers write them down.

A table's cells are the values themselves, and its columns say what kind they are, so that each renderer shows a figure
in its own way and none parses text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Kind = Literal[
    "text",
    "count",  # a whole number
    "figure",  # a measured number, to three digits
    "ratio",  # such as tokens per round, to two decimals
    "share",  # in percent
    "error",  # a share with its sign
    "interval",
]


class Interval(NamedTuple):
    """Both ends of what a figure may be."""

    low: float
    high: float


Cell: TypeAlias = str | int | float | Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column holds, and what heads it; a column of remarks has no title."""

    title: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells, one for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"each row of this table has {len(self.columns)} cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A sentence or more."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Lines about what is above them."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Something under a heading. `summary` is what holds for all of it, in a line."""

    heading: str
    summary: str = ""
    blocks: tuple[Block, ...] = ()


Block: TypeAlias = Paragraph | Table | Notes | Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """All there is to say."""

    sections: tuple[Section, ...]
