"""A figure that the owner states, from a data sheet or from a meter that no program reads: it measures nothing.

https://doi.org/10.59161/JCGM100-2008E, 4.3: a figure that is known from a data sheet, a certificate or an earlier
measurement is evaluated apart from one that was observed. Whatever is made of it is labelled as declared, with its
source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Dict, Optional, final

from ..protocol import usage_error
from .meter import WATTS, Channel, Meter, MeterFacts, MeterKind, Option, Reading
from .surroundings import Surroundings, option_text

PERIOD_S = 1.0  # nothing new ever comes


@final
class DeclaredMeter:
    """A constant."""

    def __init__(self, around: Surroundings, watts: float, facts: MeterFacts) -> None:
        self._around = around
        self._watts = watts
        self.facts = facts

    def read(self) -> Reading:
        """The figure that was stated."""
        return Reading(self._around.now_s(), (self._watts,))

    def close(self) -> None:
        """Nothing is held."""


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The figure, as stated; AgentError where it cannot be one."""
    watts, idle_w = _stated(options, "watts"), _stated(options, "idle_watts")
    source = option_text(options, "source").strip()
    if watts is None:
        raise usage_error("power.watts is missing", hint="Say what the board draws while it drafts.")
    if idle_w is not None and idle_w > watts:
        raise usage_error(f"power.idle_watts is {idle_w:g}, more than power.watts, {watts:g}", hint="Exchange them?")
    if not source:
        raise usage_error("power.source is missing", hint="Say where the figure comes from.")
    sensor: Dict[str, object] = {"source": source} if idle_w is None else {"source": source, "idle_w": idle_w}
    facts = MeterFacts(
        meter="declared",
        shows=WATTS,
        boundary="wall",  # until the owner's word replaces it
        channels=(Channel("declared"),),
        period_s=PERIOD_S,
        sensor=sensor,
    )
    return DeclaredMeter(around, watts, facts)


def _stated(options: Mapping[str, object], name: str) -> Optional[float]:
    """An option's watts; None where it is not given."""
    watts = options.get(name)
    if watts is None:
        return None
    if isinstance(watts, bool) or not isinstance(watts, (int, float)) or not 0 < watts < math.inf:
        raise usage_error(f"power.{name} is {watts!r:.40}", hint="Say watts, more than 0.")
    return float(watts)


KIND = MeterKind(
    name="declared",
    find=find,
    page="https://doi.org/10.59161/JCGM100-2008E",
    options=(
        Option("watts", "What the board draws while it drafts, W", "number", needed=True),
        Option("idle_watts", "What the board draws while it waits, W", "number"),
        Option("source", "Where the figure comes from: a data sheet, or your own measurement", needed=True),
    ),
    asks_boundary=True,
)
