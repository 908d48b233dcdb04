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
FILL = "currentColor"
LABEL_LINE, LABEL_LINES = 14.0, 4  # pixels; labels of neighbours are below one another
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
    """A line through marks, ascending in x, at least one. `line`: one through other points; None: through the marks."""

    name: str
    marks: tuple[Mark, ...]
    line: tuple[tuple[float, float], ...] | None = None

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """What the line goes through."""
        return tuple((one.x, one.y) for one in self.marks) if self.line is None else self.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A value that all else is held against, as a line across."""

    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A shaded part of the plane: what a value may be, from where to where. y None: the whole height."""

    begin: float
    end: float
    low: float | None = None
    high: float | None = None
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line upright where something happened; `label` stands at its top."""

    x: float
    label: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Lines, what they are held against, and the titles of the axes.

    `best` are the x and y of the mark that is ringed. `x_ticks`: where the axis is of whole numbers, or of names.
    """

    series: tuple[Series, ...]
    x_title: str
    y_title: str
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    moments: tuple[Moment, ...] = ()
    best: tuple[float, float] | None = None
    x_ticks: tuple[tuple[float, str], ...] | None = None

    def drawing(self) -> Drawing:
        """The chart."""
        plane = self._plane()
        names = [(place, one.name) for place, one in enumerate(self.series)]
        below, high = legend(names, LEFT, HEIGHT + LINE, WIDTH - LEFT - RIGHT)
        behind = (*self._bands(plane), *plane.elements(), *self._levels(plane), *self._moments(plane))
        elements = (*behind, *self._lines(plane), *self._marks(plane), *below)
        return Drawing(width=WIDTH, height=HEIGHT + LINE + high, elements=elements)

    def _plane(self) -> Plane:
        marks = [one for series in self.series for one in series.marks]
        points = [point for series in self.series for point in series.points]
        bounds = [*((one.low, one.high) for one in marks), *((one.low, one.high) for one in self.bands)]
        ends = [end for both in bounds for end in both if end is not None]
        ys = [*(one.y for one in marks), *(y for _, y in points), *ends, *(one.value for one in self.levels)]
        xs = [*(one.x for one in marks), *(x for x, _ in points), *(x for x, _ in self.x_ticks or ())]
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

    def _bands(self, plane: Plane) -> Iterator[Element]:
        for one in self.bands:
            x, y = plane.x.at(one.begin), TOP if one.high is None else plane.y.at(one.high)
            width = max(plane.x.at(one.end) - x, 1.0)
            bottom = HEIGHT - BELOW if one.low is None else plane.y.at(one.low)
            shade = element("rect", class_="grid", x=x, y=y, width=width, height=max(bottom - y, 1.0), fill=FILL)
            yield titled(one.says, shade) if one.says else shade

    def _moments(self, plane: Plane) -> Iterator[Element]:
        for place, one in enumerate(sorted(self.moments, key=lambda moment: moment.x)):
            at, y = plane.x.at(one.x), TOP + 8 + LABEL_LINE * (place % LABEL_LINES)
            anchor = "end" if at > WIDTH - 160 else None
            upright = line(at, TOP - 4, at, HEIGHT - BELOW, tone="ink", stroke_width=1.5, stroke_dasharray="3 3")
            label = words(one.label, at + (-4 if anchor else 4), y, anchor=anchor, tone="ink")
            yield titled(one.says, upright, label)

    def _lines(self, plane: Plane) -> Iterator[Element]:
        for place, one in enumerate(self.series):
            if len(one.points) > 1:
                yield polyline([(plane.x.at(x), plane.y.at(y)) for x, y in one.points], place)

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
