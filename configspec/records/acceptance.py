"""The acceptance of a draft as a row records it: its counts, and what the device said when it repeated some."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.records.asked_prompts import NOT_RECORDED, AskedPrompts, check_asked
from configspec.records.bounds import Count, Expected, Figure, Seconds, Text, check_decoding, check_rate, check_sums
from configspec.records.prompting import NOT_RENDERED, Prompting
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCheck:
    """What the device said when it repeated a few prompts of the acceptance pass."""

    prompts: Count
    positions: Count
    differ: Count
    beyond_ties: Count
    largest_gap: Figure | None
    near_tie: Figure
    context: Count

    def __post_init__(self) -> None:
        if not 0 <= self.beyond_ties <= self.differ <= self.positions:
            counted = f"{self.beyond_ties} beyond ties, {self.differ} that differ, {self.positions} positions"
            raise ValueError(f"each count must hold the one before: {counted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAcceptance:
    """The pooled acceptance rate with its counts, None where only a rate is known, and how they were counted."""

    rate: Estimate
    rounds: Expected | None
    drafted: Expected | None
    accepted: Expected | None
    by_prompt: tuple[tuple[Expected, Expected], ...] = ()
    prompts_sha256: Text | None = None  # of their token ids; of their texts where `prompting` is not known
    prompting: Prompting | None = None
    prompting_reason: Text | None = NOT_RENDERED
    asked: AskedPrompts | None = None
    asked_reason: Text | None = NOT_RECORDED
    decoding: Decoding | None = None
    method: Text
    last_round: Text | None = None
    prompts: Count | None = None
    new_tokens: Count | None = None
    prompt_s: Seconds | None = None  # what the target took to write after one, on average
    check: AgreementCheck | None = None
    check_reason: Text | None = None

    def __post_init__(self) -> None:
        check_rate(self.rate, self.accepted, self.drafted)
        check_sums(self.by_prompt, self.rounds, self.accepted)
        check_asked(self.asked, len(self.by_prompt))
        check_decoding(self.decoding)
