"""How series are told apart: each has a colour, a shape and a dash, so that none of them is needed alone.

Every colour has a contrast of 4.5 or more against its background, in the light and in the dark (WCAG 2.2, 1.4.3 and
1.4.11); a test computes it. A drawing names classes only, so one drawing serves both.
"""

from __future__ import annotations

from collections.abc import Mapping

LOOKS = 8  # series that look different
LIGHT: Mapping[str, str] = {
    "s0": "#0b5cad",
    "s1": "#b03a00",
    "s2": "#11702f",
    "s3": "#84359b",
    "s4": "#6d5400",
    "s5": "#a8185f",
    "s6": "#00696f",
    "s7": "#4d4d4d",
    "ink": "#1a1a1a",
    "faint": "#5f5f5f",
    "grid": "#d9d9d9",
    "paper": "#ffffff",
}
DARK: Mapping[str, str] = {
    "s0": "#6cb6ff",
    "s1": "#ff9b62",
    "s2": "#62d08c",
    "s3": "#d59cf0",
    "s4": "#e0be4a",
    "s5": "#ff8abf",
    "s6": "#4fd2da",
    "s7": "#bdbdbd",
    "ink": "#ededed",
    "faint": "#a8a8a8",
    "grid": "#3a3a3a",
    "paper": "#161616",
}
DASHES = (None, "7 3", "2 3", "9 3 2 3", "5 5", "12 4", "1 5", "9 3 2 3 2 3")
SHAPES = ("circle", "square", "triangle", "diamond", "down", "plus", "left", "right")


def colour_class(place: int) -> str:
    """The class of the series at this place; after the last one they begin again."""
    return f"s{place % LOOKS}"


def dash(place: int) -> str | None:
    """How its line is broken; None: it is not."""
    return DASHES[place % LOOKS]


def shape(place: int) -> str:
    """The shape of its marks."""
    return SHAPES[place % LOOKS]


def colour_rules(colours: Mapping[str, str]) -> str:
    """The style of these classes: what is drawn with `currentColor` has their colour."""
    paper = colours["paper"]
    return "".join(f".{name}{{color:{value}}}" for name, value in colours.items()) + f".hollow{{fill:{paper}}}"
