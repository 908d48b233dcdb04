"""The energy of a window, from what a meter showed around it.

    watts     the trapezoid rule over the real times of the samples, never a mean times a nominal period
    joules    the difference of the counter, which may have begun again at its range
    edges     interpolated between the samples around them; where one side has none there is no energy
    rails     each by itself, and then added; where one failed there is no energy, and not a smaller one

A window that is split anywhere adds up. Constant power gives power times length. More samples on the line between two
others change nothing. The result is between the least and the greatest sampled power, times length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.theory.power.doubts import Doubt, doubt
from configspec.theory.power.samples import Samples, Window

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Times, and the values of the rails that add up: `t_s` (n,), `values` (rails, n). Counters begin at 0 and rise."""

    t_s: Array
    values: Array

    @property
    def total(self) -> Array:
        """All rails together, shape (n,)."""
        total: Array = self.values.sum(axis=0)
        return total


def energy_j(samples: Samples, window: Window) -> float | Doubt:
    """The energy of the window, or why there is none."""
    found = points_around(samples, window)
    if isinstance(found, Doubt):
        return found
    return points_energy_j(points_within(found, window), counts=samples.shows == "joules")


def points_around(samples: Samples, window: Window) -> Points | Doubt:
    """The samples of the window and one more on each side, or why they give no energy."""
    t_s = np.array(samples.t_s, dtype=np.float64)
    back_s = float(np.min(np.diff(t_s), initial=0.0))
    if back_s < 0:
        return doubt("clock_step", by=back_s)
    if not t_s.size or t_s[0] > window.begin_s:
        return doubt("uncovered", side="before", away=float(t_s[0]) - window.begin_s if t_s.size else window.length_s)
    if t_s[-1] < window.end_s:
        return doubt("uncovered", side="after", away=window.end_s - float(t_s[-1]))
    first = int(np.searchsorted(t_s, window.begin_s, side="right")) - 1
    last = int(np.searchsorted(t_s, window.end_s, side="left"))
    around = slice(first, last + 1)
    return _checked(Points(t_s[around], samples.added[:, around]), samples, window)


def points_within(around: Points, window: Window) -> Points:
    """The same, cut at the window's edges, where the values are interpolated."""
    inside = (around.t_s > window.begin_s) & (around.t_s < window.end_s)
    t_s = np.concatenate(([window.begin_s], around.t_s[inside], [window.end_s]))
    edges = np.array([np.interp([window.begin_s, window.end_s], around.t_s, rail) for rail in around.values])
    return Points(t_s, np.concatenate((edges[:, :1], around.values[:, inside], edges[:, 1:]), axis=1))


def points_energy_j(points: Points, *, counts: bool) -> float:
    """From the first point to the last one; `counts`: the values are joules."""
    if counts:
        return float((points.values[:, -1] - points.values[:, 0]).sum())
    middles_w = (points.values[:, 1:] + points.values[:, :-1]) / 2
    return float((middles_w @ np.diff(points.t_s)).sum())


def _checked(around: Points, samples: Samples, window: Window) -> Points | Doubt:
    failed = ~np.isfinite(around.values)
    if failed.any():
        rail, place = np.argwhere(failed)[0]
        adding = [number for number, adds in enumerate(samples.adds or (True,) * len(samples.values)) if adds]
        return doubt("rail_failed", channel=adding[rail], at=float(around.t_s[place]) - window.begin_s)
    return around if samples.shows == "watts" else _unwrapped(around, samples.range_j, window)


def _unwrapped(around: Points, range_j: float | None, window: Window) -> Points | Doubt:
    """Counters that begin at 0 and rise for ever. A fall of less than half the range is no wrap-around."""
    steps_j = np.diff(around.values, axis=1)
    fell = steps_j < 0
    wrapped = np.zeros_like(fell) if range_j is None else (-steps_j >= range_j / 2) & (-steps_j <= range_j)
    unexplained = fell & ~wrapped
    if unexplained.any():
        rail, place = np.argwhere(unexplained)[0]
        at_s = float(around.t_s[place + 1]) - window.begin_s
        return doubt("counter_reset", at=at_s, fell=-float(steps_j[rail, place]))
    steps_j = steps_j + fell * (range_j or 0.0)
    zero = np.zeros((len(steps_j), 1))
    return Points(around.t_s, np.concatenate((zero, np.cumsum(steps_j, axis=1)), axis=1))
