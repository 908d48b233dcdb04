"""Figures against figures: a mark for each pair, and a line through those that matter, or where both are equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from configspec.reporting.markup import Element
from configspec.reporting.pictures.axes import Scale, scale_for
from configspec.reporting.pictures.looks import colour_class
from configspec.reporting.pictures.picture import Drawing
from configspec.reporting.pictures.svg import LINE, Plane, legend, line, mark, polyline, titled, words

WIDTH, HEIGHT = 720.0, 340.0
LEFT, RIGHT, TOP, BELOW = 72.0, 24.0, 20.0, 62.0
WIDE = 20.0  # times: an axis of which more is seen by ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One pair of figures; `series` is the place of its look among the names, `label` stands beside it."""

    x: float
    y: float
    series: int
    filled: bool = True
    label: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterChart:
    """The pairs, at least one. `way`: a line from one to the next; `equal`: a line where x is y."""

    spots: tuple[Spot, ...]
    names: tuple[str, ...]
    x_title: str
    y_title: str
    way: tuple[tuple[float, float], ...] = ()
    equal: bool = False

    def drawing(self) -> Drawing:
        """The chart."""
        plane = self._plane()
        below, high = legend(list(enumerate(self.names)), LEFT, HEIGHT + LINE, WIDTH - LEFT - RIGHT, lines=False)
        elements = (*plane.elements(), *self._lines(plane), *self._spots(plane), *below)
        return Drawing(width=WIDTH, height=HEIGHT + LINE + high, elements=elements)

    def _plane(self) -> Plane:
        xs, ys = [one.x for one in self.spots], [one.y for one in self.spots]
        if self.equal:
            xs = ys = [*xs, *ys]
        return Plane(
            x=_scale(xs, LEFT, WIDTH - RIGHT),
            y=_scale(ys, HEIGHT - BELOW, TOP),
            x_title=self.x_title,
            y_title=self.y_title,
        )

    def _lines(self, plane: Plane) -> Iterator[Element]:
        if self.equal:
            x, y = plane.x, plane.y
            yield line(x.at(x.low), y.at(x.low), x.at(x.high), y.at(x.high), tone="faint", stroke_dasharray="6 4")
        if len(self.way) > 1:
            places = [(plane.x.at(x), plane.y.at(y)) for x, y in self.way]
            yield polyline(places, None)

    def _spots(self, plane: Plane) -> Iterator[Element]:
        # Those that are filled are drawn last: they matter, and are never covered.
        for one in sorted(self.spots, key=lambda spot: spot.filled):
            x, y = plane.x.at(one.x), plane.y.at(one.y)
            yield titled(one.says, mark(one.series, x, y, filled=one.filled))
            if one.label:
                beside = x > WIDTH / 2
                tone = colour_class(one.series)
                yield words(one.label, x + (-8 if beside else 8), y - 6, anchor="end" if beside else None, tone=tone)


def _scale(values: list[float], begin: float, end: float) -> Scale:
    """With room at both ends, so that no mark is on the frame."""
    room = 14.0 if end > begin else -14.0
    by_ratio = min(values) > 0 and min(values) * WIDE < max(values)
    return scale_for(values, begin + room, end - room, by_ratio=by_ratio)
