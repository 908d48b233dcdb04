"""What a row holds of real speculative decoding: measured goodput, beside what the profile predicted of it.

Counts and seconds are of one decoding of the prompts: of each prompt the run whose time is the median of its repeats.
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.records.bounds import (
    ROUNDING,
    Count,
    Difference,
    Expected,
    Figure,
    Goodput,
    RoundSeconds,
    Seconds,
    Text,
    Whole,
    check_cost,
    check_estimate,
    check_goodput,
    check_link,
)
from configspec.theory.figures import Estimate
from configspec.theory.prediction import RoundCost
from configspec.theory.serving.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEnd:
    """One configuration, decoded for real. Goodput counts no seconds of reading the prompts."""

    goodput_tokens_per_s: Goodput
    goodput_by_repeat_tokens_per_s: tuple[Goodput, ...]
    repeats_s: tuple[Seconds, ...]  # seconds of each decoding of all prompts
    predicted_goodput_tokens_per_s: Goodput
    tokens: Count
    rounds: Whole
    drafted: Count
    accepted: Count
    catch_ups: Count
    predicted_rounds: Expected
    predicted_catch_ups: Expected
    drafting_s: Seconds
    link_s: Difference
    verification_s: Seconds
    bookkeeping_s: Difference
    total_s: RoundSeconds
    cost: RoundCost  # what the prediction took a round to cost
    prompts: tuple[Text, ...]
    new_tokens: Count
    rule: Text
    output: Text  # how the text was checked against the target's own
    link: Link | None  # the emulated link, where there is one
    restore_s: Seconds | None = None  # of drafting_s, to go back; None where the draft's memory can be cut
    returns: Count | None = None  # rounds that began so
    predicted_returns: Expected | None = None
    energy_j: Figure | None = None
    energy_reason: Text | None = None
    energy_tokens: Count | None = None  # of all runs, whose joules `energy_j` are
    energy_j_per_token: Estimate | None = None
    predicted_energy_j_per_token: Figure | None = None
    waiting_w: Figure | None = None  # while it waited for the verifier, beside the runs; idle power where nobody knows

    def __post_init__(self) -> None:
        if not 0 <= self.accepted <= self.drafted * (1 + ROUNDING):
            raise ValueError(f"accepted {self.accepted} of {self.drafted} drafted cannot be")
        if self.catch_ups > self.rounds:
            raise ValueError(f"catch_ups is {self.catch_ups}, of {self.rounds} rounds")
        if self.returns is not None and self.returns + self.catch_ups > self.rounds:
            raise ValueError(f"returns is {self.returns} and catch_ups {self.catch_ups}, of {self.rounds} rounds")
        check_cost(self.cost)
        check_link(self.link)
        check_estimate("energy_j_per_token", self.energy_j_per_token, most=1e18)

    def check_goodput(self) -> None:
        """ValueError where what was read is not the goodput of its own tokens and seconds."""
        check_goodput(self.goodput_tokens_per_s, self.tokens, self.total_s)

    @property
    def error(self) -> float:
        """Predicted less measured goodput, as a share of the measured."""
        return self.predicted_goodput_tokens_per_s / self.goodput_tokens_per_s - 1

    @property
    def energy_error(self) -> float | None:
        """Predicted less measured joules a token, as a share of the measured; None where one of them is not known."""
        measured, predicted = self.energy_j_per_token, self.predicted_energy_j_per_token
        return None if measured is None or predicted is None or not measured.value else predicted / measured.value - 1
