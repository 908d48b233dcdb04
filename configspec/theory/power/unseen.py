"""How far the trapezoid rule may be off, by what the load did between the samples.

    r[i]    sample i less the line between its two neighbours: near 0 where the samples follow the load
    w[i]    the seconds that sample i stands for
    noise   var(r) of samples that have nothing to do with each other, scaled to one of them
    L       the load's changes come again every so many samples, all through the window
    S       the greatest change from one sample to the next, W

Three parts, whose squares add up, as watts of the window's mean:

scatter   sqrt(sum (w[i] r[i])^2) / T. A load faster than the meter is scatter to it, and so is the meter's noise; a
          single step, which is at a place of its own between two samples, comes out at twice its spread.
locked    S / L / sqrt(6). A pattern that repeats with the samples is seen at L places only, however often it comes:
          each of its two edges is known to one in L, evenly. It counts as far as the changes do repeat.
gaps      of a gap nothing is known but how far the load spreads elsewhere.

What no arithmetic finds: a load that repeats exactly with the samples looks constant, and one at half their rate is
seen at two places. Without a low-pass, and switching at 1/1, 1/2, 1/3 or 1/4 of the sampling rate to the digit, the
interval holds the truth in about 1, 6, 8 and 9 of 10 cases. A sampler that reads at a random place in each period makes
all of that scatter, and the interval holds the truth.
Systematic and stratified random sampling: W. G. Cochran, Sampling Techniques, 3rd ed., 1977, sections 8.1 to 8.9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from configspec.theory.power.integrate import Array
from configspec.theory.power.samples import Window

GAP_PERIODS = 3.0  # longer than that between two samples is a gap
REPEATS = 4  # as often a pattern has to come again, to be one
MOSTLY = 0.4  # the share of its returns that may be less alike; a beat of load and samples has half of them unlike
MOST_PLACES = 5000  # enough for any pattern that matters, and a second's work


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Standard deviations in watts: of the window's mean, and of one sample."""

    mean_w: float
    sample_w: float


def unseen(t_s: Array, watts: Array, window: Window) -> Unseen:
    """What the samples in and around a window, two of them at least, leave open; `t_s` and `watts` (n,)."""
    weights_s = _weights_s(t_s, window)
    residuals_w = _residuals_w(t_s, watts)
    scatter_w = math.hypot(*(weights_s[1:-1] * residuals_w)) / window.length_s
    sample_w = float(np.sqrt(np.mean(residuals_w**2))) if residuals_w.size else float(np.ptp(watts))
    parts_w = (scatter_w, _locked_w(t_s, watts), _gaps_w(t_s, watts, window))
    return Unseen(mean_w=math.hypot(*parts_w), sample_w=sample_w)


def _weights_s(t_s: Array, window: Window) -> Array:
    """The seconds of the window that each sample stands for: half-way to its neighbours."""
    clipped = np.clip(t_s, window.begin_s, window.end_s)
    middles = np.concatenate((clipped[:1], (clipped[1:] + clipped[:-1]) / 2, clipped[-1:]))
    weights: Array = np.diff(middles)
    return weights


def _residuals_w(t_s: Array, watts: Array) -> Array:
    """Each inner sample less its neighbours' line, scaled: of noise it has the spread of the noise."""
    span = t_s[2:] - t_s[:-2]
    share = np.divide(t_s[1:-1] - t_s[:-2], span, out=np.full_like(span, 0.5), where=span > 0)
    line = (1 - share) * watts[:-2] + share * watts[2:]
    residuals: Array = (watts[1:-1] - line) / np.sqrt(1 + share**2 + (1 - share) ** 2)
    return residuals


def _locked_w(t_s: Array, watts: Array) -> float:
    """The spread of the mean that comes from a pattern's being locked to the samples."""
    changes = np.diff(_on_grid(t_s, watts))
    jumps = changes - changes.mean() if changes.size else changes  # a ramp changes evenly, and is no pattern
    lags = np.arange(2, len(jumps) // REPEATS + 1)
    power = float(np.mean(jumps**2)) if jumps.size else 0.0
    if not lags.size or power == 0:
        return 0.0
    alike = np.correlate(jumps, jumps, "full")[len(jumps) - 1 :] / np.arange(len(jumps), 0, -1) / power
    half = len(jumps) // 2 + 1
    repeats = np.array([_lowly(alike[lag:half:lag]) for lag in lags])
    shares = np.clip(repeats, 0, 1) / lags.astype(np.float64) ** 2
    return float(np.abs(jumps).max()) * math.sqrt(float(shares.max()) / 6)


def _lowly(alike: Array) -> float:
    """What all but MOSTLY of the values reach."""
    return float(np.sort(alike)[int(MOSTLY * len(alike))])


def _on_grid(t_s: Array, watts: Array) -> Array:
    """The samples, one for each period: the nearest one, whose place varies less than a period is long."""
    span_s, period_s = float(t_s[-1] - t_s[0]), float(np.median(np.diff(t_s)))
    count = min(round(span_s / period_s) if period_s > 0 else 0, MOST_PLACES)
    if not count:
        return watts[:1]
    return np.interp(np.arange(count + 1), np.rint((t_s - t_s[0]) / span_s * count), watts)


def _gaps_w(t_s: Array, watts: Array, window: Window) -> float:
    """The spread of the mean that comes from gaps: so many seconds of a load as it was elsewhere."""
    steps_s = np.diff(t_s)
    gaps_s = steps_s[steps_s > GAP_PERIODS * np.median(steps_s)]
    return float(np.std(watts)) * math.hypot(*gaps_s) / window.length_s
