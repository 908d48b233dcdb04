"""The figures of a window's energy, idle power and what lies above it.

    gross         all that was drawn in the window
    above idle    less what the device draws anyway: the mean idle power, of before and after, times the window

The equal parts of a window, each with its mean power, show how far it varies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from configspec.theory.power.cut import Cut, cut, parts_w
from configspec.theory.power.doubts import Doubt
from configspec.theory.power.samples import MeterTraits, Samples, Window

Method = Literal["trapezoid", "counter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Idle power before and after, where it was measured, and how far it varied."""

    before_w: float | None = None
    after_w: float | None = None
    spread_w: float = 0.0

    @property
    def mean_w(self) -> float | None:
        """The mean of those that there are."""
        found = [one for one in (self.before_w, self.after_w) if one is not None]
        return sum(found) / len(found) if found else None


NO_IDLE = Idle()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyFigures:
    """What a window took.

    `energy_j` is gross. `lag_j` is what of it makes up for the meter's delay; the samples alone give the rest. `max_w`
    is the greatest power that the meter showed, which averages: shorter peaks were higher.
    """

    energy_j: float
    energy_above_idle_j: float | None
    mean_w: float
    max_w: float
    window_s: float
    idle_before_w: float | None
    idle_after_w: float | None
    n_samples: int
    n_distinct: int
    achieved_hz: float
    max_gap_s: float
    method: Method
    lag_j: float = 0.0


def idle_of(samples: Samples, before: Window | None, after: Window | None, meter: MeterTraits) -> Idle | Doubt:
    """Idle power in the windows before and after, and how far it varies: between the means of their parts."""
    found: list[tuple[float, ...]] = []
    for window in (before, after):
        piece = None if window is None else cut(samples, window, meter)
        if isinstance(piece, Doubt):
            return piece
        found.append(() if piece is None else parts_w(piece))
    means = [sum(parts) / len(parts) if parts else None for parts in found]
    every = [one for parts in found for one in parts]
    return Idle(before_w=means[0], after_w=means[1], spread_w=max(every) - min(every) if every else 0.0)


def energy_figures(found: Cut, idle: Idle, lag_j: float) -> EnergyFigures:
    """The figures of a window; `lag_j` makes up for the meter's delay."""
    t_s = np.array(found.samples.t_s)[found.inside]
    span_s = float(t_s[-1] - t_s[0])
    length_s = found.window.length_s
    gross_j = found.energy_j + lag_j
    idle_w = idle.mean_w
    return EnergyFigures(
        energy_j=gross_j,
        energy_above_idle_j=None if idle_w is None else gross_j - idle_w * length_s,
        mean_w=gross_j / length_s,
        max_w=float((found.powers if found.counts else found.within).total.max()),
        window_s=length_s,
        idle_before_w=idle.before_w,
        idle_after_w=idle.after_w,
        n_samples=len(t_s),
        n_distinct=len(np.unique(found.samples.added[:, found.inside].sum(axis=0))),
        achieved_hz=(len(t_s) - 1) / span_s if span_s > 0 else 0.0,
        max_gap_s=found.longest_gap_s,
        method="counter" if found.counts else "trapezoid",
        lag_j=lag_j,
    )
