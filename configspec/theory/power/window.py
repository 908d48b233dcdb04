"""How long to measure, by what a meter is like, and what a budget leaves of it.

A window is so long that its two edges, and the meter's own pace, are a small part of it:

    power      10 s where a new value appears twice a second or more often, else 60 s; 20 lags; 10 periods
    counters   until one step, or what is counted in one period, is 1 % of the energy; 1 s, and 10 periods

A load has to run for 5 lags before its window begins: a low-pass then shows 99 % of it. What follows the load has to be
left alone for as long. Each idle window is half as long as the window: there are two of them, which together are as
long, nothing switches in them, and an error of idle power counts for the difference only. A counter has counted all of
it, so that a quarter each is enough: a night takes little longer for its power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from configspec.theory.power.doubts import Doubt, doubt
from configspec.theory.power.samples import MeterTraits, Shows

FAST_PERIOD_S = 0.5
FAST_S, SLOW_S, COUNTER_S = 10.0, 60.0, 1.0
LAGS, PERIODS = 20.0, 10.0
SETTLING_LAGS = 5.0
IDLE_SHARE, COUNTED_IDLE_SHARE = 0.5, 0.25
COARSE = 0.01  # of the energy, at most, is a step of the counter
LOW_W = 1.0  # what an edge board draws at least, where nobody has an idea


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPlan:
    """In this order: idle, settling under load, the window, settling without load, idle.

    `needed_s` is the window that the meter needs. `window_s` is 0 where the budget holds none. `cut` says by how much
    all of it was cut.
    """

    idle_s: float
    settle_s: float
    window_s: float
    needed_s: float
    cut: Doubt | None = None

    @property
    def total_s(self) -> float:
        """How long all of it takes."""
        return self.window_s + 2 * (self.settle_s + self.idle_s)


def needed_s(meter: MeterTraits, shows: Shows, watts: float | None = None) -> float:
    """The window that a meter needs; `watts`, as far as known, is what it will show."""
    at_least = (LAGS * meter.lag_s, PERIODS * meter.period_s)
    if shows == "watts":
        return max(FAST_S if 0 < meter.period_s < FAST_PERIOD_S else SLOW_S, *at_least)
    guessed_w = watts if watts is not None and watts > 0 else LOW_W
    return max(COUNTER_S, meter.step / guessed_w / COARSE, meter.period_s / COARSE, *at_least)


def plan(
    meter: MeterTraits,
    shows: Shows,
    *,
    watts: float | None = None,
    asked_s: float | None = None,
    budget_s: float = math.inf,
) -> WindowPlan:
    """How long to measure.

    Args:
        meter: What it says of itself.
        shows: Watts, or joules of a counter.
        watts: About what the load draws, where that is known.
        asked_s: `power.window_s`: what the owner wants instead of what the meter needs.
        budget_s: What all of it may take. Settling is never cut: the window would begin before the load is seen.

    """
    if asked_s is not None and not (math.isfinite(asked_s) and asked_s > 0):
        raise ValueError(f"a window is above 0 s, not {asked_s}")
    needs_s = needed_s(meter, shows, watts)
    idle_share = IDLE_SHARE if shows == "watts" else COUNTED_IDLE_SHARE
    whole = _planned(meter, asked_s or needs_s, needs_s, idle_share)
    if whole.total_s <= budget_s:
        return whole
    left = max(budget_s - 2 * whole.settle_s, 0.0) / (whole.window_s + 2 * whole.idle_s)
    return WindowPlan(
        idle_s=whole.idle_s * left,
        settle_s=whole.settle_s,
        window_s=whole.window_s * left,
        needed_s=needs_s,
        cut=doubt("budget_cut", needed=whole.total_s, given=budget_s),
    )


def _planned(meter: MeterTraits, window_s: float, needs_s: float, idle_share: float) -> WindowPlan:
    return WindowPlan(
        idle_s=max(idle_share * window_s, PERIODS * meter.period_s),
        settle_s=SETTLING_LAGS * meter.lag_s,
        window_s=window_s,
        needed_s=needs_s,
    )
