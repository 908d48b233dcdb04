"""What a row holds of the power meter: which it is, what its figure holds, and how it is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from configspec.records.bounds import LONGEST_S, MOST_WATTS, Figure, Text, check_within

MOST_CHANNELS = 64
MOST_FACTS = 100
Boundary: TypeAlias = Literal["rail", "module", "board", "usb-input", "wall"]
Shows: TypeAlias = Literal["watts", "joules"]
Fact: TypeAlias = bool | int | Figure | Text | None
Period: TypeAlias = Annotated[float, Meta(ge=0.0, le=LONGEST_S)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFacts:
    """A meter, as whoever reads it says. `agent/power/meter.py` has what each field means.

    `channels` are in the order of the values of a reading, and `adds` says of each whether it is part of the sum.
    """

    meter: Text
    shows: Shows
    boundary: Boundary
    channels: tuple[Text, ...]
    adds: tuple[bool, ...]
    period_s: Period
    lag_s: Period
    step: Figure
    range_j: Figure | None
    supply_w: Figure | None
    sensor: Mapping[Text, Fact | tuple[Fact, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.channels) <= MOST_CHANNELS or len(self.adds) != len(self.channels) or not any(self.adds):
            raise ValueError(
                f"{len(self.channels)} channels, of which {sum(self.adds)} add up; 1 to {MOST_CHANNELS} do"
            )
        if len(self.sensor) > MOST_FACTS:
            raise ValueError(f"sensor has {len(self.sensor)} facts; at most {MOST_FACTS} can be")
        if self.range_j == 0:
            raise ValueError("range_j is 0; a counter begins again above that, or nobody says where")
        check_within(
            step=(self.step, 0, 1e18), range_j=(self.range_j, 0, 1e18), supply_w=(self.supply_w, 0, MOST_WATTS)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedFor:
    """A meter that was looked for, and why it was not taken."""

    meter: Text
    reason: Text
