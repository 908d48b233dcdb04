"""The few elements that pictures are made of: marks, lines, words, axes, a legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from configspec.printable import printable
from configspec.reporting.markup import Element, Node, coordinate, element
from configspec.reporting.pictures.axes import Scale, tick_words
from configspec.reporting.pictures.looks import colour_class, dash, shape

MARK = 4.5  # half the size of a mark, pixels
# Widths of letters, pixels, in the size that is used; a little more than fonts without serifs have.
NARROW, USUAL, CAPITAL, WIDE, OTHER = 4.2, 7.2, 8.8, 11.2, 12.5
CUT = "..."
LINE = 17  # from one line of words to the next
LABEL = 230.0  # pixels of a name in a picture; the table has it whole
HOLLOW = "hollow"  # the class of a mark that is filled with the background
NAMESPACE = "http://www.w3.org/2000/svg"
FONT = "system-ui, sans-serif"


def short(name: str, room: float = LABEL) -> str:
    """A name as it fits into so many pixels."""
    shown = printable(name)
    if width_of(shown) <= room:
        return shown
    left, kept = room - width_of(CUT), 0
    while kept < len(shown) and (left := left - _letter(shown[kept])) >= 0:
        kept += 1
    while kept and width_of(shown[:kept] + CUT) > room:  # the same letters in another order of sums
        kept -= 1
    return shown[:kept] + CUT


def width_of(text: str) -> float:
    """How wide a line of words is at most, pixels, as far as can be said without a font."""
    return sum(map(_letter, text))


def _letter(sign: str) -> float:
    if sign in " .,:;'|!()[]ijlftr-/":
        return NARROW
    if sign in "mwMW@%":
        return WIDE
    return (CAPITAL if sign.isupper() else USUAL) if sign.isascii() else OTHER


def words(
    text: str, x: float, y: float, *, anchor: str | None = None, tone: str = "ink", turn: bool = False
) -> Element:
    """A line of words, its base line at `y`."""
    turned = f"rotate(-90 {coordinate(x)} {coordinate(y)})" if turn else None
    return element("text", text, class_=tone, x=x, y=y, fill="currentColor", text_anchor=anchor, transform=turned)


def titled(tag_title: str, *children: Node, class_: str | None = None) -> Element:
    """Elements with what a pointer that rests on them is told."""
    return element("g", element("title", tag_title), *children, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, tone: str | None = None, **more: str | float | None) -> Element:
    """A straight line."""
    return element("line", class_=tone, x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", **more)


def polyline(points: Sequence[tuple[float, float]], place: int | None, *, width: float = 2) -> Element:
    """The line of the series at this place; None: of no series."""
    way = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return element(
        "path",
        class_="faint" if place is None else colour_class(place),
        d=f"M{way}",
        fill="none",
        stroke="currentColor",
        stroke_width=width,
        stroke_dasharray=None if place is None else dash(place),
    )


def mark(place: int, x: float, y: float, *, filled: bool = True, size: float = MARK) -> Element:
    """The mark of the series at this place; one that is not filled shows the background."""
    outline = _outline(shape(place), x, y, size)
    if filled:
        return element("path", class_=colour_class(place), d=outline, fill="currentColor")
    return element("path", class_=f"{colour_class(place)} {HOLLOW}", d=outline, stroke="currentColor", stroke_width=1.5)


def _outline(name: str, x: float, y: float, r: float) -> str:
    at, half, whole = f"{coordinate(x)} {coordinate(y)}", coordinate(r), coordinate(2 * r)
    match name:
        case "circle":
            return f"M{at}m-{half} 0a{half} {half} 0 1 0 {whole} 0a{half} {half} 0 1 0 -{whole} 0z"
        case "square":
            return f"M{at}m-{half} -{half}h{whole}v{whole}h-{whole}z"
        case "triangle":
            return f"M{at}m0 -{half}l{half} {whole}h-{whole}z"
        case "down":
            return f"M{at}m0 {half}l{half} -{whole}h-{whole}z"
        case "left":
            return f"M{at}m-{half} 0l{whole} -{half}v{whole}z"
        case "right":
            return f"M{at}m{half} 0l-{whole} -{half}v{whole}z"
        case "diamond":
            return f"M{at}m0 -{half}l{half} {half}l-{half} {half}l-{half} -{half}z"
        case _:  # plus
            arm, side = coordinate(r * 0.62), coordinate(r * 0.76)
            return (
                f"M{at}m-{coordinate(r * 0.38)} -{half}h{side}v{arm}h{arm}v{side}h-{arm}v{arm}h-{side}v-{arm}h-{arm}"
                f"v-{side}h{arm}z"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Two axes with their titles."""

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    x_ticks: Sequence[tuple[float, str]] | None = None  # None: the scale's own

    def elements(self) -> Iterator[Element]:
        """The grid, the ticks with their values, the titles."""
        left, right, top, bottom = self.x.begin, self.x.end, self.y.end, self.y.begin
        for value in self.y.ticks:
            at = self.y.at(value)
            yield line(left, at, right, at, tone="grid")
            yield words(tick_words(value), left - 8, at + 4, anchor="end", tone="faint")
        ticks = [(one, tick_words(one)) for one in self.x.ticks] if self.x_ticks is None else self.x_ticks
        for value, text in ticks:
            at = self.x.at(value)
            yield line(at, bottom, at, bottom + 5, tone="faint")
            yield words(text, at, bottom + 19, anchor="middle", tone="faint")
        yield line(left, bottom, right, bottom, tone="faint")
        yield words(self.x_title, (left + right) / 2, bottom + 38, anchor="middle")
        yield words(self.y_title, 14, (top + bottom) / 2, anchor="middle", turn=True)


def legend(
    names: Sequence[tuple[int, str]], left: float, top: float, width: float, *, lines: bool = True
) -> tuple[tuple[Element, ...], float]:
    """What the series at each place is called, in as many columns as there is room for; and how high that is.

    `lines`: whether the series have lines, and not only marks.
    """
    longest = max((width_of(short(name)) for _, name in names), default=0.0)
    columns = max(1, int(width // (longest + 48)))
    elements = []
    for number, (place, name) in enumerate(names):
        x = left + (number % columns) * (width / columns)
        y = top + (number // columns) * LINE
        elements += [
            *([polyline([(x, y - 4), (x + 26, y - 4)], place)] if lines else []),
            mark(place, x + 13, y - 4),
            words(short(name), x + 33, y),
        ]
    return tuple(elements), LINE * -(-len(names) // columns)
