"""The values of many configurations by one objective: points, intervals, and who is shown worse than whom.

An objective says which way it moves with each of its figures. So a value's worse end is had from its figures' worse
ends (of goodput: acceptance low, round high), and its better end from the better ones. Sampled figures have the same
draws at both ends; bounded ones, which were never sampled, enter at the end that favours doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from configspec.selection.resampling import DrawnFigures, End
from configspec.theory.objectives.objective import FigureName, Figures, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """N configurations, the objective and the assumptions that they are judged by, and their figures."""

    configurations: tuple[Configuration, ...]
    objective: Objective
    serving: Serving
    figures: DrawnFigures

    @property
    def higher_is_better(self) -> bool:
        """Whether the objective is one to raise."""
        return self.objective.better == "higher"

    def point(self) -> NDArray[np.float64]:
        """The values of the point estimates, (N,)."""
        return self._of(self.figures.at({}))

    def interval(self, confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high of each value, (N,): percentiles of the draws, which always hold the point."""
        lower, upper = (self._of(self.figures.at(self._ends(lower=lower))) for lower in (True, False))
        tail = (1.0 - confidence) / 2
        low, high = np.quantile(lower, tail, axis=0), np.quantile(upper, 1.0 - tail, axis=0)
        return np.minimum(low, self.point()), np.maximum(high, self.point())

    def within(self, best: int, indifference: float) -> NDArray[np.bool_]:
        """Which points are so near that of `best` that the difference is of no interest."""
        point = self.point()
        best_point = float(point[best])
        if self.higher_is_better:
            return np.greater_equal(point * (1.0 + indifference), best_point)
        return np.less_equal(point, best_point * (1.0 + indifference))

    def shown_worse(self, best: int, confidence: float) -> NDArray[np.bool_]:
        """Which are worse than `best` in so many of the paired draws that the interval of the ratio excludes 1."""
        # A cell's power is one reading for all its K: whatever it truly was, it cancels within the cell.
        shared = np.array([_same_power(c, self.configurations[best]) for c in self.configurations])
        power_w = self.figures.power_w.point
        favoured = self.figures.at(self._ends(lower=not self.higher_is_better))
        theirs = self._of(replace(favoured, power_w=np.where(shared, power_w, favoured.power_w)))
        doubted = _only(self.figures.at(self._ends(lower=self.higher_is_better)), best)
        bests = self._of(replace(doubted, power_w=np.where(shared, power_w[best], doubted.power_w)))
        worse = theirs < bests if self.higher_is_better else theirs > bests
        share: NDArray[np.float64] = np.mean(worse, axis=0)
        return share >= (1.0 + confidence) / 2

    def _ends(self, *, lower: bool) -> Mapping[FigureName, End]:
        """Where the figures are when the value is lowest, or highest."""
        return {name: "low" if (move == "rises") == lower else "high" for name, move in self.objective.moves.items()}

    def _of(self, figures: Figures[NDArray[np.float64]]) -> NDArray[np.float64]:
        return self.objective.value(figures, self.serving)


def _only(figures: Figures[NDArray[np.float64]], one: int) -> Figures[NDArray[np.float64]]:
    """The figures of one configuration, as arrays whose last axis is 1."""
    only = slice(one, one + 1)
    return Figures(
        k=figures.k[only],
        verify_s=figures.verify_s[only],
        alpha=figures.alpha[..., only],
        round_s=figures.round_s[..., only],
        power_w=figures.power_w[..., only],
    )


def _same_power(one: Configuration, other: Configuration) -> bool:
    return (one.cell, one.power_w) == (other.cell, other.power_w)
