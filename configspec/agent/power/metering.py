"""The meter of a board: found once, sampled when asked."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import List, Optional, Tuple

from ..protocol import JsonObject, board_error, usage_error
from ..requests.forms import MOST
from ..requests.power import FindMeter
from .meter import BOUNDARIES, Meter, MeterFacts, MeterKind, NoMeterError, Option, ReadingError, did_you_mean
from .registry import METERS
from .sampler import Sampler
from .surroundings import Board, Noted, Surroundings

AUTO = "auto"
REASON_LETTERS = 400


class Metering:
    """At most one meter, and one sampler of it."""

    def __init__(self) -> None:
        self._meter: Optional[Meter] = None
        self._sampler: Optional[Sampler] = None
        self._asked: Optional[FindMeter] = None

    def find(self, asked: FindMeter) -> JsonObject:
        """The meter that is asked for; with what was looked for, and why it was not taken."""
        self.close()
        found, looked_for = find_meter(Board(_root(asked), uses_gpu=asked.uses_gpu), asked)
        self._meter, self._asked = found, asked
        facts = None if found is None else with_boundary(found.facts, asked.boundary).as_json()
        return {"facts": facts, "looked_for": [list(one) for one in looked_for]}

    def start(self) -> JsonObject:
        """Read it from now on."""
        self._stop()
        self._sampler = Sampler(self._need_meter())
        self._sampler.start()
        return {}

    def take(self, *, stop: bool) -> JsonObject:
        """What was read since the last time."""
        sampler = self._sampler
        if sampler is None:
            raise usage_error("the meter is not being read", hint="Start it first.")
        if stop:
            self._stop()
        return sampler.take()

    def record(self) -> JsonObject:
        """What finding and reading the meter once reads of the board, for a recording."""
        asked, kind = self._asked, kind_named(self._need_meter().facts.meter)
        assert asked is not None  # by which the meter was found
        around = Board(_root(asked), uses_gpu=asked.uses_gpu)
        self.close()  # a serial port answers one reader
        noted = Noted(around)
        try:
            values = _read_once(kind, noted, asked.options)
            self._meter = kind.find(around, asked.options)
        except (NoMeterError, ReadingError) as problem:
            raise board_error(f"the meter {kind.name} cannot be recorded", found=str(problem)) from None
        return {**noted.notes.as_json(), "values": values, "boundary": self._meter.facts.boundary}

    def close(self) -> None:
        """Give back what is held."""
        self._stop()
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.close()

    def _stop(self) -> None:
        sampler, self._sampler = self._sampler, None
        if sampler is not None:
            sampler.stop()

    def _need_meter(self) -> Meter:
        if self._meter is None:
            raise usage_error("no meter was found", hint="Find one first.")
        return self._meter


def _read_once(kind: MeterKind, around: Surroundings, options: Mapping[str, object]) -> List[float]:
    """The values of one reading, all of them: a recording says what a meter makes of what it holds."""
    meter = kind.find(around, options)
    try:
        values = list(meter.read().values)
    finally:
        meter.close()
    for place, value in enumerate(values):
        if not math.isfinite(value):
            raise ReadingError(f"{meter.facts.channels[place].name} shows nothing")
    return values


def _root(asked: FindMeter) -> Path:
    return Path(os.path.expanduser(asked.root))


def find_meter(around: Surroundings, asked: FindMeter) -> Tuple[Optional[Meter], List[Tuple[str, str]]]:
    """The meter, and what was looked for before it, each with the reason why it is not that.

    Raises:
        AgentError: There is no such kind, an option is wrong, or the owner has to say the boundary.
    """
    if asked.boundary is not None and asked.boundary not in BOUNDARIES:
        raise usage_error(f"power.boundary is {asked.boundary!r:.40}", hint=did_you_mean(asked.boundary, BOUNDARIES))
    looked_for: List[Tuple[str, str]] = []
    for kind in [one for one in METERS if one.auto] if asked.meter == AUTO else [kind_named(asked.meter)]:
        check_options(kind, asked.options, auto=asked.meter == AUTO)
        if kind.asks_boundary and asked.boundary is None:
            raise usage_error(
                f"power.boundary is missing: only who wired a {kind.name} knows what is behind it",
                hint=f"Say one of {', '.join(BOUNDARIES)}.",
            )
        try:
            return kind.find(around, asked.options), looked_for
        except NoMeterError as problem:
            looked_for.append((kind.name, str(problem)[:REASON_LETTERS]))
    return None, looked_for


def with_boundary(facts: MeterFacts, stated: Optional[str]) -> MeterFacts:
    """The facts with the boundary that the owner states."""
    return facts if stated is None else replace(facts, boundary=stated)


def kind_named(name: str) -> MeterKind:
    """The kind of that name; a usage error where there is none."""
    for kind in METERS:
        if kind.name == name:
            return kind
    raise usage_error(
        f"no power meter is called {name!r:.40}", hint=did_you_mean(name, [AUTO, *(one.name for one in METERS)])
    )


def check_options(kind: MeterKind, options: Mapping[str, object], *, auto: bool = False) -> None:
    """A usage error where an option is not the kind's, is missing, or is of another form."""
    known = {option.name: option for option in kind.options}
    for name, value in options.items():
        if name not in known:
            if auto:
                continue
            raise usage_error(f"power.{name} is no key of the meter {kind.name}", hint=did_you_mean(name, list(known)))
        if not fits(known[name], value):
            found = None if known[name].secret else f"{value!r:.60}"
            raise usage_error(f"power.{name} must be {FORMS[known[name].form]}", found=found)
    for option in kind.options:
        if option.needed and option.name not in options:
            raise usage_error(f"power.{option.name} is missing: {option.means}")


FORMS = {
    "text": "a text",
    "number": "a number, 0 or more",
    "whole": "a whole number, 0 or more",
    "texts": "a list of texts",
    "words": "a command: a text, or a list of words",
}


def fits(option: Option, value: object) -> bool:
    """Whether the value has the option's form."""
    texts = isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, str) and one for one in value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST
    return {
        "text": isinstance(value, str) and bool(value),
        "number": number,
        "whole": number and isinstance(value, int),
        "texts": texts,
        "words": texts or (isinstance(value, str) and bool(value)),
    }[option.form]


def names(kinds: Sequence[MeterKind] = METERS) -> Tuple[str, ...]:
    """All that `power.meter` may say."""
    return (AUTO, *(kind.name for kind in kinds))
