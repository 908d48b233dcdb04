"""What a picture is: its words, its drawing, and the table of the same figures. Every kind of picture is one file.

A picture is a value: the same figures give the same drawing, sign for sign, so that golden files can test it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from configspec.reporting.document import Table
from configspec.reporting.markup import Element
from configspec.reporting.pictures.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Elements of SVG on a plane of so many pixels, the origin at the top left."""

    width: float
    height: float
    elements: tuple[Element, ...]


class Chart(Protocol):
    """What is drawn, as figures; drawing it is put off until somebody wants it."""

    def drawing(self) -> Drawing:
        """The drawing, always the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture.

    Attributes:
        kind: Which one, by its name in the registry.
        subject: What it is of: `rpi5, llama-3.1-70b`.
        title: What heads it.
        words: What it shows and how it is read, a sentence each.
        chart: The picture itself.
        table: The figures that are drawn, in the order in which they are read.
    """

    kind: str
    subject: str
    title: str
    words: tuple[str, ...]
    chart: Chart
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPicture:
    """Why there is no picture of something."""

    kind: str
    subject: str
    why: str


Drawn: TypeAlias = Picture | NoPicture
Sketch: TypeAlias = Callable[[], Drawn]  # draws it: a page without room for it counts it, and never does


class Kind(Protocol):
    """One kind of picture."""

    @property
    def name(self) -> str:
        """As `configspec plot` has it."""

    @property
    def purpose(self) -> str:
        """What it shows, in a line."""

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """Every picture of this kind, the most telling first; where there is none, why."""


def pictures_of(kind: Kind, material: Material) -> Iterator[Drawn]:
    """All of them, drawn."""
    for one in kind.sketches(material):
        yield one if isinstance(one, NoPicture) else one()
