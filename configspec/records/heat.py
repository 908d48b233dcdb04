"""What a row holds of the heat of its board: how it was before and after it was measured, and what was seen meanwhile.

The agent's `board/heat.py` reads it, and `theory/heat.py` judges it. Every value has bounds, within which lies whatever
a board is; `devices/replies/` reads an answer of this kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from msgspec import Meta

from configspec.records.bounds import NAME_LETTERS, Count, Seconds
from configspec.theory.heat import events_between, swapped_pages

MOST_NAMED = 64

Name: TypeAlias = Annotated[str, Meta(max_length=NAME_LETTERS)]
Celsius: TypeAlias = Annotated[float, Meta(ge=-273.15, le=1000.0)]
PiBits: TypeAlias = Annotated[int, Meta(ge=0, lt=2**31)]
Counts: TypeAlias = Annotated[Mapping[Name, Count], Meta(max_length=MOST_NAMED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRange:
    """The limits within which a clock is set, and what it was asked to be just after a fixed loop; None: not shown."""

    min_hz: Count
    max_hz: Count
    now_hz: Count | None


Clocks: TypeAlias = Annotated[Mapping[Name, ClockRange], Meta(max_length=MOST_NAMED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatState:
    """How hot, fast and throttled a board is at `t_s` of its clock. What a mapping lacks, the board does not show.

    `temperature_c`: of its hottest zone, of those of processors where there are any; `zones_c` has each of these by its
    type. `events` and the counts of swapping are since the board began: `core_throttle_count`, `oc1`. `pi_bits`: what
    the firmware of a Raspberry Pi reports, as it does. `cooling`: states of what slows processors down, 0 where it does
    not. `cpu_clocks` are by the numbers of their policies, `0-3`. `loop_s`: of a fixed loop, which a throttle makes
    longer.
    """

    t_s: Seconds
    temperature_c: Celsius | None
    temperature_zone: Name | None
    temperature_reason: Name | None
    zones_c: Annotated[Mapping[Name, Celsius], Meta(max_length=MOST_NAMED)]
    events: Counts
    pi_bits: PiBits | None
    pi_bits_reason: Name | None
    cooling: Counts
    power_mode: Name | None
    power_mode_reason: Name | None
    governor: Name | None
    governor_reason: Name | None
    cpu_clocks: Clocks
    gpu_clocks: Clocks
    swap_in_pages: Count | None
    swap_out_pages: Count | None
    oom_kills: Count | None
    swap_reason: Name | None
    loop_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSeen:
    """What was seen between two states: the highest of so many readings, and the bits of the firmware, 0 to 3."""

    max_c: Celsius | None
    max_readings: Count
    pi_bits_seen: PiBits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Heat around a measurement. `max_c` is of `max_readings`, those of the two states among them."""

    start: HeatState
    end: HeatState
    max_c: Celsius | None
    max_readings: Count
    pi_bits_seen: PiBits | None

    @property
    def events(self) -> Mapping[str, int]:
        """Events of throttling between the two states, of each kind that both count."""
        return events_between(self.start, self.end)

    @property
    def swapped_pages(self) -> int | None:
        """Pages that went to and from the disk between them; None where the kernel does not count them."""
        return swapped_pages(self.start, self.end)


def heat_between(start: HeatState, end: HeatState, seen: HeatSeen | None) -> Heat:
    """The heat from one state to the other; `seen` None: nobody looked meanwhile."""
    edges_c = [state.temperature_c for state in (start, end) if state.temperature_c is not None]
    seen_c = [seen.max_c] if seen is not None and seen.max_c is not None else []
    return Heat(
        start=start,
        end=end,
        max_c=max([*edges_c, *seen_c], default=None),
        max_readings=len(edges_c) + (seen.max_readings if seen is not None else 0),
        pi_bits_seen=None if seen is None else seen.pi_bits_seen,
    )
