"""By what one configuration is chosen, where objectives disagree.

    t[o, n]   how many times worse than the best configuration n is by objective o (`candidates.py`)
    w[o]      weights, their sum 1

    one objective       t[0, n]                                 the best by it
    minimax regret      max over o of t[o, n]                   what is nowhere far from the best
    weighted mean       prod over o of t[o, n] ** w[o]          a geometric mean: units and scales cancel

Minimax regret is Savage's (1951, https://doi.org/10.1080/01621459.1951.10500768), of ratios instead of differences.
Each yields a loss of at least 1; the least is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from configspec.theory.objectives.objective import Objective

Way = Literal["objective", "minimax-regret", "weighted-mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One of the three ways, with the objectives that it looks at; `weights` are those of a weighted mean, above 0."""

    way: Way
    objectives: tuple[Objective, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.objectives or (self.way == "objective" and len(self.objectives) != 1):
            raise ValueError("a criterion has an objective, and the best by one objective has one")
        if self.way == "weighted-mean" and len(self.weights) != len(self.objectives):
            raise ValueError("a weighted mean has a weight for each objective")

    def loss(self, times_worse: NDArray[np.float64]) -> NDArray[np.float64]:
        """The loss of each configuration: of (objectives, ...) what is left is (...)."""
        if self.way == "minimax-regret":
            worst: NDArray[np.float64] = times_worse.max(axis=0)
            return worst
        if self.way == "objective":
            single: NDArray[np.float64] = times_worse[0]
            return single
        shares = np.array(self.weights) / sum(self.weights)
        mean: NDArray[np.float64] = np.exp(np.tensordot(shares, np.log(times_worse), axes=1))
        return mean
