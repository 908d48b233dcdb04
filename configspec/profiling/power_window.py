"""The power of a device while it drafts, measured in one visit: idle, a load that lasts, idle again.

    idle before    the draft is open, and nothing is asked of it
    settling       it drafts; a meter that averages forgets what was before
    window         it drafts on: watts and tokens/s are of the same seconds
    settling       the meter forgets the load
    idle after

The meter is read all the time, by the device where it can, and what it showed is kept as it is. What follows from it
is worked out later (`power_figures.py`), so that a better rule can be asked of an old recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configspec.devices.device import Device
from configspec.devices.metering import Meter, Sampled
from configspec.errors import UsageError
from configspec.records.bounds import Count, Figure, Seconds, Speculative
from configspec.records.meter import MeterFacts
from configspec.theory.power.doubts import in_words
from configspec.theory.power.samples import MeterTraits
from configspec.theory.power.window import WindowPlan, plan

BEFORE, WINDOW, AFTER = "idle before", "window", "idle after"
GUARD_S = 0.15  # of reading before and behind, so that each edge has a reading on both sides
PERIODS = 3.0  # as long, where the meter is slower than that
# More than anything draws there. USB Power Delivery 3.1 gives 48 V and 5 A at most
# (https://www.usb.org/usb-charger-pd); the largest cards that are sold take about 1.4 kW.
MOST_W_OF: Mapping[str, float] = {"usb-input": 240.0, "module": 2500.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a device drafts for its meter: rounds of `k`. `asked_s`: how long, None: as long as the meter needs.

    `budget_s` bounds all of it. `watts`: about what it draws, None: nobody knows; a counter's window depends on it.
    """

    k: int
    budget_s: float
    asked_s: float | None = None
    watts: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredVisit:
    """What a meter showed in one visit. Times are of the device's clock.

    `spans_s` has the parts of the visit that figures are made of. `stamps_s`: the beginnings of the rounds of `k` and
    the end of the last one, from when settling began. `uncertainty_s`: how far the times of readings may be off;
    `moved_s`: how far the clocks of meter and device moved apart.
    """

    meter: MeterFacts
    clock: str
    plan: WindowPlan
    spans_s: Mapping[str, tuple[Figure, Figure]]
    k: Speculative
    stamps_s: tuple[Figure, ...]
    t_s: tuple[Figure, ...]
    values: tuple[tuple[Figure | None, ...], ...]
    stamps: tuple[str | None, ...] | None
    failures: tuple[tuple[Figure, str], ...]
    failed: Count
    ended: str | None
    cpu_s: Seconds
    uncertainty_s: Seconds
    clock_reason: str | None
    moved_s: Seconds = 0.0

    def __post_init__(self) -> None:
        columns = [*self.values, *(() if self.stamps is None else (self.stamps,))]
        if len(self.values) != len(self.meter.channels) or any(len(one) != len(self.t_s) for one in columns):
            raise ValueError(f"{len(self.t_s)} times of {len(self.meter.channels)} channels, and other readings")
        if not self.spans_s.keys() >= {BEFORE, WINDOW, AFTER}:
            raise ValueError("a part of the visit is missing")


def traits_of(meter: MeterFacts) -> MeterTraits:
    """What the arithmetic asks of a meter."""
    most_w = MOST_W_OF.get(meter.boundary) if meter.supply_w is None else meter.supply_w
    return MeterTraits(period_s=meter.period_s, lag_s=meter.lag_s, step=meter.step, supply_w=most_w)


def planned(meter: MeterFacts, load: Load) -> WindowPlan:
    """How long each part takes; no window where the budget holds none."""
    budget_s = max(0.0, load.budget_s - 2 * guard_s(meter))
    return plan(traits_of(meter), meter.shows, watts=load.watts, asked_s=load.asked_s, budget_s=budget_s)


def guard_s(meter: MeterFacts) -> float:
    """How long the meter is read before the first part and behind the last."""
    return max(GUARD_S, PERIODS * meter.period_s)


def measure_power(device: Device, meter: Meter, load: Load) -> MeteredVisit:
    """Measure it; a draft is open, and a sequence begun, which is the same afterwards.

    Raises:
        UsageError: The budget holds no window.
        TestbedError: As `Device` raises it.
    """
    parts, metering = planned(meter.facts, load), device.metering
    if parts.cut is not None and parts.window_s <= 0:
        raise UsageError(f"{in_words(parts.cut)}: raise sweep.seconds_per_cell")
    meter.start()
    try:
        metering.idle(guard_s(meter.facts))
        before = metering.idle(parts.idle_s)
        drafted = metering.window(load.k, parts.settle_s + parts.window_s)
        if parts.settle_s:
            metering.idle(parts.settle_s)
        after = metering.idle(parts.idle_s)
        metering.idle(guard_s(meter.facts))
    finally:
        sampled = meter.stop()
    begin_s, end_s = drafted.stamps_s[0] + parts.settle_s, drafted.stamps_s[-1]
    spans_s = {
        BEFORE: (before.begin_s, before.end_s),
        WINDOW: (min(begin_s, end_s), end_s),
        AFTER: (after.begin_s, after.end_s),
    }
    return _metered(meter, parts, spans_s, load.k, drafted.stamps_s, sampled)


def _metered(
    meter: Meter,
    parts: WindowPlan,
    spans_s: Mapping[str, tuple[float, float]],
    k: int,
    stamps_s: tuple[float, ...],
    sampled: Sampled,
) -> MeteredVisit:
    read = sampled.readings
    return MeteredVisit(
        meter=meter.facts,
        clock=meter.clock,
        plan=parts,
        spans_s=spans_s,
        k=k,
        stamps_s=stamps_s,
        t_s=read.t_s,
        values=read.values,
        stamps=read.stamps,
        failures=read.failures,
        failed=read.failed,
        ended=read.ended,
        cpu_s=read.cpu_s,
        uncertainty_s=sampled.uncertainty_s,
        clock_reason=sampled.clock_reason,
        moved_s=sampled.moved_s,
    )
