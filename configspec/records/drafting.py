"""How long drafting took, as a row records it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configspec.records.bounds import (
    LONGEST_S,
    MOST_TOKENS_PER_S,
    SHORTEST_S,
    Count,
    RoundSeconds,
    Seconds,
    Text,
    check_estimate,
    check_median,
)
from configspec.records.going_back import NO_REASON, GoingBack
from configspec.records.passes import NOT_RECORDED as NO_PASSES
from configspec.records.passes import RecordedPass, check_passes
from configspec.records.prefill import NOT_RECORDED as NO_PREFILL
from configspec.records.prefill import Prefill
from configspec.theory.figures import Estimate

Method = Literal["shared rounds", "separate rounds", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """How long drafting took.

    `method`: the first K tokens of rounds of the largest K ("shared rounds"), rounds of this K ("separate rounds"), or
    looked up in a profile file ("replay").
    """

    tokens_per_s: Estimate
    round_s: Estimate
    round_samples_s: tuple[RoundSeconds, ...] = ()
    method: Method
    clock: Text
    timed_k: Count | None = None  # the K of the rounds that were timed
    depth_tokens: Count | None = None
    rounds: Count | None = None
    rounds_asked: Count | None = None
    warmup_rounds: Count | None = None
    seconds_allowed: Seconds | None = None
    going_back: GoingBack | None = None  # where the draft's memory cannot be cut
    going_back_reason: Text | None = NO_REASON
    passes: tuple[RecordedPass, ...] | None = None  # over the cell; `round_samples_s` has those that count
    passes_reason: Text | None = NO_PASSES
    prefill: Prefill | None = None  # how fast the device evaluates a prompt, the same at every K
    prefill_reason: Text | None = NO_PREFILL

    def __post_init__(self) -> None:
        check_estimate("tokens_per_s", self.tokens_per_s, most=MOST_TOKENS_PER_S)
        check_estimate("round_s", self.round_s, least=SHORTEST_S, most=LONGEST_S)
        check_median("round_s", self.round_s, self.round_samples_s)
        check_passes(self.passes, self.round_samples_s)
        timed = len(self.round_samples_s)
        if timed and self.rounds is not None and self.rounds != timed:
            raise ValueError(f"rounds is {self.rounds}, and {timed} samples are of a round each")
