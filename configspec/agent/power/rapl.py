"""RAPL: the energy counters of x86 processors, as the kernel's power capping framework shows them.

https://docs.kernel.org/power/powercap/powercap.html: below /sys/class/powercap each zone intel-rapl:N has a `name`, a
counter `energy_uj` in µJ, and `max_energy_range_uj` in µJ, after which it begins again at 0. Processors of AMD have the
same. A package-N contains its subzones intel-rapl:N:M; psys contains the packages and, on most boards, the rest of
the board; intel-rapl-mmio repeats the packages. One level of these is counted.

Since CVE-2020-8694 the counter is for root alone: https://www.intel.com/content/www/us/en/developer/articles/technical/software-security-guidance/advisory-guidance/running-average-power-limit-energy-reporting.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple, final

from ..protocol import usage_error
from .channels.kernel_files import named_rails, reason
from .meter import (
    JOULES,
    Channel,
    Meter,
    MeterFacts,
    MeterKind,
    NoMeterError,
    Option,
    Reading,
    ReadingError,
    chosen_channels,
)
from .surroundings import Surroundings, optional_text, optional_whole, whole

ZONE = re.compile(r"intel-rapl:([0-9]+)")
PACKAGE = re.compile(r"package-[0-9]+(-die-[0-9]+)?")
BOARD = "psys"
PERIOD_S = 0.001  # the processor counts every ms
ROOT_ONLY = (
    "energy_uj is for root alone: who reads it can learn what other programs compute, keys included "
    "(CVE-2020-8694). To grant it, on a board without strangers, until it restarts: "
    "sudo chmod a+r /sys/class/powercap/intel-rapl:*/*_uj"
)


@dataclass(frozen=True)
class Zone:
    """One counter; `range_j` is None where nobody says when it begins again."""

    name: str
    counter: Path
    range_j: Optional[float]


@final
class Rapl:
    """The counters of one level."""

    def __init__(self, around: Surroundings, zones: Sequence[Zone], facts: MeterFacts) -> None:
        self._around = around
        self._zones = zones
        self.facts = facts

    def read(self) -> Reading:
        """What each counter shows."""
        begin_s = self._around.now_s()
        values = tuple(self._joules(zone) for zone in self._zones)
        return Reading((begin_s + self._around.now_s()) / 2, values)

    def close(self) -> None:
        """Nothing is held."""

    def _joules(self, zone: Zone) -> float:
        try:
            return joules(self._around.text(zone.counter), zone.range_j)
        except (OSError, ValueError) as problem:
            raise ReadingError(f"{zone.name}: {reason(problem)}") from None


def joules(text: str, range_j: Optional[float]) -> float:
    """What a counter shows; ValueError where that is no energy."""
    value_j = whole(text) / 1e6  # from µJ
    if value_j < 0 or (range_j is not None and value_j > range_j):
        raise ValueError(f"{value_j:g} J is beyond the counter's range")
    return value_j


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The packages together, or what `rails` names of them, or psys alone.

    Raises:
        NoMeterError: There is no counter, or it may not be read.
        AgentError: `rails` names a zone that is not there, or psys with others.
    """
    zones = _zones(around)
    if not zones:
        raise NoMeterError("no zone intel-rapl:N: not an x86 processor, a virtual machine, or no module intel_rapl_msr")
    channels = _channels(zones, options)
    added = [zones[place] for place, channel in enumerate(channels) if channel.adds]
    if not added:
        raise NoMeterError(f"RAPL has no package here; power.rails could name {', '.join(zone.name for zone in zones)}")
    for zone in added:
        _check(around, zone)
    range_j = added[0].range_j
    if any(zone.range_j != range_j for zone in added):
        raise NoMeterError("the packages' counters have different ranges; power.rails could name one of them")
    kept = [place for place, zone in enumerate(zones) if channels[place].adds or _also(around, zone, range_j)]
    facts = MeterFacts(
        meter="rapl",
        shows=JOULES,
        boundary="board" if added[0].name == BOARD else "rail",
        channels=tuple(channels[place] for place in kept),
        period_s=PERIOD_S,
        range_j=range_j,
    )
    return Rapl(around, [zones[place] for place in kept], facts)


def _zones(around: Surroundings) -> List[Zone]:
    """The zones of the upper level, in the order of their numbers."""
    found: List[Tuple[int, Zone]] = []
    for folder in around.root.glob("sys/class/powercap/intel-rapl:*"):
        number, name = ZONE.fullmatch(folder.name), optional_text(around, folder / "name")
        if number and name:
            range_uj = optional_whole(around, folder / "max_energy_range_uj")
            range_j = range_uj / 1e6 if range_uj is not None and range_uj > 0 else None
            found.append((int(number.group(1)), Zone(name, folder / "energy_uj", range_j)))
    return [zone for _, zone in sorted(found, key=lambda one: one[0])]


def _channels(zones: Sequence[Zone], options: Mapping[str, object]) -> Tuple[Channel, ...]:
    asked = named_rails(options)
    if BOARD in asked and set(asked) != {BOARD}:
        raise usage_error(f"power.rails: {BOARD} contains the packages", hint=f"Name {BOARD}, or packages, not both.")
    return chosen_channels("rapl", asked, [Channel(zone.name, bool(PACKAGE.fullmatch(zone.name))) for zone in zones])


def _check(around: Surroundings, zone: Zone) -> None:
    """NoMeterError where the counter cannot be read."""
    try:
        joules(around.text(zone.counter), zone.range_j)
    except PermissionError:
        raise NoMeterError(ROOT_ONLY) from None
    except (OSError, ValueError) as problem:
        raise NoMeterError(f"{zone.name}: {reason(problem)}") from None


def _also(around: Surroundings, zone: Zone, range_j: Optional[float]) -> bool:
    """Whether a counter that is no part of the sum can be kept beside it: facts have one range for all."""
    try:
        joules(around.text(zone.counter), zone.range_j)
    except (OSError, ValueError):
        return False
    return zone.range_j == range_j


KIND = MeterKind(
    name="rapl",
    find=find,
    page="https://docs.kernel.org/power/powercap/powercap.html",
    options=(Option("rails", "The zones to add up: packages, or psys alone; default: all packages", "texts"),),
    auto=True,
)
