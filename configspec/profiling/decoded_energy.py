"""The energy of a device over real speculative decoding, waiting included, beside what its profile predicts.

    measured    joules of every run, from its first round to its last token, over the tokens of all runs
    predicted   P * seconds of drafting + P_waiting * seconds of waiting, both as the replay and the turns have them,
                over the tokens of the same texts; P is the profile's, P_waiting that of the turns beside the runs

The meter is read from before the first run until after the last. Reading prompts, and the turns between runs, are no
part of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, nan, sqrt
from statistics import median

import numpy as np

from configspec.devices.device import Device
from configspec.devices.metering import Meter, Sampled, offset
from configspec.profiling.power_window import guard_s
from configspec.profiling.round_cost import Turns
from configspec.profiling.speculative import SpeculativeRun
from configspec.records.decoded import EndToEnd
from configspec.records.meter import MeterFacts
from configspec.records.power import Power
from configspec.theory.figures import Estimate
from configspec.theory.power.doubts import Doubt, in_words
from configspec.theory.power.integrate import energy_j
from configspec.theory.power.samples import Samples, Window
from configspec.theory.prediction import RoundCost, TextCost, drafting_and_waiting_s

PACES, LAGS = 2.0, 5.0  # of a meter, at least, in a run: else it shows the run's edges only
LAG_UNSURE = 0.3  # of the lag: chips tell how they average, and not how exact their clock is
TIMES = 1.96  # of a standard deviation, at 95 %
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredRuns:
    """What the meter showed while all runs were made; this host's times become the device's by `shift_s`."""

    meter: MeterFacts
    sampled: Sampled
    shift_s: float
    uncertainty_s: float


class RunMeter:
    """Reads a meter from `start` to `stop`; None reads nothing."""

    def __init__(self, device: Device, meter: Meter | None) -> None:
        self._device = device
        self._meter = meter
        self._shift = 0.0, 0.0

    def start(self) -> None:
        """Begin to read, and wait until it has shown something."""
        if self._meter is not None:
            self._shift = offset(lambda: self._device.processor_counts().t_s)
            self._meter.start()
            self._device.metering.idle(guard_s(self._meter.facts))

    def stop(self) -> MeteredRuns | None:
        """Wait until it has shown what is behind the last run, and read no more."""
        if self._meter is None:
            return None
        self._device.metering.idle(guard_s(self._meter.facts))
        sampled = self._meter.stop()
        shift_s, doubt_s = self._shift
        return MeteredRuns(meter=self._meter.facts, sampled=sampled, shift_s=shift_s, uncertainty_s=doubt_s)


def with_energy(
    found: EndToEnd, runs: Sequence[SpeculativeRun], metered: MeteredRuns | None, predicted_j: float | None, why: str
) -> EndToEnd:
    """The record with its energy; `why` is the reason where nothing was metered."""
    if metered is None:
        return replace(found, energy_reason=why, predicted_energy_j_per_token=predicted_j)
    measured = energy_of(runs, metered)
    if isinstance(measured, str):
        return replace(found, energy_reason=measured, predicted_energy_j_per_token=predicted_j)
    tokens = sum(len(run.tokens) for run in runs)
    return replace(
        found,
        energy_j=measured.value,
        energy_reason=None,
        energy_tokens=tokens,
        energy_j_per_token=_over(measured, tokens),
        predicted_energy_j_per_token=predicted_j,
    )


def energy_of(runs: Sequence[SpeculativeRun], metered: MeteredRuns) -> Estimate | str:
    """Joules of all runs together, or why they are not known.

    Each run has two edges, and how the power went between two readings there is not known: by so much the sum may be
    off, and edges err by themselves.
    """
    facts, read = metered.meter, metered.sampled.readings
    if metered.sampled.clock_reason is not None:
        return metered.sampled.clock_reason
    if read.ended is not None or len(read.t_s) < 2:
        return f"the meter stopped answering: {read.failures[-1][1] if read.failures else 'it gave no reading'}"
    samples, pace_s = _samples(metered), median(after - before for before, after in pairwise(read.t_s))
    shortest_s, needed_s = min(run.spent.total_s for run in runs), max(PACES * pace_s, LAGS * facts.lag_s)
    if shortest_s < needed_s:
        return (
            f"a run takes {shortest_s:.3g} s, and this meter needs {needed_s:.2g} s to show one: raise sweep.new_tokens"
        )
    joules, n = 0.0, 0
    for run in runs:
        begin_s = run.began_s + metered.shift_s
        window = Window(begin_s=begin_s, end_s=begin_s + run.spent.total_s)
        found = energy_j(samples, window)
        if isinstance(found, Doubt):
            return in_words(found)
        joules, n = joules + found, n + int(samples.inside(window).sum())
    unsure_s = hypot(pace_s / sqrt(12), LAG_UNSURE * facts.lag_s, metered.uncertainty_s + metered.sampled.uncertainty_s)
    half_j = TIMES * sqrt(2 * len(runs)) * _swing_w(samples) * unsure_s
    return Estimate(value=joules, low=max(0.0, joules - half_j), high=joules + half_j, confidence=CONFIDENCE, n=n)


def _swing_w(samples: Samples) -> float:
    """How far the power goes up and down, W."""
    total = samples.added.sum(axis=0)
    t_s = np.array(samples.t_s)
    watts = np.diff(total) / np.maximum(np.diff(t_s), 1e-9) if samples.shows == "joules" else total
    known = watts[np.isfinite(watts)]
    return float(np.ptp(known)) if known.size else 0.0


def predicted_j_per_token(
    texts: Sequence[TextCost], cost: RoundCost, drafting_w: float | None, waiting_w: float | None
) -> float | None:
    """What the profile predicts; None where its power, or that of waiting, is not known."""
    if drafting_w is None or waiting_w is None:
        return None
    parts = [drafting_and_waiting_s(text, cost) for text in texts]
    joules = sum(drafting_w * drafting_s + waiting_w * waiting_s for drafting_s, waiting_s in parts)
    return joules / sum(text.tokens for text in texts)


def waiting_power_w(turns: Sequence[Turns], metered: MeteredRuns | None, power: Power) -> float | None:
    """The power while the device waits for a verifier, as the turns beside the runs show it.

    It answers requests meanwhile, so that this is more than idle. Where no turn could be metered: idle power.
    """
    idle_w = None if power.idle_w is None else power.idle_w.value
    if metered is None or power.watts is None or metered.sampled.clock_reason or not metered.sampled.readings.t_s:
        return idle_w
    samples, joules, waiting_s, drafting_s = _samples(metered), 0.0, 0.0, 0.0
    for one in turns:
        begin_s, end_s = (time_s + metered.shift_s for time_s in one.span_s)
        found = energy_j(samples, Window(begin_s=begin_s, end_s=end_s)) if begin_s < end_s else 0.0
        if isinstance(found, Doubt):
            return idle_w
        joules, drafting_s = joules + found, drafting_s + one.on_device_s
        waiting_s += end_s - begin_s - one.on_device_s
    return max(0.0, joules - power.watts.value * drafting_s) / waiting_s if waiting_s > 0 else idle_w


def _samples(metered: MeteredRuns) -> Samples:
    facts, read = metered.meter, metered.sampled.readings
    return Samples(
        t_s=read.t_s,
        values=tuple(tuple(nan if one is None else one for one in column) for column in read.values),
        shows=facts.shows,
        adds=facts.adds,
        range_j=facts.range_j,
        stamps=read.stamps or (),
        failures=read.failures,
    )


def _over(joules: Estimate, tokens: int) -> Estimate:
    return replace(joules, value=joules.value / tokens, low=joules.low / tokens, high=joules.high / tokens)
