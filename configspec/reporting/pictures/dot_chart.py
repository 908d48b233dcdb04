"""Figures of one kind below one another: a name, a mark and its interval each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configspec.reporting.markup import Element
from configspec.reporting.pictures.axes import scale_for, tick_words
from configspec.reporting.pictures.looks import colour_class
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import LINE, legend, line, mark, short, titled, words

WIDTH, LEFT, RIGHT, TOP, ROW = 720.0, 262.0, 24.0, 12.0, 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One figure; `series` is the place of its look among `DotChart.names`."""

    name: str
    value: float
    low: float
    high: float
    series: int = 0
    filled: bool = True
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DotChart:
    """The figures, at least one; `names` tell the looks apart, where there are several. `level`: a line across."""

    dots: tuple[Dot, ...]
    title: str
    names: tuple[str, ...] = ()
    level: float | None = None
    by_ratio: bool = False

    def drawing(self) -> Drawing:
        """The chart, as high as it has to be."""
        bottom = TOP + ROW * len(self.dots)
        below, high = legend(list(enumerate(self.names)), 16, bottom + 64, WIDTH - 32) if self.names else ((), 0.0)
        return Drawing(width=WIDTH, height=bottom + 48 + LINE + high, elements=(*self._elements(bottom), *below))

    def _elements(self, bottom: float) -> Iterator[Element]:
        values = [end for one in self.dots for end in (one.low, one.value, one.high)]
        levels = [] if self.level is None else [self.level]
        scale = scale_for([*values, *levels], LEFT, WIDTH - RIGHT, by_ratio=self.by_ratio)
        for value in scale.ticks:
            at = scale.at(value)
            yield line(at, TOP, at, bottom, tone="grid")
            yield words(tick_words(value), at, bottom + 17, anchor="middle", tone="faint")
        yield line(LEFT, bottom, WIDTH - RIGHT, bottom, tone="faint")
        yield words(self.title, (LEFT + WIDTH - RIGHT) / 2, bottom + 36, anchor="middle")
        for level in levels:
            yield line(scale.at(level), TOP, scale.at(level), bottom, tone="ink", stroke_dasharray="6 4")
        for row, one in enumerate(self.dots):
            y = TOP + ROW * (row + 0.5)
            interval = line(scale.at(one.low), y, scale.at(one.high), y, tone=colour_class(one.series), stroke_width=2)
            yield words(short(one.name, LEFT - 20), LEFT - 12, y + 4, anchor="end")
            yield titled(one.says, interval, mark(one.series, scale.at(one.value), y, filled=one.filled))
