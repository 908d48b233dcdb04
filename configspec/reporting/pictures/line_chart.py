"""Lines over an axis of numbers: each with its own look, its marks with their intervals and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from configspec.reporting.markup import Element, element
from configspec.reporting.pictures.axes import Scale, scale_for
from configspec.reporting.pictures.looks import colour_class
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import LINE, Plane, legend, line, mark, polyline, titled, words

WIDTH, HEIGHT = 720.0, 300.0  # of the plane of the axes, with what stands beside it
EDGE = 20.0  # half the length of the line that marks the edge of the data
LEFT, RIGHT, TOP, BELOW = 72.0, 24.0, 20.0, 62.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One figure; `low` and `high` None: it has no interval. `edge`: nothing was measured beyond it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    filled: bool = True
    edge: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line through marks, ascending in x, at least one."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A value that all else is held against, as a line across."""

    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Lines, what they are held against, and the titles of the axes.

    `best` are the x and y of the mark that is ringed. `x_ticks`: where the axis is of whole numbers, or of names.
    """

    series: tuple[Series, ...]
    x_title: str
    y_title: str
    levels: tuple[Level, ...] = ()
    best: tuple[float, float] | None = None
    x_ticks: tuple[tuple[float, str], ...] | None = None

    def drawing(self) -> Drawing:
        """The chart."""
        plane = self._plane()
        names = [(place, one.name) for place, one in enumerate(self.series)]
        below, high = legend(names, LEFT, HEIGHT + LINE, WIDTH - LEFT - RIGHT)
        elements = (*plane.elements(), *self._levels(plane), *self._lines(plane), *self._marks(plane), *below)
        return Drawing(width=WIDTH, height=HEIGHT + LINE + high, elements=elements)

    def _plane(self) -> Plane:
        marks = [one for series in self.series for one in series.marks]
        ends = [end for one in marks for end in (one.low, one.high) if end is not None]
        ys = [*(one.y for one in marks), *ends, *(one.value for one in self.levels)]
        xs = [one.x for one in marks] if self.x_ticks is None else [x for x, _ in self.x_ticks]
        return Plane(
            x=_padded(xs),
            y=scale_for(ys, HEIGHT - BELOW, TOP),
            x_title=self.x_title,
            y_title=self.y_title,
            x_ticks=self.x_ticks,
        )

    def _levels(self, plane: Plane) -> Iterator[Element]:
        for one in self.levels:
            at = plane.y.at(one.value)
            yield line(LEFT, at, WIDTH - RIGHT, at, tone="ink", stroke_width=1.5, stroke_dasharray="6 4")
            yield words(one.name, WIDTH - RIGHT, at - 5, anchor="end", tone="ink")

    def _lines(self, plane: Plane) -> Iterator[Element]:
        for place, one in enumerate(self.series):
            if len(one.marks) > 1:
                yield polyline([(plane.x.at(it.x), plane.y.at(it.y)) for it in one.marks], place)

    def _marks(self, plane: Plane) -> Iterator[Element]:
        for place, series in enumerate(self.series):
            for one in series.marks:
                yield titled(one.says, *self._mark(plane, place, one))

    def _mark(self, plane: Plane, place: int, one: Mark) -> Iterator[Element]:
        x, y = plane.x.at(one.x), plane.y.at(one.y)
        if one.low is not None and one.high is not None:
            low, high = plane.y.at(one.low), plane.y.at(one.high)
            yield line(x, low, x, high, tone=colour_class(place), stroke_width=1.5)
        if one.edge:
            yield line(x, y - EDGE, x, y + EDGE, tone=colour_class(place), stroke_width=2, stroke_dasharray="3 2")
        if self.best == (one.x, one.y):
            yield _ring(x, y)
        yield mark(place, x, y, filled=one.filled)


def _ring(x: float, y: float) -> Element:
    return element("circle", class_="ink", cx=x, cy=y, r=9, fill="none", stroke="currentColor", stroke_width=1.5)


def _padded(xs: Sequence[float]) -> Scale:
    """A scale that leaves room at both ends."""
    low, high = min(xs), max(xs)
    room = (high - low) * 0.04 or 0.5
    return Scale(low=low - room, high=high + room, begin=LEFT, end=WIDTH - RIGHT)
