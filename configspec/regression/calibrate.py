"""What a testbed can show: runs of one unchanged build tell their spread, their drift, and the smallest visible loss.

    log x(night, run) = level + of the night + of the run      (one-way analysis of variance)

The night's part is what the runs of one night have in common. Where every night has one run, it cannot be told apart,
and the night share is None. The drift is the slope of a straight line through the runs, and a sign that they are not
alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configspec.errors import UsageError
from configspec.regression.series import Measured, SeriesKey, first_difference, nights_of
from configspec.regression.spread import Spread, spread_of
from configspec.theory.student import t_tail

FEWEST_RUNS = 5
DRIFT_SHOWN = 0.01  # at a p of so little, both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Of one series.

    Attributes:
        spread: Between runs of different nights.
        night_share: How much of its square the runs of one night have in common; None where it cannot be told.
        drift_log: Of the log value from the first run to the last; `drift_p` for there being none.
    """

    series: SeriesKey
    runs: int
    nights: int
    spread: Spread
    night_share: float | None
    drift_log: float
    drift_p: float

    @property
    def drifts(self) -> bool:
        """Whether the runs are shown not to be alike."""
        return self.drift_p <= DRIFT_SHOWN


def calibrate(runs: Sequence[Measured]) -> Calibration:
    """From the runs of one series and setup; disturbed ones are left out.

    Raises:
        UsageError: There are fewer than five, or their setups differ.
    """
    steady = sorted((one for one in runs if not one.disturbed), key=lambda one: one.at_s)
    if len(steady) < FEWEST_RUNS:
        raise UsageError(f"a calibration takes {FEWEST_RUNS} undisturbed runs or more; found {len(steady)}")
    first = steady[0]
    for one in steady:
        if one.series != first.series:
            raise ValueError(f"one series at a time, not {first.series} and {one.series}")
        difference = first_difference(first.setup, one.setup)
        if difference is not None:
            raise UsageError(f"{first.series}: a calibration is of one setup; {difference}")
    nights = nights_of(steady)
    spread, night_share = _parts([[one.log for one in night] for night in nights])
    slope, p = _slope([one.log for one in steady])
    return Calibration(
        series=first.series,
        runs=len(steady),
        nights=len(nights),
        spread=spread,
        night_share=night_share,
        drift_log=slope * (len(steady) - 1),
        drift_p=p,
    )


def floor_warning(floor: float, visible: float) -> str | None:
    """What to say where a user's floor is below the smallest loss that is seen in 80 % of cases."""
    if floor >= visible:
        return None
    return (
        f"the floor is {100 * floor:.2g} %, but a loss under {100 * visible:.2g} % is mostly not seen here: "
        "lock the clocks, wait for the temperature, or make more runs"
    )


def _parts(nights: Sequence[Sequence[float]]) -> tuple[Spread, float | None]:
    """The spread between runs of different nights, and the share of its square that is of the night."""
    logs = [value for night in nights for value in night]
    n, groups = len(logs), len(nights)
    if groups < 3 or n - groups < 3:
        return spread_of(logs), None
    means = [math.fsum(night) / len(night) for night in nights]
    grand = math.fsum(logs) / n
    within = math.fsum((value - mean) ** 2 for night, mean in zip(nights, means, strict=True) for value in night)
    between = math.fsum(len(night) * (mean - grand) ** 2 for night, mean in zip(nights, means, strict=True))
    within_square = within / (n - groups)
    # The size of a night, where they differ: that of which the mean squares between nights are made.
    size = (n - sum(len(night) ** 2 for night in nights) / n) / (groups - 1)
    night_square = max(0.0, (between / (groups - 1) - within_square) / size)
    total = within_square + night_square
    if total == 0:
        return spread_of(logs), None
    return Spread(log_sd=math.sqrt(total), degrees=groups - 1 if night_square else n - 1), night_square / total


def _slope(values: Sequence[float]) -> tuple[float, float]:
    """Of the least-squares line through the values, one step apart, and the p of there being none, both sides."""
    n = len(values)
    x = np.arange(n) - (n - 1) / 2
    y = np.array(values) - np.mean(values)
    squares = float(x @ x)
    slope = float(x @ y) / squares
    left = float(np.sum((y - slope * x) ** 2))
    if left <= 1e-24 * n:  # no noise: it drifts, or it does not
        return slope, 1.0 if abs(slope) < 1e-12 else 0.0
    return slope, 2 * t_tail(abs(slope) / math.sqrt(left / (n - 2) / squares), n - 2)
