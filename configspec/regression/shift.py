"""By how much new runs differ from earlier ones, and how much of that chance may do.

The mean of k new runs differs from that of n earlier ones, whatever the runs' common level, by a t-distributed multiple
of spread * sqrt(1/k + 1/n): the prediction interval for a mean. Where runs share nights, 1/k and 1/n become more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from configspec.regression.metrics import Metric
from configspec.regression.spread import Spread, mean_of_runs
from configspec.theory.student import t_quantile

SHOWN_CONFIDENCE = 0.95  # of the interval that a verdict shows, both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """New runs over earlier ones, in log values; chance moves it by a t of `degrees` times `chance_log`."""

    metric: Metric
    ratio_log: float
    chance_log: float
    degrees: float

    @property
    def gain_log(self) -> float:
        """The ratio, signed so that more is better."""
        return self.metric.gain_log(self.ratio_log)

    def allowed_log(self, confidence: float) -> float:
        """How far to one side chance alone takes it in `confidence` of cases."""
        return t_quantile(confidence, self.degrees) * self.chance_log

    def below_floor(self, floor: float) -> bool:
        """Whether it is a loss larger than the floor, by chance or not."""
        return self.gain_log < self.metric.loss_at(floor)

    def above_floor(self, floor: float) -> bool:
        """Whether it is a gain larger than the floor, by chance or not."""
        return self.gain_log > self.metric.gain_at(floor)

    def worse(self, confidence: float) -> bool:
        """Whether it is a loss larger than chance allows."""
        return self.gain_log < -self.allowed_log(confidence)

    def better(self, confidence: float) -> bool:
        """Whether it is a gain larger than chance allows."""
        return self.gain_log > self.allowed_log(confidence)

    def interval(self, confidence: float = SHOWN_CONFIDENCE) -> tuple[float, float]:
        """The true ratio lies between these with `confidence`."""
        reach = self.allowed_log((1 + confidence) / 2)
        return math.exp(self.ratio_log - reach), math.exp(self.ratio_log + reach)


def shift(
    metric: Metric,
    *,
    new: Sequence[Sequence[float]],
    base: Sequence[Sequence[float]],
    spread: Spread,
    night_share: float = 0.0,
) -> Shift:
    """From the log values of both sides, night by night."""
    now, then = mean_of_runs(new, night_share), mean_of_runs(base, night_share)
    return Shift(
        metric=metric,
        ratio_log=now.mean_log - then.mean_log,
        chance_log=spread.log_sd * math.sqrt(now.weight + then.weight),
        degrees=spread.degrees,
    )
