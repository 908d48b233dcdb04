"""Bars below one another, each of parts that add up: a name, the parts, and the sum at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configspec.reporting.markup import Element, coordinate, element
from configspec.reporting.pictures.axes import Scale, scale_for, tick_words
from configspec.reporting.pictures.looks import colour_class
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import HOLLOW, LINE, line, short, titled, width_of, words

WIDTH, LEFT, RIGHT, TOP, ROW, HIGH = 720.0, 262.0, 70.0, 12.0, 26.0, 16.0
SAMPLE = 26.0  # pixels of a legend's sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar, 0 or more; `says` is shown where a pointer rests on it."""

    value: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: a part for each of the chart's names, and how the sum is written."""

    name: str
    parts: tuple[Part, ...]
    sum_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """The bars, at least one."""

    bars: tuple[Bar, ...]
    names: tuple[str, ...]
    title: str

    def drawing(self) -> Drawing:
        """The chart, as high as it has to be."""
        bottom = TOP + ROW * len(self.bars)
        height = bottom + 48 + LINE * 2
        return Drawing(width=WIDTH, height=height, elements=tuple(self._elements(bottom)))

    def _elements(self, bottom: float) -> Iterator[Element]:
        sums = [sum(part.value for part in bar.parts) for bar in self.bars]
        scale = scale_for([0.0, *sums], LEFT, WIDTH - RIGHT)
        for value in scale.ticks:
            at = scale.at(value)
            yield line(at, TOP, at, bottom, tone="grid")
            yield words(tick_words(value), at, bottom + 17, anchor="middle", tone="faint")
        yield line(LEFT, bottom, WIDTH - RIGHT, bottom, tone="faint")
        yield words(self.title, (LEFT + WIDTH - RIGHT) / 2, bottom + 36, anchor="middle")
        for row, bar in enumerate(self.bars):
            yield from self._bar(bar, TOP + ROW * (row + 0.5), scale)
        yield from self._legend(bottom + 36 + LINE * 1.6)

    def _bar(self, bar: Bar, y: float, scale: Scale) -> Iterator[Element]:
        yield words(short(bar.name, LEFT - 20), LEFT - 12, y + 4, anchor="end")
        begin = 0.0
        for place, part in enumerate(bar.parts):
            left, right = scale.at(begin), scale.at(begin + part.value)
            begin += part.value
            if part.value > 0:
                yield titled(part.says, _block(place, left, y - HIGH / 2, max(right - left, 0.5)))
        yield words(bar.sum_words, scale.at(begin) + 6, y + 4)

    def _legend(self, y: float) -> Iterator[Element]:
        x = 16.0
        for place, name in enumerate(self.names):
            yield _block(place, x, y - HIGH + 4, SAMPLE)
            yield words(name, x + SAMPLE + 7, y)
            x += SAMPLE + 30 + width_of(name)


def _block(place: int, x: float, y: float, width: float) -> Element:
    """A part: the first is filled, the second an outline, the third thin, so that they differ without colour."""
    thin = place >= 2
    high = HIGH / 2 if thin else HIGH
    top = y + (HIGH - high) / 2
    outline = f"M{coordinate(x)} {coordinate(top)}h{coordinate(width)}v{coordinate(high)}h-{coordinate(width)}z"
    if place == 1:
        hollow = f"{colour_class(place)} {HOLLOW}"
        return element("path", class_=hollow, d=outline, stroke="currentColor", stroke_width=1.5)
    return element("path", class_=colour_class(place), d=outline, fill="currentColor")
