"""Which configurations are shown to be worse than the best: one by one, and all of them at once.

    b        the best by points: the luckiest of those that are near it
    m[i]     by how much i is behind b in each paired draw; its mean and its spread, sd[i]
    share    of the draws in which i is behind
    c        how many spreads the luckiest of all contenders gains on b by chance alone

i is shown worse where both hold:

    share[i] >= (1 + confidence) / 2       the interval of the difference is above 0: enough where there are two
    mean[i] > c * s[i]                     what the best of many owes to luck is less than that

c is the `confidence` quantile over the draws of max over i of (mean[i] - m[i]) / sd[i], at least the normal one. Then
the set of those that are not shown worse holds the true best with that confidence: multiple comparisons with the best,
Hsu (1996), "Multiple Comparisons: Theory and Methods", chapter 4, with the correlation of the draws in place of a
table. Contenders are all that are behind by no more than `CLEARLY` spreads; who is farther behind is not the true best
by luck.

    few      a bootstrap of n prompts spreads by sqrt((n - 1) / n) too little, and few of them have the tails of
             Student's t: sqrt(n / (n - 1)) * t[n - 1] / z at the quantile of the interval
    s[i]     sd[i], with the part that prompts have in it stretched by `few`
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from configspec.theory.profile import Configuration
from configspec.theory.statistics import row_quantiles
from configspec.theory.student import t_quantile

CLEARLY = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """By how much a configuration is behind the best, as a share, and what makes that doubtful.

    `of_prompts` is the spread that the choice of prompts gives it, stretched for few of them; `of_times` that of what
    the device was timed at. It is shown where it is above `spreads_needed` times both together.
    """

    behind: float
    of_prompts: float
    of_times: float
    spreads_needed: float


@final
class Separation:
    """Takes how far configurations are behind the best, a block at a time, and says who is shown worse."""

    def __init__(self, count: int, *, confidence: float, fewest_prompts: int) -> None:
        """`count` configurations; `fewest_prompts` of those that have several, 0 where none has."""
        self._confidence = confidence
        self._quantile = (1 + confidence) / 2
        self._few = few_factor(fewest_prompts, confidence)
        self._mean, self._share = np.zeros(count), np.zeros(count)
        self._of_prompts, self._of_times = np.zeros(count), np.zeros(count)
        self._gained: NDArray[np.float64] = np.zeros(1)  # of each draw, the most

    def enter(self, positions: Sequence[int], behind: NDArray[np.float64]) -> list[int]:
        """How far those at these positions are behind the best in each draw, (N, draws); below 0: ahead of it.

        Returns the rows of those that are near it: `split` takes the parts of their spreads. Of the others all counts
        as of prompts.
        """
        draws = behind.shape[1]
        mean = behind.mean(axis=1)
        # Rounding may put it a hair below 0.
        spread = np.sqrt(np.maximum(np.einsum("ij,ij->i", behind, behind) / draws - mean**2, 0.0))
        self._mean[positions], self._of_prompts[positions] = mean, spread * self._few
        share = np.ones(len(behind))
        sometimes = np.flatnonzero(behind.min(axis=1) <= 0)
        share[sometimes] = np.count_nonzero(behind[sometimes] > 0, axis=1) / draws
        self._share[positions] = share
        near = np.flatnonzero((spread > 0) & (mean <= CLEARLY * spread))
        if near.size:
            gained = (mean[near, np.newaxis] - behind[near]) / spread[near, np.newaxis]
            self._gained = np.maximum(self._gained, gained.max(axis=0))
        found: list[int] = np.flatnonzero((spread > 0) & (mean <= CLEARLY * self._few * spread)).tolist()
        return found

    def split(self, positions: Sequence[int], of_prompts: NDArray[np.float64], of_times: NDArray[np.float64]) -> None:
        """The spreads, (N,), that either alone gives those at these positions."""
        self._of_prompts[positions], self._of_times[positions] = of_prompts * self._few, of_times

    def spreads_needed(self) -> float:
        """C."""
        (most,) = row_quantiles(self._gained[np.newaxis], self._confidence)
        return max(t_quantile(self._quantile, math.inf), float(most[0]))

    def shown_worse(self) -> NDArray[np.bool_]:
        """Which are, (N,)."""
        apart: NDArray[np.bool_] = self._mean > self.spreads_needed() * np.hypot(self._of_prompts, self._of_times)
        return apart & (self._share >= self._quantile)

    def gaps(self, positions: Iterable[int]) -> list[Gap]:
        """Those of some that are near the best."""
        needed = self.spreads_needed()
        return [
            Gap(
                behind=float(self._mean[position]),
                of_prompts=float(self._of_prompts[position]),
                of_times=float(self._of_times[position]),
                spreads_needed=needed,
            )
            for position in positions
        ]


def fewest_prompts(configurations: Iterable[Configuration]) -> int:
    """Of those that were asked several prompts the fewest of them; 0 where none was."""
    return min((n for one in configurations if (n := len(one.acceptance.by_prompt)) > 1), default=0)


def few_factor(prompts: int, confidence: float) -> float:
    """`few`; 1 where prompts are not resampled."""
    if prompts < 2:
        return 1.0
    quantile = (1 + confidence) / 2
    return math.sqrt(prompts / (prompts - 1)) * t_quantile(quantile, prompts - 1) / t_quantile(quantile, math.inf)
