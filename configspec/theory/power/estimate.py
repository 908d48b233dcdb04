"""The mean power of a window with its interval, and the figures of its energy.

    T       the window's length                  P(t)    the power at one of its edges
    lag     the meter's mean delay               u       how far the window's times may be off on the meter's clock

A meter that averages shows its past: lag * (P(end) - P(begin)) joules of the load are missing from its samples, exactly
so for a low-pass of the first order (lag * dP/dt = load - P), and nearly for any other mean. The mean has them added.

The interval has two kinds of parts. By chance, with a factor of Student: what the load did between the samples
(`unseen.py`), and how that moves the two edges. At most, so that it is added as it is: half a step of the meter, the
edges moved by u, and LAG_UNSURE of what was added for the lag. A counter has the step at both edges instead, or what it
counts in one of its periods, and how far power changes within a reading at an edge.

The interval is of what was drawn in this very window. A load that goes on like this differs from window to window:
`parts_w` and `over_passes.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from configspec.theory.figures import Estimate
from configspec.theory.power.cut import Cut, cut, parts_w, powers_of, renewed
from configspec.theory.power.doubts import Doubt
from configspec.theory.power.energy_figures import NO_IDLE, EnergyFigures, Idle, energy_figures
from configspec.theory.power.integrate import Points, points_around
from configspec.theory.power.samples import MeterTraits, Samples, Window
from configspec.theory.power.unseen import unseen
from configspec.theory.student import two_sided

CONFIDENCE = 0.95
LAG_UNSURE = 0.3  # of the lag: chips tell how they average, and not how exact their clock is


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPower:
    """The mean power of one window, the means of its equal parts, and its energy."""

    watts: Estimate
    parts_w: tuple[float, ...]
    energy: EnergyFigures


def window_power(
    samples: Samples, window: Window, meter: MeterTraits, idle: Idle = NO_IDLE, uncertainty_s: float = 0.0
) -> WindowPower | Doubt:
    """What the meter says of the window, or why it says nothing.

    Args:
        samples: From before the window until after it.
        window: On the clock of the samples.
        meter: What it says of itself.
        idle: What the device draws otherwise.
        uncertainty_s: How far the window's times may be off on that clock; 0 where both are one clock.

    """
    if not (math.isfinite(uncertainty_s) and uncertainty_s >= 0):
        raise ValueError(f"an uncertainty is 0 s or more, not {uncertainty_s}")
    found = cut(samples, window, meter)
    if isinstance(found, Doubt):
        return found
    lag_j = 0.0 if found.counts else meter.lag_s * _rise_w(found.within)
    energy = energy_figures(found, idle, lag_j)
    half_w = _half_w(found, meter) + _moved_w(found, meter, energy.mean_w, uncertainty_s)
    low_w = max(energy.mean_w - half_w, 0.0)  # no device draws less than nothing
    return WindowPower(
        watts=Estimate(
            value=energy.mean_w,
            low=min(low_w, energy.mean_w),
            high=energy.mean_w + half_w,
            confidence=CONFIDENCE,
            n=energy.n_samples,
        ),
        parts_w=parts_w(found),
        energy=energy,
    )


def _half_w(found: Cut, meter: MeterTraits) -> float:
    """Half the interval, the window's times being right."""
    if found.counts:
        return _counter_most_j(found, meter) / found.window.length_s
    freedom = max(int(np.count_nonzero(found.inside)) // 2, 1)  # neighbours share what was left between them
    most_w = _power_most_j(found, meter) / found.window.length_s
    return _chance_w(found, meter) * two_sided(CONFIDENCE, freedom) + most_w


def _chance_w(found: Cut, meter: MeterTraits) -> float:
    """The standard deviation of the mean, W."""
    powers = renewed(found.powers, meter.period_s)
    left = unseen(powers.t_s, powers.total, found.window)
    return math.hypot(left.mean_w, math.sqrt(2) * meter.lag_s * left.sample_w / found.window.length_s)


def _power_most_j(found: Cut, meter: MeterTraits) -> float:
    """How far the energy may be off at most, by how the meter shows power."""
    late_s = LAG_UNSURE * meter.lag_s + meter.period_s  # a value may be as old as a period
    return meter.step / 2 * found.window.length_s + late_s * abs(_rise_w(found.within))


def _counter_most_j(found: Cut, meter: MeterTraits) -> float:
    """How far the energy may be off at most, by how a counter counts: in steps, and a period late."""
    watts = found.powers.total
    # Within one reading the count may leave the line by a quarter of what its power moves in that time.
    line_j = float(np.ptp(watts)) * float(np.median(np.diff(found.around.t_s))) / 4
    return max(meter.step, meter.period_s * float(watts.max())) + 2 * line_j


def _rise_w(within: Points) -> float:
    return float(within.total[-1] - within.total[0])


def _moved_w(found: Cut, meter: MeterTraits, mean_w: float, by_s: float) -> float:
    """How far the mean moves at most, where each edge moves by so much."""
    if by_s == 0:
        return 0.0
    edges_s = (found.window.begin_s, found.window.end_s)
    wider = points_around(found.samples, Window(begin_s=edges_s[0] - by_s, end_s=edges_s[1] + by_s))
    powers = found.powers if isinstance(wider, Doubt) else powers_of(found.samples, wider, meter)
    off_w = sum(_most_off_w(powers, mean_w, edge_s, by_s) for edge_s in edges_s)
    return off_w * by_s / found.window.length_s


def _most_off_w(powers: Points, mean_w: float, edge_s: float, by_s: float) -> float:
    """How far power near an edge is from the mean, at most."""
    near = (powers.t_s >= edge_s - by_s) & (powers.t_s <= edge_s + by_s)
    at_edge = np.interp([edge_s - by_s, edge_s, edge_s + by_s], powers.t_s, powers.total)
    return float(np.abs(np.concatenate((powers.total[near], at_edge)) - mean_w).max())
