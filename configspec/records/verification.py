"""How long the target took to verify, as a row records it."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.records.bounds import LONGEST_S, Count, Seconds, Text, check_estimate
from configspec.theory.figures import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPass:
    """One kind of verification pass over K + 1 tokens, timed on this host."""

    context_tokens: Count
    requests: Count
    seconds: Estimate
    samples_s: tuple[Seconds, ...]

    def __post_init__(self) -> None:
        check_estimate("seconds", self.seconds, most=LONGEST_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How long the target took to verify rounds of this K."""

    clock: Text
    passes: tuple[TimedPass, ...]
