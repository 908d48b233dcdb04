"""How far runs of one build lie apart, and how well their mean is known.

    log value       the natural logarithm of a run's value: a spread of 0.03 is about 3 %
    spread          the standard deviation of runs' log values, with the degrees of freedom that it is known with
    night share     of the spread's square, how much the runs of one night have in common, 0 to 1

Runs that share a night say less than as many of different nights: the variance of their mean is not spread^2 / runs.

The spread of one series is known badly: from eight runs, to a quarter. Where many series were measured in the same way,
`pooled_spread` estimates what they have in common, and how far that can be trusted for one of them: Smyth (2004),
https://doi.org/10.2202/1544-6115.1027, section 6.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MAD_TO_SIGMA = 1.4826  # of a normal distribution: 1 / quantile(3/4)
_SMALLEST = 1e-9  # a spread of none has no logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A standard deviation of log values; `degrees` of freedom say how well it is known, infinite: exactly."""

    log_sd: float
    degrees: float

    def __post_init__(self) -> None:
        if not (0 <= self.log_sd < math.inf and self.degrees > 0):
            raise ValueError(f"a spread is finite, at least 0, and known with degrees above 0: {self}")

    def joined(self, prior: Spread | None) -> Spread:
        """Together with what was known before."""
        if prior is None:
            return self
        if math.isinf(prior.degrees):
            return prior
        degrees = self.degrees + prior.degrees
        squares = self.degrees * self.log_sd**2 + prior.degrees * prior.log_sd**2
        return Spread(log_sd=math.sqrt(squares / degrees), degrees=degrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanOfRuns:
    """The mean of some runs' log values; its variance is `weight` times the square of the spread."""

    mean_log: float
    weight: float


def mean_of_runs(nights: Sequence[Sequence[float]], night_share: float = 0.0) -> MeanOfRuns:
    """The mean of the log values of runs, night by night: each night as much as its runs tell.

    Without a night share all runs weigh the same. With one, three runs of a night weigh less than those of three: a
    night that looked odd was measured again, and would pull the mean its way.
    """
    weights = [1 / (night_share + (1 - night_share) / len(night)) for night in nights]
    together = math.fsum(weights)
    parts = (weight * math.fsum(night) / len(night) for weight, night in zip(weights, nights, strict=True))
    return MeanOfRuns(mean_log=math.fsum(parts) / together, weight=1 / together)


def spread_of(log_values: Sequence[float]) -> Spread:
    """The spread of two or more runs, each of another night."""
    n = len(log_values)
    if n < 2:
        raise ValueError(f"a spread takes two runs or more, not {n}")
    mean = math.fsum(log_values) / n
    return Spread(log_sd=math.sqrt(math.fsum((one - mean) ** 2 for one in log_values) / (n - 1)), degrees=n - 1)


def robust_sd(values: Sequence[float]) -> float:
    """1.4826 * MAD, which odd values hardly move: near the standard deviation where there are none."""
    array = np.asarray(values, dtype=np.float64)
    return _MAD_TO_SIGMA * float(np.median(np.abs(array - np.median(array))))


def pooled_spread(of_series: Sequence[Spread]) -> Spread | None:
    """What series measured alike have in common, as the prior of each; None where they are too few or too different.

    Its degrees are how many runs' worth that is: infinite where the series differ by no more than chance.
    """
    # A constant series (a count, a rounded value) tells nothing about how times spread.
    usable = [one for one in of_series if one.log_sd > _SMALLEST and math.isfinite(one.degrees)]
    if len(usable) < 3:
        return None
    halves = np.array([one.degrees / 2 for one in usable])
    logs = np.array([2 * math.log(one.log_sd) for one in usable])
    centred = logs - np.array([digamma(half) - math.log(half) for half in halves])
    excess = float(centred.var(ddof=1)) - float(np.mean([trigamma(half) for half in halves]))
    if excess <= 0:
        return Spread(log_sd=math.exp(float(centred.mean()) / 2), degrees=math.inf)
    half = _trigamma_inverse(excess)
    log_square = float(centred.mean()) + digamma(half) - math.log(half)
    return Spread(log_sd=math.exp(log_square / 2), degrees=2 * half)


def digamma(x: float) -> float:
    """The derivative of log gamma, for x > 0: https://dlmf.nist.gov/5.5.E2 upwards, then the series 5.11.E2."""
    shift = 0.0
    while x < 10:
        shift -= 1 / x
        x += 1
    square = 1 / (x * x)
    return shift + math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square / 252))


def trigamma(x: float) -> float:
    """The second derivative of log gamma, for x > 0."""
    shift = 0.0
    while x < 10:
        shift += 1 / (x * x)
        x += 1
    square = 1 / (x * x)
    return shift + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))


def _trigamma_inverse(value: float) -> float:
    """The x > 0 whose trigamma is `value`; trigamma falls, so by halving on a logarithmic scale."""
    low, high = 1e-8, 1e8
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if trigamma(middle) > value else (low, middle)
    return math.sqrt(low * high)
