"""What a row holds of how fast the device evaluates a prompt: all of it at once, where drafting is a token at a time.

It is of the cell, the same at every K.

    tokens_per_s    tokens / the median of samples_s; its bounds change places with those of the seconds
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from configspec.records.bounds import AGREEMENT, LONGEST_S, MOST_TOKENS_PER_S, RoundSeconds, Whole, check_estimate
from configspec.theory.figures import Estimate

NOT_RECORDED = "recorded before configspec timed prompts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """`tokens`: how many were evaluated each time; None where only a speed is known. `samples_s`: of each time."""

    tokens_per_s: Estimate
    tokens: Whole | None = None
    samples_s: tuple[RoundSeconds, ...] = ()

    def __post_init__(self) -> None:
        check_estimate("tokens_per_s", self.tokens_per_s, least=1 / LONGEST_S, most=MOST_TOKENS_PER_S)
        if not self.samples_s:
            return
        if self.tokens is None:
            raise ValueError("samples_s is of prompts, and tokens does not say how long they were")
        found = self.tokens / statistics.median(self.samples_s)
        if not math.isclose(found, self.tokens_per_s.value, rel_tol=AGREEMENT):
            raise ValueError(f"tokens_per_s is {self.tokens_per_s.value:g}, and its tokens and samples make {found:g}")
