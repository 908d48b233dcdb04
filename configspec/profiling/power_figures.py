"""What the meter's readings of all visits to a cell come to: watts with their interval, or why there are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import mean, stdev

from configspec.profiling.power_window import AFTER, BEFORE, WINDOW, MeteredVisit, traits_of
from configspec.profiling.visit import Visit
from configspec.records.bounds import LEAST_WATTS, MOST_WATTS
from configspec.records.meter import LookedFor, MeterFacts
from configspec.records.power import Power, PowerPass
from configspec.records.samples import MeterReadings, PowerSamples
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.power.doubts import Doubt, doubt, in_words
from configspec.theory.power.energy_figures import Idle, idle_of
from configspec.theory.power.over_passes import CellPower, PassPower, load_interval, over_passes, pass_power
from configspec.theory.power.samples import Samples, Window
from configspec.theory.statistics import median_estimate

APART = 0.05  # by which the window's speed may differ from the timed rounds' before it is told
DIGITS = 9  # of a time in a side file
NO_IDLE = "the meter showed no idle power before or after drafting that counts"
OTHER_METER = PassPower(power=None)  # of a visit whose meter was another one


def samples_of(visit: MeteredVisit) -> Samples:
    """The readings, for the arithmetic."""
    columns = tuple(tuple(math.nan if one is None else one for one in column) for column in visit.values)
    facts = visit.meter
    return Samples(
        t_s=visit.t_s,
        values=columns or tuple(() for _ in facts.channels),
        shows=facts.shows,
        adds=facts.adds,
        range_j=facts.range_j,
        stamps=visit.stamps or (),
        failures=visit.failures,
    )


def judged(visit: MeteredVisit) -> tuple[PassPower, Idle]:
    """The power of one visit, and the idle power around it."""
    window = _window(visit, WINDOW)
    problem = _broken(visit, window)
    if problem is not None or window is None:
        return PassPower(power=None, doubts=(problem,) if problem else ()), Idle()
    samples = samples_of(visit)
    idle = idle_of(samples, _window(visit, BEFORE), _window(visit, AFTER), traits_of(visit.meter))
    known = Idle() if isinstance(idle, Doubt) or not _can_be(idle) else idle
    found = pass_power(samples, window, traits_of(visit.meter), idle=known, uncertainty_s=visit.uncertainty_s)
    cut = () if visit.plan.cut is None else (visit.plan.cut,)
    doubts = tuple(_by_name(one, visit.meter) for one in (*found.doubts, *cut))
    if found.power is not None:
        value, high = found.power.watts.value, load_interval(found.power)[1]
        if value < LEAST_WATTS or high > MOST_WATTS:
            no_such = doubt("implausible", found=value if value < LEAST_WATTS else high, most=MOST_WATTS)
            return PassPower(power=None, doubts=(*doubts, no_such)), known
    return PassPower(power=found.power, doubts=doubts), known


def _can_be(idle: Idle) -> bool:
    """Whether a device may draw that while it waits; no figure is made of what none does."""
    shown = [one for one in (idle.before_w, idle.after_w) if one is not None]
    return all(abs(one) + idle.spread_w <= MOST_WATTS for one in shown)


def _by_name(one: Doubt, meter: MeterFacts) -> Doubt:
    """The doubt with the rail's name in the place of its number."""
    if one.code != "rail_failed":
        return one
    return doubt("rail_failed", channel=meter.channels[int(one["channel"])], at=one["at"])


def _window(visit: MeteredVisit, name: str) -> Window | None:
    begin_s, end_s = visit.spans_s[name]
    return Window(begin_s=begin_s, end_s=end_s) if begin_s < end_s else None


def _broken(visit: MeteredVisit, window: Window | None) -> Doubt | None:
    """What no arithmetic is needed for."""
    if visit.clock_reason is not None:
        return doubt("clock_step", by=visit.moved_s)
    if window is None:
        return doubt("no_samples", samples=0, needed=3)
    if visit.ended is not None or not visit.t_s:
        return doubt("died", failures=visit.failed, reason=_last_reason(visit))
    return None


def _last_reason(visit: MeteredVisit) -> str:
    return visit.failures[-1][1] if visit.failures else visit.ended or "it gave no reading"


def power_of(visits: Sequence[Visit], asked: str | None, looked_for: Sequence[LookedFor], none: str) -> Power:
    """The record of a cell's power; `none` is the reason where no visit was metered."""
    metered = [one.power for one in visits if one.power is not None]
    if not metered:
        why = next((one.power_reason for one in visits if one.power_reason), none)
        return Power(watts=None, reason=why, asked=asked, looked_for=tuple(looked_for))
    found = _judged(metered)
    cell = over_passes([power for power, _ in found])
    last: MeterFacts = metered[-1].meter
    idle = idle_estimate([idle for _, idle in found], cell)
    return Power(
        watts=cell.watts,
        reason=cell.reason,
        idle_w=idle,
        idle_reason=None if idle else NO_IDLE,
        provenance="measured",
        boundary=last.boundary,
        meter=last,
        clock=metered[-1].clock,
        asked=asked,
        looked_for=tuple(looked_for),
        passes=tuple(_passes(visits, found, cell)),
    )


def _judged(metered: Sequence[MeteredVisit]) -> list[tuple[PassPower, Idle]]:
    """Each visit's power and idle power; those of another meter than the last one's are no passes beside it."""
    last = metered[-1].meter
    return [judged(one) if _same(one.meter, last) else (OTHER_METER, Idle()) for one in metered]


