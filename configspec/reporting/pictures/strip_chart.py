"""Strips along one axis: what holds from where to where, a strip for each question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configspec.reporting.markup import Element, coordinate, element
from configspec.reporting.pictures.axes import Scale, tick_words
from configspec.reporting.pictures.looks import colour_class
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import HOLLOW, LINE, line, short, titled, width_of, words

WIDTH, LEFT, RIGHT, TOP, ROW, HIGH = 720.0, 150.0, 24.0, 26.0, 34.0, 22.0
INSIDE = 5.0  # pixels from the edge of a stretch to its letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `begin` to `end` the same holds: `series` is the place of its look, `label` stands in it."""

    begin: float
    end: float
    series: int
    label: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One question, and its stretches from the axis' beginning to its end."""

    name: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StripChart:
    """The strips, at least one; `now` is where things are, if they are on the axis. `names`: what labels stand for."""

    strips: tuple[Strip, ...]
    names: tuple[tuple[str, str], ...]
    title: str
    low: float
    high: float
    by_ratio: bool
    now: float | None

    def drawing(self) -> Drawing:
        """The chart, as high as it has to be."""
        bottom = TOP + ROW * len(self.strips)
        height = bottom + 48 + LINE * (1 + len(self.names))
        return Drawing(width=WIDTH, height=height, elements=tuple(self._elements(bottom)))

    def _elements(self, bottom: float) -> Iterator[Element]:
        scale = Scale(low=self.low, high=self.high, begin=LEFT, end=WIDTH - RIGHT, by_ratio=self.by_ratio)
        for value in scale.ticks:
            at = scale.at(value)
            yield line(at, bottom, at, bottom + 5, tone="faint")
            yield words(tick_words(value), at, bottom + 19, anchor="middle", tone="faint")
        yield line(LEFT, bottom, WIDTH - RIGHT, bottom, tone="faint")
        yield words(self.title, (LEFT + WIDTH - RIGHT) / 2, bottom + 38, anchor="middle")
        for row, strip in enumerate(self.strips):
            y = TOP + ROW * row
            yield words(short(strip.name, LEFT - 24), LEFT - 12, y + HIGH / 2 + 4, anchor="end")
            for one in strip.stretches:
                yield titled(one.says, *_stretch(one, scale, y))
        if self.now is not None and self.low <= self.now <= self.high:
            at = scale.at(self.now)
            yield line(at, TOP - 8, at, bottom, tone="ink", stroke_width=2, stroke_dasharray="6 4")
            yield words("as assumed", at, TOP - 12, anchor="middle")
        for row, (label, name) in enumerate(self.names):
            yield words(f"{label}  {short(name, WIDTH - 60)}", 16, bottom + 44 + LINE * (row + 1))


def _stretch(one: Stretch, scale: Scale, y: float) -> Iterator[Element]:
    """An outline, and the letter of what holds where there is room for it."""
    left, right = scale.at(one.begin), scale.at(one.end)
    width = max(right - left, 0.5)
    outline = f"M{coordinate(left)} {coordinate(y)}h{coordinate(width)}v{coordinate(HIGH)}h-{coordinate(width)}z"
    tone = colour_class(one.series)
    yield element("path", class_=f"{tone} {HOLLOW}", d=outline, stroke="currentColor", stroke_width=2)
    if width_of(one.label) + 2 * INSIDE <= width:
        yield words(one.label, left + INSIDE, y + HIGH / 2 + 4, tone=tone)
