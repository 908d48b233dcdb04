"""A table whose cells are shaded: the darker, the further a value is from 1. The value stands in each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from configspec.reporting.markup import Element, coordinate, element
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import short, titled, words

WIDTH, LEFT, TOP, ROW, CELL = 720.0, 330.0, 34.0, 24.0, 110.0
DARKEST = 0.4  # opacity: words on it still have the contrast that they need
WIDEST = 4.0  # times: what is further from 1 is no darker


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A value of 1 or more, as it is written, and what a pointer that rests on it is told."""

    value: float
    shown: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatChart:
    """Rows of cells under `columns`, at least one of each; None: there is no value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Shade | None, ...]], ...]

    def drawing(self) -> Drawing:
        """The chart, as high as it has to be."""
        elements = (*self._heads(), *self._rows())
        return Drawing(width=WIDTH, height=TOP + ROW * len(self.rows) + 12, elements=elements)

    @property
    def _cell(self) -> float:
        """How wide a cell is."""
        return min(CELL, (WIDTH - LEFT - 16) / len(self.columns))

    def _heads(self) -> Iterator[Element]:
        for place, name in enumerate(self.columns):
            x = LEFT + self._cell * (place + 0.5)
            yield words(short(name, self._cell - 6), x, TOP - 10, anchor="middle", tone="faint")

    def _rows(self) -> Iterator[Element]:
        for row, (name, cells) in enumerate(self.rows):
            y = TOP + ROW * row
            yield words(short(name, LEFT - 28), LEFT - 12, y + ROW / 2 + 4, anchor="end")
            for place, one in enumerate(cells):
                x = LEFT + self._cell * place
                if one is None:
                    yield words("-", x + self._cell / 2, y + ROW / 2 + 4, anchor="middle", tone="faint")
                else:
                    yield titled(one.says, *self._shade(one, x, y))

    def _shade(self, one: Shade, x: float, y: float) -> Iterator[Element]:
        wide, high = coordinate(self._cell - 2), coordinate(ROW - 2)
        outline = f"M{coordinate(x + 1)} {coordinate(y + 1)}h{wide}v{high}h-{wide}z"
        part = min(math.log(max(one.value, 1.0)) / math.log(WIDEST), 1.0)
        opacity = f"{DARKEST * part:.2f}"
        yield element("path", class_="s1", d=outline, fill="currentColor", fill_opacity=opacity)
        yield words(one.shown, x + self._cell / 2, y + ROW / 2 + 4, anchor="middle")
