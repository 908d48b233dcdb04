"""The energy of a device over real speculative decoding, waiting included, beside what its profile predicts.

    measured    joules of every run, from its first round to its last token, over the tokens of all runs
    predicted   P * seconds of drafting + P_idle * seconds of waiting, both as the replay and the turns have them, over
                the tokens of the same texts

The meter is read from before the first run until after the last. Reading prompts, and the turns between runs, are no
part of either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.devices.device import Device
from configspec.devices.metering import Meter, Sampled, offset
from configspec.profiling.power_window import guard_s, traits_of
from configspec.profiling.speculative import SpeculativeRun
from configspec.records.decoded import EndToEnd
from configspec.records.meter import MeterFacts
from configspec.records.power import Power
from configspec.theory.figures import Estimate
from configspec.theory.power.doubts import Doubt, in_words
from configspec.theory.power.estimate import CONFIDENCE, window_power
from configspec.theory.power.samples import Samples, Window
from configspec.theory.prediction import RoundCost, TextCost, drafting_and_waiting_s

PERIODS = 10  # of the meter, at least, in a run: else its edges are most of it


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
    """Joules of all runs together, or why they are not known."""
    facts, read = metered.meter, metered.sampled.readings
    if metered.sampled.clock_reason is not None:
        return metered.sampled.clock_reason
    if read.ended is not None or not read.t_s:
        return f"the meter stopped answering: {read.failures[-1][1] if read.failures else 'it gave no reading'}"
    shortest_s = min(run.spent.total_s for run in runs)
    if shortest_s < PERIODS * facts.period_s:
        return (
            f"a run takes {shortest_s:.3g} s, and the meter has a new value every {facts.period_s:g} s: raise "
            "sweep.new_tokens"
        )
    samples, joules, doubt_j2, n = _samples(metered), 0.0, 0.0, 0
    for run in runs:
        begin_s = run.began_s + metered.shift_s
        window = Window(begin_s=begin_s, end_s=begin_s + run.spent.total_s)
        uncertainty_s = metered.uncertainty_s + metered.sampled.uncertainty_s
        power = window_power(samples, window, traits_of(facts), uncertainty_s=uncertainty_s)
        if isinstance(power, Doubt):
            return in_words(power)
        joules += power.energy.energy_j
        doubt_j2 += ((power.watts.high - power.watts.value) * window.length_s) ** 2  # edges of runs err by themselves
        n += power.watts.n
    half_j = math.sqrt(doubt_j2)
    return Estimate(value=joules, low=max(0.0, joules - half_j), high=joules + half_j, confidence=CONFIDENCE, n=n)


def predicted_j_per_token(texts: Sequence[TextCost], cost: RoundCost, power: Power) -> float | None:
    """What the profile predicts; None where its power, or that of waiting, is not known."""
    if power.watts is None or power.idle_w is None:
        return None
    parts = [drafting_and_waiting_s(text, cost) for text in texts]
    joules = sum(power.watts.value * drafting_s + power.idle_w.value * waiting_s for drafting_s, waiting_s in parts)
    return joules / sum(text.tokens for text in texts)


def _samples(metered: MeteredRuns) -> Samples:
    facts, read = metered.meter, metered.sampled.readings
    return Samples(
        t_s=read.t_s,
        values=tuple(tuple(math.nan if one is None else one for one in column) for column in read.values),
        shows=facts.shows,
        adds=facts.adds,
        range_j=facts.range_j,
        stamps=read.stamps or (),
        failures=read.failures,
    )


def _over(joules: Estimate, tokens: int) -> Estimate:
    return replace(joules, value=joules.value / tokens, low=joules.low / tokens, high=joules.high / tokens)
