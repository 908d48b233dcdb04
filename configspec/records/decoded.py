"""What a row holds of real speculative decoding: measured goodput, beside what the profile predicted of it.

Counts and seconds are of one decoding of the prompts: of each prompt the run whose time is the median of its repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from configspec.theory.prediction import RoundCost
from configspec.theory.serving.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEnd:
    """One configuration, decoded for real. Goodput counts no seconds of reading the prompts."""

    goodput_tokens_per_s: float
    goodput_by_repeat_tokens_per_s: tuple[float, ...]
    repeats_s: tuple[float, ...]  # seconds of each decoding of all prompts
    predicted_goodput_tokens_per_s: float
    tokens: int
    rounds: int
    drafted: int
    accepted: int
    catch_ups: int
    predicted_rounds: float
    predicted_catch_ups: float
    drafting_s: float
    link_s: float
    verification_s: float
    bookkeeping_s: float
    total_s: float
    cost: RoundCost  # what the prediction took a round to cost
    prompts: tuple[str, ...]
    new_tokens: int
    rule: str
    output: str  # how the text was checked against the target's own
    link: Link | None  # the emulated link, where there is one
    energy_j: float | None = None
    energy_reason: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.goodput_tokens_per_s < math.inf or not 0 < self.predicted_goodput_tokens_per_s < math.inf:
            raise ValueError("a goodput is not above 0 and finite")
        if not 0 <= self.accepted <= self.drafted:
            raise ValueError(f"accepted {self.accepted} of {self.drafted} drafted cannot be")
        times_s = (*self.repeats_s, self.drafting_s, self.verification_s, self.total_s)
        if not all(0 <= one < math.inf for one in times_s):
            raise ValueError("a time is negative or not finite")

    @property
    def error(self) -> float:
        """Predicted less measured goodput, as a share of the measured."""
        return self.predicted_goodput_tokens_per_s / self.goodput_tokens_per_s - 1
