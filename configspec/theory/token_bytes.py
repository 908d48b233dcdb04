"""How long a device takes for a token of a model that it never drafted with, from those that it did.

    t       seconds a token takes
    bytes   of the model's weights, all of which a token reads once
    t0      seconds that a token costs besides
    b       effective bandwidth, bytes a second

    t = t0 + bytes / b

Fitted by least squares of relative differences, with t0 of 0 or more. Of the profile that is derived from arXiv
2604.09722 the Orin's 1B and 8B (0.81 and 4.92 GB) give 142 GB/s and 5.2 ms; the Pi 5's give a negative t0, so there it
is 0: reading is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCost:
    """t0 and 1 / b, both 0 or more."""

    overhead_s: float
    s_per_byte: float

    @property
    def bytes_per_s(self) -> float:
        """The effective bandwidth; infinite where size makes no difference."""
        return 1 / self.s_per_byte if self.s_per_byte > 0 else float("inf")

    def token_s(self, weights_bytes: float) -> float:
        """Seconds for a token of a model of that size."""
        return self.overhead_s + self.s_per_byte * weights_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenErrors:
    """The largest of `count` errors of leaving one model out: by what share the longer time is more; 0 or more."""

    error: float
    count: int


def fit_tokens(known: Sequence[tuple[float, float]]) -> TokenCost:
    """From (bytes, seconds a token) of at least one model, all above 0; from one, or of one size, with t0 = 0."""
    sizes, times = (np.array(each, dtype=np.float64) for each in zip(*known, strict=True))
    largest = float(sizes.max())
    # Of t0 and of the largest model: each row gives 1.
    relative = np.stack([1 / times, sizes / largest / times], axis=1)
    if sizes.min() < largest:
        (overhead_s, reading_s), *_ = np.linalg.lstsq(relative, np.ones(len(times)))
        if overhead_s >= 0 and reading_s >= 0:
            return TokenCost(overhead_s=float(overhead_s), s_per_byte=float(reading_s) / largest)
    alone = relative[:, 1]
    return TokenCost(overhead_s=0.0, s_per_byte=float(alone.sum() / (alone @ alone)) / largest)


def tokens_left_out(known: Sequence[tuple[float, float]]) -> TokenErrors:
    """Of leaving each of at least two models out."""
    errors = []
    for place, (size, seconds) in enumerate(known):
        others = [*known[:place], *known[place + 1 :]]
        found_s = fit_tokens(others).token_s(size)
        errors.append(max(found_s, seconds) / min(found_s, seconds) - 1)
    return TokenErrors(error=max(errors), count=len(errors))