def _same(one: MeterFacts, other: MeterFacts) -> bool:
    """Whether two figures are of the same thing."""
    return (one.meter, one.boundary, one.shows, one.channels, one.adds) == (
        other.meter,
        other.boundary,
        other.shows,
        other.channels,
        other.adds,
    )


def idle_estimate(idles: Sequence[Idle], cell: CellPower) -> Estimate | None:
    """Idle power over all visits that count; its interval holds the mean of each, before and after."""
    counted = [idle for idle, out in zip(idles, cell.left_out, strict=True) if out is None]
    means = [one for idle in counted for one in (idle.before_w, idle.after_w) if one is not None]
    if not means or min(means) < 0:
        return None
    spread_w = max(idle.spread_w for idle in counted)
    value = sum(means) / len(means)
    return Estimate(
        value=value,
        low=max(0.0, min(*means, value - spread_w) if len(means) > 1 else value - spread_w),
        high=max([*means, value + spread_w]),
        confidence=0.95,
        n=len(means),
    )


def _passes(visits: Sequence[Visit], found: Sequence[tuple[PassPower, Idle]], cell: CellPower) -> Iterator[PowerPass]:
    metered = [(one, one.power) for one in visits if one.power is not None]
    for (visit, raw), (power, idle), out in zip(metered, found, cell.left_out, strict=True):
        energy = None if power.power is None else power.power.energy
        window = raw.spans_s[WINDOW]
        rounds = window_rounds_s(raw)
        seconds = sum(rounds)
        yield PowerPass(
            began=visit.began,
            counted=out is None,
            reason="another meter was read" if power is OTHER_METER else out,
            watts=None if power.power is None else power.power.watts,
            energy_j=None if energy is None else energy.energy_j,
            energy_above_idle_j=None if energy is None else energy.energy_above_idle_j,
            max_w=None if energy is None else energy.max_w,
            idle_before_w=idle.before_w,
            idle_after_w=idle.after_w,
            window_s=window[1] - window[0],
            settle_s=raw.plan.settle_s,
            k=raw.k,
            rounds=len(rounds),
            tokens=raw.k * len(rounds),
            tokens_per_s=raw.k * len(rounds) / seconds if seconds else 0.0,
            method="counter" if raw.meter.shows == "joules" else "trapezoid",
            readings=0 if energy is None else energy.n_samples,
            distinct=0 if energy is None else energy.n_distinct,
            failed=raw.failed,
            achieved_hz=None if energy is None else energy.achieved_hz,
            max_gap_s=None if energy is None else energy.max_gap_s,
            clock_uncertainty_s=raw.uncertainty_s,
            sampler_cpu_s=raw.cpu_s,
            doubts=tuple((one.code, dict(one.numbers)) for one in power.doubts),
        )


def window_rounds_s(visit: MeteredVisit) -> tuple[float, ...]:
    """Seconds of each round that began in the window, going back to the sequence among them."""
    begin_s, _ = visit.spans_s[WINDOW]
    return tuple(after - before for before, after in pairwise(visit.stamps_s) if before >= begin_s)


def power_flags(visits: Sequence[Visit], *, rolls_back: bool = True) -> tuple[Flag, ...]:
    """What to know of a cell's power, and of its speed while the meter looked on.

    Where the draft's memory cannot be cut, going back is a part of the window's rounds and none of the timed ones: the
    two speeds are not of the same.
    """
    metered = [one.power for one in visits if one.power is not None]
    cell = over_passes([power for power, _ in _judged(metered)] if metered else [])
    doubts = [flag("power_doubt", text=in_words(one)) for one in cell.doubts]
    return (*doubts, *(_slower(visits) if rolls_back else ()))


def _slower(visits: Sequence[Visit]) -> Iterator[Flag]:
    """Where drafting in the window is another speed than in the timed rounds, beyond noise."""
    timed = [one.rounds_of(one.power.k) for one in visits if one.power is not None and one.power.k in one.rounds]
    rounds_s = [stamps[-1] - stamps[0] for one in timed for stamps in one.stamps_s]
    in_window = [one for visit in visits if visit.power is not None for one in window_rounds_s(visit.power)]
    if len(rounds_s) < 2 or len(in_window) < 2:
        return
    before, during = median_estimate(rounds_s), median_estimate(in_window)
    mean_s, doubt_s = mean(in_window), 2 * stdev(in_window) / math.sqrt(len(in_window))
    apart = during.low > before.high or during.high < before.low
    if apart and abs(during.value / before.value - 1) > APART:
        yield flag("window_speed", timed=before.value, window=during.value)
    # The watts are a mean over the whole window: a share of long rounds is in them, and in no median.
    elif mean_s - doubt_s > before.high and mean_s / before.value - 1 > APART:
        yield flag("window_speed", timed=before.value, window=mean_s)


def readings_of(visits: Sequence[Visit]) -> PowerSamples | None:
    """The readings of all visits, for the side file; None where no meter was read."""
    metered = [one.power for one in visits if one.power is not None]
    if not metered:
        return None
    facts = metered[-1].meter
    return PowerSamples(
        shows=facts.shows,
        channels=facts.channels,
        passes=tuple(
            MeterReadings(
                t_s=tuple(round(t_s, DIGITS) for t_s in one.t_s),
                values=one.values,
                stamps=one.stamps,
                spans_s=one.spans_s,
            )
            for one in metered
        ),
    )
