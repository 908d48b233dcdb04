"""What is wrong with a window's power, rule by rule. `doubts.py` says which take the watts away, and has the words.

    short_window    the window is shorter than its meter needs, or has fewer than 10 samples
    gap             two samples are more than 3 periods, or 5 % of the window, apart
    stale           one value in 10 samples or more; or one time stamp of the service for more than 3 periods
    no_response     the power under load is not above the idle one by more than that varies
    idle_drift      idle power before and after differs by more than 10 %
    counter_coarse  a counter's step is more than 1 % of the energy
    sensor_error    readings failed inside the window
    implausible     the sum is negative, or 0 on average, or above what the supply gives, or absurd
    wrong_unit      an independent meter shows about 10, 60, 100, 1000 or 3600 times as much, or as little

Equal values are no sign of a meter that stands still where idle showed others, before and after: a steady load and
coarse steps do that.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from configspec.theory.power.doubts import Doubt, doubt
from configspec.theory.power.energy_figures import EnergyFigures, Idle
from configspec.theory.power.samples import MeterTraits, Samples, Window
from configspec.theory.power.unseen import GAP_PERIODS
from configspec.theory.power.window import COARSE

FEWEST = 10  # samples
GAP_SHARE = 0.05
DRIFT = 0.10
SUPPLY_TIMES = 1.2  # for a moment a supply gives more than its label says
ABSURD_W = 1e5
SLIPS = (10, 60, 100, 1000, 3600)  # deci and centi, minutes, milli, hours
SLIP_WITHIN = 0.25


def short_window(window: Window, samples: int, needed_s: float) -> Doubt | None:
    """Whether the window is too short for its meter."""
    enough_s = max(needed_s, window.length_s * FEWEST / max(samples, 1))
    # A window that was planned is cut by nothing but rounding.
    short = window.length_s < enough_s * (1 - 1e-6)
    return doubt("short_window", window=window.length_s, needed=enough_s) if short else None


def gap(longest_s: float, period_s: float, window: Window) -> Doubt | None:
    """Whether the meter was silent for longer than its pace explains."""
    # A slow meter's ordinary pace may be more than 5 % of a window that is too short: that is said by its own flag.
    silent = longest_s > GAP_PERIODS * period_s or longest_s > max(GAP_SHARE * window.length_s, 1.5 * period_s)
    return doubt("gap", longest=longest_s, period=period_s, window=window.length_s) if silent else None


def stale(samples: Samples, window: Window, meter: MeterTraits, idle: Idle) -> Doubt | None:
    """Whether the meter stands still under load."""
    inside = samples.inside(window)
    t_s = np.array(samples.t_s)[inside]
    values = np.unique(samples.added[:, inside].sum(axis=0))
    if len(t_s) >= FEWEST and len(values) == 1 and not _responded(samples, float(values[0]), meter, idle):
        return doubt("stale", samples=len(t_s), seconds=float(t_s[-1] - t_s[0]))
    stamps = [stamp for stamp, counts in zip(samples.stamps, inside, strict=False) if counts]
    count, same_s = _longest_same(t_s.tolist(), stamps)
    old = same_s > GAP_PERIODS * pace_s(samples, window, meter)
    return doubt("stale", samples=count, seconds=same_s) if old else None


def no_response(mean_w: float, idle: Idle) -> Doubt | None:
    """Whether the meter does not see the load."""
    idle_w = idle.mean_w
    if idle_w is None or mean_w - idle_w > idle.spread_w:
        return None
    return doubt("no_response", load=mean_w, idle=idle_w, spread=idle.spread_w)


def idle_drift(idle: Idle) -> Doubt | None:
    """Whether idle power before and after differs."""
    if idle.before_w is None or idle.after_w is None:
        return None
    apart = abs(idle.before_w - idle.after_w) > DRIFT * min(abs(idle.before_w), abs(idle.after_w))
    return doubt("idle_drift", before=idle.before_w, after=idle.after_w) if apart else None


def counter_coarse(step_j: float, energy_j: float) -> Doubt | None:
    """Whether a counter's steps are too coarse for this energy."""
    return doubt("counter_coarse", step=step_j, energy=energy_j) if step_j > COARSE * energy_j else None


