"""What a row holds of the power of its device: the meter, what it showed in each pass, and what follows.

Rows of one cell share their readings: a device draws the same power whatever K the rounds are cut into. `theory/power/`
has the arithmetic; the readings themselves are in the side file `power` of the row's samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from configspec.records.bounds import (
    MOST_TOKENS_PER_S,
    MOST_WATTS,
    Count,
    Figure,
    Seconds,
    Speculative,
    Text,
    check_estimate,
    check_watts,
    check_within,
)
from configspec.records.meter import LookedFor, MeterFacts
from configspec.theory.figures import Estimate, Provenance

NO_METER = "devices.yaml declares no power meter for this device"
MOST_PASSES = 100
MOST_LOOKED_FOR = 100
Method: TypeAlias = Literal["trapezoid", "counter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPass:
    """One pass: the device drafted rounds of `k` for `window_s` without a pause, and the meter was read meanwhile.

    `watts`: the mean in the window, None with `reason`. `counted`: it is part of the row's figure. Energy is gross;
    `energy_above_idle_j` is less what the device draws idle, its model loaded. `settle_s` of drafting came before the
    window. `tokens_per_s`: how fast it drafted in the window, beside the timed rounds. `doubts`: what the reader
    should know, as a code with its numbers.
    """

    began: Text  # this host's date
    counted: bool
    reason: Text | None
    watts: Estimate | None
    energy_j: Figure | None
    energy_above_idle_j: Figure | None
    max_w: Figure | None
    idle_before_w: Figure | None
    idle_after_w: Figure | None
    window_s: Seconds
    settle_s: Seconds
    k: Speculative
    rounds: Count
    tokens: Count
    tokens_per_s: Figure
    method: Method
    readings: Count
    distinct: Count
    failed: Count
    achieved_hz: Figure | None
    max_gap_s: Figure | None
    clock_uncertainty_s: Seconds
    sampler_cpu_s: Seconds
    doubts: tuple[tuple[Text, Mapping[Text, float | Text]], ...] = ()

    def __post_init__(self) -> None:
        check_watts(self.watts)
        check_within(tokens_per_s=(self.tokens_per_s, 0, MOST_TOKENS_PER_S))
        if self.counted and self.watts is None:
            raise ValueError("a pass that counts has watts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Mean power while drafting, or why it is not known; `idle_w` is that of a device that waits, its model loaded.

    `asked`: what `devices.yaml` declared, in a line; None where it declared nothing. `provenance`: where the figure
    comes from. `looked_for`: meters that were not there, each with why. Recorded figures name no meter.
    """

    watts: Estimate | None
    reason: Text | None
    idle_w: Estimate | None = None
    idle_reason: Text | None = None
    provenance: Provenance | None = None
    declared_words: Text | None = None  # of a declared figure: where the owner has it from
    boundary: Text | None = None
    meter: MeterFacts | None = None
    clock: Text | None = None
    asked: Text | None = None
    looked_for: tuple[LookedFor, ...] = ()
    passes: tuple[PowerPass, ...] = ()

    def __post_init__(self) -> None:
        check_watts(self.watts)
        check_estimate("idle_w", self.idle_w, most=MOST_WATTS)
        if len(self.passes) > MOST_PASSES or len(self.looked_for) > MOST_LOOKED_FOR:
            raise ValueError(f"{len(self.passes)} passes and {len(self.looked_for)} meters are more than there can be")

    @property
    def kind(self) -> str:
        """What must agree for two powers to compare: boundary, meter, and whether it was measured."""
        parts = (self.boundary, None if self.meter is None else self.meter.meter, self.provenance)
        return ", ".join(part for part in parts if part)
