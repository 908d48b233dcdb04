"""What a power meter is: how it is found, what it says of itself, and how it is read.

One file beside this one is one kind of meter; `registry.py` lists them. To add one: that file, a line there, and a
recording of one in `fixtures/recordings/power/`.

    t_s       when a value was read, on the clock of the surroundings: the board's monotonic one
    watts     what a meter of power shows, a value a channel
    joules    what a counter shows, since a moment that nobody knows, a value a channel

Units become watts and joules in the file of the meter, on the line that reads them. What cannot be read is an error
with its reason, and never 0.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Dict, Optional, Protocol, Tuple

from ..protocol import JsonObject, usage_error
from .surroundings import Surroundings

BOUNDARIES = ("rail", "module", "board", "usb-input", "wall")  # what is inside a figure, from little to all
WATTS, JOULES = "watts", "joules"


class NoMeterError(Exception):
    """The board has no such meter, or it cannot be read: the reason, in words for a table."""


class ReadingError(Exception):
    """One reading failed: the reason. The next one may succeed."""


@dataclass(frozen=True)
class Channel:
    """One figure that a meter shows. Those that do not `add` are kept, and are no part of the sum."""

    name: str
    adds: bool = True


@dataclass(frozen=True)
class Reading:
    """A value of each channel, in the order of the meter's channels; NaN where one channel failed.

    `stamp` is the service's own time of the value, where it tells one: an old value in a new answer shows by it.
    """

    t_s: float
    values: Tuple[float, ...]
    stamp: Optional[str] = None


@dataclass(frozen=True)
class MeterFacts:
    """What a meter says of itself.

    Attributes:
        meter: Its kind, as `power.meter` names it.
        shows: "watts", or "joules" where it is a counter.
        boundary: What is inside its figure, one of `BOUNDARIES`.
        channels: In the order of the values of a reading.
        period_s: How often a new value appears.
        lag_s: The time constant of its averaging, seconds; 0 where it has none.
        step: The smallest difference of the sum that it shows, in W or J; 0 where that is not known.
        range_j: A counter begins again at 0 there; None where it does not, or nobody says.
        supply_w: What the supply can give at most, where that is known: more is no reading.
        waits: `read` itself waits for the next value.
        sensor: What tells it apart and how it is set: names and numbers, no address of a network, no secret.

    """

    meter: str
    shows: str
    boundary: str
    channels: Tuple[Channel, ...]
    period_s: float
    lag_s: float = 0.0
    step: float = 0.0
    range_j: Optional[float] = None
    supply_w: Optional[float] = None
    sensor: Optional[Dict[str, object]] = None
    waits: bool = False

    def as_json(self) -> JsonObject:
        """As an answer has it."""
        return {
            "meter": self.meter,
            "shows": self.shows,
            "boundary": self.boundary,
            "channels": [channel.name for channel in self.channels],
            "adds": [channel.adds for channel in self.channels],
            "period_s": self.period_s,
            "lag_s": self.lag_s,
            "step": self.step,
            "range_j": self.range_j,
            "supply_w": self.supply_w,
            "sensor": self.sensor or {},
        }


class Meter(Protocol):
    """A meter that was found, and can be read."""

    @property
    def facts(self) -> MeterFacts:
        """What it says of itself."""

    def read(self) -> Reading:
        """The present value; ReadingError where there is none."""

    def close(self) -> None:
        """Give back what it holds: a process, a port."""


@dataclass(frozen=True)
class Option:
    """A key of `power` in devices.yaml that belongs to a kind of meter.

    `form`: "text", "number" (0 or more), "whole" (0 or more), "texts" (a list), "words" (a command, as a list or one
    text). A `secret` is taken from an environment variable of the host, `${NAME}`, and is kept nowhere.
    """

    name: str
    means: str
    form: str = "text"
    needed: bool = False
    secret: bool = False


@dataclass(frozen=True)
class MeterKind:
    """One kind of meter.

    Attributes:
        name: As `power.meter` has it.
        find: Finds one with the options that were given, or raises NoMeterError; `AgentError` where an option is wrong.
        page: The document that its facts come from.
        options: The keys of `power` that are its own.
        boundary: What its figure always holds; None where `find` tells by what it finds, or the owner has to say.
        asks_boundary: The owner has to say `power.boundary`: only who wired the meter knows it.
        on_network: A host may read it where the board cannot.
        auto: `power.meter: auto` looks for it.

    """

    name: str
    find: Callable[[Surroundings, Mapping[str, object]], Meter]
    page: str
    options: Tuple[Option, ...] = ()
    boundary: Optional[str] = None
    asks_boundary: bool = False
    on_network: bool = False
    auto: bool = False


def did_you_mean(found: str, known: Sequence[str]) -> str:
    """A hint: the name that was meant, if any is near, and all that there are."""
    near = difflib.get_close_matches(found, known, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    return f"{meant}There are: {', '.join(known) or 'none'}."


def chosen_channels(meter: str, asked: Sequence[str], found: Sequence[Channel]) -> Tuple[Channel, ...]:
    """The channels, of which those that `power.rails` names add up; as they were found where it names none.

    Raises:
        AgentError: One that is named is not there.
    """
    names = [channel.name for channel in found]
    for name in asked:
        if name not in names:
            raise usage_error(f"power.rails: {meter} has no rail {name!r}", hint=did_you_mean(name, names))
    return tuple(Channel(one.name, one.name in asked) for one in found) if asked else tuple(found)