def sensor_error(samples: Samples, window: Window) -> Doubt | None:
    """Whether readings failed inside the window."""
    failures = sum(window.begin_s <= t_s <= window.end_s for t_s, _ in samples.failures)
    succeeded = int(np.count_nonzero(samples.inside(window)))
    return doubt("sensor_error", failures=failures, samples=succeeded) if failures else None


def implausible(samples: Samples, window: Window, mean_w: float, meter: MeterTraits) -> Doubt | None:
    """Whether no device has such a power. Of a counter only the mean counts: its steps come in bursts."""
    supply_w = ABSURD_W if meter.supply_w is None else meter.supply_w
    shown_w = samples.added[:, samples.inside(window)].sum(axis=0) if samples.shows == "watts" else np.array([mean_w])
    least_w, most_w = float(shown_w.min(initial=mean_w)), float(shown_w.max(initial=mean_w))
    if not 0 < mean_w <= supply_w:  # what is no number neither
        return doubt("implausible", found=mean_w, most=supply_w)
    if least_w < -meter.step or most_w > SUPPLY_TIMES * supply_w:
        return doubt("implausible", found=least_w if least_w < -meter.step else most_w, most=supply_w)
    return None


def wrong_unit(found_w: float, known_w: float | None) -> Doubt | None:
    """Whether an independent meter's figure is off by a factor that units have."""
    if known_w is None or known_w <= 0 or found_w <= 0:
        return None
    times = max(found_w / known_w, known_w / found_w)
    slips = [slip for slip in SLIPS if abs(times / slip - 1) <= SLIP_WITHIN]
    return doubt("wrong_unit", found=found_w, known=known_w, times=slips[0]) if slips else None


def clock_moved(offset_before_s: float, offset_after_s: float, uncertainty_s: float) -> Doubt | None:
    """Whether two mappings of one clock on another differ by more than both may be off, each by `uncertainty_s`."""
    by_s = offset_after_s - offset_before_s
    return doubt("clock_step", by=by_s) if abs(by_s) > 2 * uncertainty_s else None


def pace_s(samples: Samples, window: Window, meter: MeterTraits) -> float:
    """How often a sample is to be expected: the meter's period, or what is usual in the window where nobody says."""
    if meter.period_s > 0:
        return meter.period_s
    steps_s = np.diff(np.array(samples.t_s)[samples.inside(window)])
    return float(np.median(steps_s)) if steps_s.size else window.length_s


def judged(
    samples: Samples, window: Window, meter: MeterTraits, energy: EnergyFigures, idle: Idle
) -> Iterable[Doubt | None]:
    """All rules that need no more than what was sampled, but for the length of the window."""
    yield stale(samples, window, meter, idle)
    yield no_response(energy.mean_w, idle)
    yield implausible(samples, window, energy.mean_w, meter)
    yield gap(energy.max_gap_s, pace_s(samples, window, meter), window)
    yield sensor_error(samples, window)
    yield idle_drift(idle)
    if samples.shows == "joules":
        yield counter_coarse(meter.step, energy.energy_j)


def _responded(samples: Samples, value: float, meter: MeterTraits, idle: Idle) -> bool:
    """Whether a meter of power showed something else while idle, before and after."""
    if samples.shows == "joules" or idle.before_w is None or idle.after_w is None:
        return False
    return min(abs(value - idle.before_w), abs(value - idle.after_w)) > meter.step


def _longest_same(t_s: list[float], stamps: list[str | None]) -> tuple[int, float]:
    """In how many readings one after another a stamp stayed, and for how long, the longest time."""
    longest = (0, 0.0)
    begun = 0
    for place, stamp in enumerate(stamps):
        if stamp is None or stamp != stamps[begun]:
            begun = place
        elif t_s[place] - t_s[begun] > longest[1]:
            longest = (place - begun + 1, t_s[place] - t_s[begun])
    return longest
