"""The keys of a compact run file, as msgspec reads and writes them, and the tables that a run refers to by place."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from functools import lru_cache
from math import inf
from typing import Generic, Literal, TypeVar

import msgspec

from configspec.histories.columns import Names
from configspec.regression.metrics import Better
from configspec.regression.series import Disturbance, Setup
from configspec.theory.ids import Cell, ConfigurationId, Drafter, Setting

VERSION = 1
KEY = "configspec_run"
Item = TypeVar("Item", bound=Hashable)


class SeriesForm(msgspec.Struct):
    """One metric: `places` of configurations (None: all), and a value and a setup of each."""

    name: str
    unit: str
    better: Better
    floor: float
    places: list[int] | None
    values: list[float]
    setups: list[int]
    disturbed: dict[int, tuple[Disturbance, ...]] = {}
    changed_since_s: dict[int, float] = {}


class CountsForm(msgspec.Struct):
    """What was counted of each of these configurations, prompt by prompt."""

    places: list[int] = []
    setups: list[int] = []
    rounds: list[tuple[int, ...]] = []
    accepted: list[tuple[int, ...]] = []


class ChoiceForm(msgspec.Struct):
    """One choice: places of configurations, and the value of each of `of`; None where it is that of its series."""

    device: str
    family: str
    objective: str
    better: str
    best: int
    tied: list[int]
    of: list[int]
    values: list[float | None]
    low: list[float]
    high: list[float]
    confidence: list[float]
    n: list[int]


class RunForm(msgspec.Struct, rename={"version": KEY}):
    """The whole file."""

    version: Literal[1]
    sha256: str
    figures_sha256: str
    source: str
    at_s: float | None
    night: str
    commit: str | None
    branch: str | None
    release: str | None
    configspec: str | None
    left_out: tuple[str, ...]
    configurations: msgspec.Raw
    facts: msgspec.Raw
    setups: msgspec.Raw
    series: list[SeriesForm]
    counts: msgspec.Raw
    choices: msgspec.Raw


class Places(Generic[Item]):
    """Gives each item its place, equal ones the same."""

    def __init__(self, items: Sequence[Item] = ()) -> None:
        """With these, each of which is there once, in their places."""
        self._places: dict[Item, int] = {item: place for place, item in enumerate(items)}

    def of(self, item: Item) -> int:
        """The place of this one."""
        return self._places.setdefault(item, len(self._places))

    @property
    def items(self) -> tuple[Item, ...]:
        """All of them, in their places."""
        return tuple(self._places)


def raw(value: object) -> msgspec.Raw:
    """A part of the file, for readers that do not ask for it to pass over."""
    return msgspec.Raw(msgspec.json.encode(value))


def names_form(configurations: Iterable[ConfigurationId]) -> msgspec.Raw:
    """Device, family, draft, quantisation, algorithm, K and settings of each."""
    return raw(
        [
            (*(one.device, one.family, one.draft, one.quant, one.drafter.algorithm, one.k), one.cell.settings)
            for one in configurations
        ]
    )


@lru_cache(maxsize=32)
def names_of(form: bytes) -> Names:
    """The same as `Names`; one object where the text is the same. ValueError where they are none."""
    kind = list[tuple[str, str, str, str, str, int, tuple[tuple[str, str], ...]]]
    found = [
        Cell(
            device=device,
            family=family,
            drafter=Drafter(draft=draft, quant=quant, algorithm=algorithm),
            settings=tuple(Setting(*one) for one in settings),
        ).at(k)
        for device, family, draft, quant, algorithm, k, settings in msgspec.json.decode(form, type=kind)
    ]
    if len(set(found)) < len(found) or not all(one.k >= 1 for one in found):
        raise ValueError("a configuration stands twice in it, or has a K below 1")
    return Names(found)


def setup_forms(setups: Sequence[Setup]) -> tuple[msgspec.Raw, msgspec.Raw]:
    """The facts that occur, and each setup as their places."""
    facts = Places[tuple[str, str]]()
    places = [[facts.of(fact) for fact in setup] for setup in setups]
    return raw(facts.items), raw(places)


@lru_cache(maxsize=256)
def setups_of(facts: bytes, setups: bytes) -> tuple[Setup, ...]:
    """The setups; equal ones of several runs are one object where the texts are the same. ValueError: they are none."""
    known = msgspec.json.decode(facts, type=list[tuple[str, str]])
    places = msgspec.json.decode(setups, type=list[list[int]])
    check_places([place for setup in places for place in setup], len(known))
    found = tuple(tuple(known[place] for place in setup) for setup in places)
    if len(set(found)) < len(found):
        raise ValueError("a setup stands twice in it")
    return found


def check_places(places: Collection[int], count: int) -> None:
    """ValueError where one of them leads nowhere."""
    if places and not (min(places) >= 0 and max(places) < count):
        raise ValueError("a place in it leads nowhere")


def check_figures(values: Collection[float]) -> None:
    """ValueError where one of them has no logarithm."""
    if values and not (min(values) > 0 and max(values) < inf):
        raise ValueError("a value in it is not above 0")
