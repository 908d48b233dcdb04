"""The values of many configurations by one objective: points, intervals, and who is shown worse than whom.

Every objective only rises, or only falls, with each of its figures. So a value's worse end is had from its figures'
worse ends (acceptance low, round and power high), and its better end from the better ones. Sampled figures have the
same draws at both ends; bounded ones, which were never sampled, enter at the end that favours doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.selection.resampling import Figures
from configspec.theory.objectives.objective import SCALES, Objective, evaluate
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """N configurations, the objective and the assumptions that they are judged by, and their figures."""

    configurations: tuple[Configuration, ...]
    objective: Objective
    serving: Serving
    figures: Figures

    @property
    def higher_is_better(self) -> bool:
        """Whether the objective is one to raise."""
        return SCALES[self.objective].better == "higher"

    def point(self) -> NDArray[np.float64]:
        """The values of the point estimates, (N,)."""
        f = self.figures
        return self._of(f.k, f.alpha.point, f.round_s.point, f.power_w.point)

    def interval(self, confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high of each value, (N,): percentiles of the draws, which always hold the point."""
        f = self.figures
        worse = self._of(f.k, f.alpha.low, f.round_s.high, f.power_w.high)
        better = self._of(f.k, f.alpha.high, f.round_s.low, f.power_w.low)
        lower, upper = (worse, better) if self.higher_is_better else (better, worse)
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
        f = self.figures
        # A cell's power is one reading for all its K: whatever it truly was, it cancels within the cell.
        shared = np.array([_same_power(c, self.configurations[best]) for c in self.configurations])
        one = slice(best, best + 1)
        theirs = self._of(f.k, f.alpha.high, f.round_s.low, np.where(shared, f.power_w.point, f.power_w.low))
        bests = self._of(
            f.k[one],
            f.alpha.low[:, one],
            f.round_s.high[:, one],
            np.where(shared, f.power_w.point[one], f.power_w.high[:, one]),
        )
        worse = theirs < bests if self.higher_is_better else theirs > bests
        share: NDArray[np.float64] = np.mean(worse, axis=0)
        return share >= (1.0 + confidence) / 2

    def _of(
        self,
        k: NDArray[np.float64],
        alpha: NDArray[np.float64],
        round_s: NDArray[np.float64],
        power_w: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        return evaluate(self.objective, self.serving, k=k, alpha=alpha, round_s=round_s, power_w=power_w)


def _same_power(one: Configuration, other: Configuration) -> bool:
    return (one.draft, one.quant, one.power_w) == (other.draft, other.quant, other.power_w)
