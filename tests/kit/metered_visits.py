"""What a meter showed in one visit, made by hand: every 0.05 s, idle, a window of 10 s, idle again.

    seconds   0   0.5 .. 5.5   6.0 .. 16.0   16.5 .. 21.5   22
    part          idle before  window        idle after

Each edge falls on a reading, so that the arithmetic is known by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from configspec.profiling.power_window import AFTER, BEFORE, WINDOW, MeteredVisit
from configspec.records.meter import MeterFacts
from configspec.theory.power.window import WindowPlan

BEGAN_S = 1000.0  # of the device's clock
EVERY_S = 0.05
SECONDS = {BEFORE: (0.5, 5.5), WINDOW: (6.0, 16.0), AFTER: (16.5, 21.5)}
LAST_S = 22.0
LOAD_W, IDLE_W = 6.0, 2.0
K, ROUND_S = 4, 0.1
FACTS = MeterFacts(
    meter="ina3221",
    shows="watts",
    boundary="module",
    channels=("VDD_IN",),
    adds=(True,),
    period_s=EVERY_S,
    lag_s=0.0,
    step=0.01,
    range_j=None,
    supply_w=None,
)
COUNTER = replace(FACTS, meter="rapl", shows="joules", channels=("package-0",), step=1e-4)
PLAN = WindowPlan(idle_s=5.0, settle_s=0.0, window_s=10.0, needed_s=10.0)
Show = Callable[[float], float | None]  # what a channel shows so many seconds after the beginning
PowerShown = Callable[[float], float]


def square(load_w: float = LOAD_W, idle_w: float = IDLE_W) -> PowerShown:
    """A load in the window, edges and all, and idle elsewhere."""
    begin_s, end_s = SECONDS[WINDOW]
    return lambda s: load_w if begin_s <= s <= end_s else idle_w


def counted(
    load_w: float = LOAD_W, idle_w: float = IDLE_W, *, first_j: float = 0.0, range_j: float = 0.0
) -> PowerShown:
    """The joules of the same, from `first_j` on, beginning again at 0 where `range_j` is reached."""
    begin_s, end_s = SECONDS[WINDOW]

    def joules(s: float) -> float:
        loaded_s = min(max(s - begin_s, 0.0), end_s - begin_s)
        found = first_j + idle_w * (s - loaded_s) + load_w * loaded_s
        return found % range_j if range_j else found

    return joules


def metered(*shows: Show, facts: MeterFacts = FACTS, until_s: float = LAST_S, round_s: float = ROUND_S) -> MeteredVisit:
    """A visit: one `show` a channel, readings until `until_s`, rounds of K tokens that take `round_s`."""
    moments = [round(number * EVERY_S, 2) for number in range(round(until_s / EVERY_S) + 1)]
    begin_s, end_s = SECONDS[WINDOW]
    rounds = round((end_s - begin_s) / round_s)
    return MeteredVisit(
        meter=facts,
        clock="device's monotonic",
        plan=PLAN,
        spans_s=_on_clock(SECONDS),
        k=K,
        stamps_s=tuple(BEGAN_S + begin_s + number * round_s for number in range(rounds + 1)),
        t_s=tuple(BEGAN_S + one for one in moments),
        values=tuple(tuple(show(one) for one in moments) for show in shows or (square(),)),
        stamps=None,
        failures=(),
        failed=0,
        ended=None,
        cpu_s=0.1,
        uncertainty_s=0.0,
        clock_reason=None,
    )


def _on_clock(seconds: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {name: (BEGAN_S + begin_s, BEGAN_S + end_s) for name, (begin_s, end_s) in seconds.items()}
