"""The power of a cell over several passes: windows over the same load, far apart in time.

    value      the joules of all passes that count over their seconds
    interval   holds that of each pass, widened by how its equal parts lie about their mean (batch means with a factor
               of Student): what is drawn when a load goes on like this, and not in one window only

A pass without watts does not count. One with a flag that is about its watts does not either, where another has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from configspec.theory.figures import Estimate
from configspec.theory.power.doubts import Code, Doubt, in_words, reason
from configspec.theory.power.energy_figures import NO_IDLE, Idle
from configspec.theory.power.estimate import CONFIDENCE, WindowPower, window_power
from configspec.theory.power.quality import judged, pace_s, short_window, wrong_unit
from configspec.theory.power.samples import MeterTraits, Samples, Window
from configspec.theory.power.window import needed_s
from configspec.theory.student import two_sided

ABOUT_THE_WATTS: frozenset[Code] = frozenset({"short_window", "gap", "sensor_error", "counter_coarse"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PassPower:
    """One pass: its power, None where its doubts have a reason, and what else is to know."""

    power: WindowPower | None
    doubts: tuple[Doubt, ...] = ()

    @property
    def reason(self) -> str | None:
        """Why there is no power; None where there is."""
        return reason(self.doubts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPower:
    """All passes over a cell.

    Attributes:
        watts: None with a `reason`.
        energy_j: Of the passes that count, together; in `window_s` seconds; None where none counts.
        energy_above_idle_j: The same, less idle; None where idle is not known of each.
        left_out: For each pass why it does not count; None where it does.
        doubts: Flags of the passes that count, each code once.

    """

    watts: Estimate | None
    reason: str | None
    energy_j: float | None
    energy_above_idle_j: float | None
    window_s: float
    left_out: tuple[str | None, ...]
    doubts: tuple[Doubt, ...] = ()


def pass_power(
    samples: Samples,
    window: Window,
    meter: MeterTraits,
    *,
    idle: Idle = NO_IDLE,
    uncertainty_s: float = 0.0,
    known_w: float | None = None,
) -> PassPower:
    """One window judged: its power, or the reasons why there is none, and its flags.

    `known_w` is what an independent meter shows of this load; the other arguments are those of `window_power`.
    """
    found = window_power(samples, window, meter, idle, uncertainty_s)
    if isinstance(found, Doubt):
        return PassPower(power=None, doubts=(found,))
    energy = found.energy
    paced = replace(meter, period_s=pace_s(samples, window, meter))
    rules = [
        *judged(samples, window, meter, energy, idle),
        short_window(window, energy.n_samples, needed_s(paced, samples.shows, energy.mean_w)),
        wrong_unit(energy.mean_w, known_w),
    ]
    doubts = tuple(one for one in rules if one is not None)
    return PassPower(power=None if reason(doubts) else found, doubts=doubts)


def over_passes(passes: Sequence[PassPower]) -> CellPower:
    """The power of a cell."""
    clean = any(one.power is not None and not _flagged(one) for one in passes)
    left_out = tuple(_left_out(one, clean) for one in passes)
    counted = [one for one, why in zip(passes, left_out, strict=True) if why is None]
    powers = [one.power for one in counted if one.power is not None]
    above = [power.energy.energy_above_idle_j for power in powers]
    known = [one for one in above if one is not None]
    return CellPower(
        watts=_pooled(powers) if powers else None,
        reason=None if powers else _no_watts(left_out),
        energy_j=math.fsum(power.energy.energy_j for power in powers) if powers else None,
        energy_above_idle_j=math.fsum(known) if powers and len(known) == len(above) else None,
        window_s=math.fsum(power.energy.window_s for power in powers),
        left_out=left_out,
        doubts=tuple({doubt.code: doubt for one in counted for doubt in one.doubts}.values()),
    )


def load_interval(power: WindowPower) -> tuple[float, float]:
    """Between which watts the mean of a load lies that goes on as in this window."""
    watts, parts = power.watts, len(power.parts_w)
    if parts < 2:
        return watts.low, watts.high
    half_w = two_sided(CONFIDENCE, parts - 1) * stdev(power.parts_w) / math.sqrt(parts)
    low = watts.value - math.hypot(watts.value - watts.low, half_w)
    high = watts.value + math.hypot(watts.high - watts.value, half_w)
    return min(max(low, 0.0), watts.low), high


def _pooled(powers: Sequence[WindowPower]) -> Estimate:
    value = fmean([one.energy.mean_w for one in powers], [one.energy.window_s for one in powers])
    intervals = [load_interval(one) for one in powers]
    return Estimate(
        value=value,
        low=min([value, *(low for low, _ in intervals)]),
        high=max([value, *(high for _, high in intervals)]),
        confidence=min(one.watts.confidence for one in powers),
        n=sum(one.watts.n for one in powers),
    )


def _flagged(one: PassPower) -> list[Doubt]:
    return [doubt for doubt in one.doubts if doubt.code in ABOUT_THE_WATTS]


def _left_out(one: PassPower, clean: bool) -> str | None:
    if one.power is None:
        return one.reason or "its power was not measured"
    flagged = _flagged(one)
    return "; ".join(map(in_words, flagged)) if clean and flagged else None


def _no_watts(left_out: Sequence[str | None]) -> str:
    whys = list(dict.fromkeys(why for why in left_out if why))
    return "; ".join(whys) or "its power was not measured"
