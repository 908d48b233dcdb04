"""One cell on one device: open the draft, fill the context to its depth, time rounds of K.

One measurement serves every K: rounds of the largest K carry a time stamp for each token, and the first K tokens of
such a round are a round of K. `separate` times each K on its own instead, to check that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from configspec.devices.device import Device
from configspec.devices.replies import TimedReturns, TimedRounds
from configspec.profiling.going_back import beginnings, going_back, time_returns
from configspec.profiling.staging import StagedModel
from configspec.records.facts import ModelFacts
from configspec.records.going_back import CUTS, NEVER
from configspec.records.row import Drafting
from configspec.records.samples import RoundTimes, TimeSamples
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.statistics import disturbed, too_few
from configspec.theory.timing import prefix_durations, round_estimate

CLOCK = "the device's monotonic clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftingTimes:
    """What a device needed to draft, for each K asked; `model` is the draft as the device opened it."""

    model: ModelFacts
    rounds: Mapping[int, TimedRounds]  # by K; the same for all K unless each K was timed on its own
    separate: bool
    sweep: SweepSpec
    where: str  # device and draft, for messages
    returns: TimedReturns | None = None  # where the draft's memory cannot be cut, and K may be above 1

    def samples_s(self, k: int) -> tuple[float, ...]:
        """Seconds of each round of `k` tokens, on the device's clock."""
        return prefix_durations(self.rounds[k].stamps_s, k, where=self.where)

    def round_s(self, k: int) -> Estimate:
        """The median round of `k`, with its interval."""
        return round_estimate(self.rounds[k].stamps_s, k, where=self.where)

    def token_times(self) -> TimeSamples:
        """Seconds of every token, for the side file: of the largest K, or of each K where each was timed on its own."""
        asked = sorted(self.rounds) if self.separate else [max(self.rounds)]
        return TimeSamples(
            rounds=tuple(RoundTimes(k=k, token_s=_token_s(self.rounds[k].stamps_s)) for k in asked),
            beginnings=() if self.returns is None else beginnings(self.returns),
        )

    def flags(self, k: int) -> tuple[Flag, ...]:
        """What the reader should know before using the figures of `k`."""
        timed, samples_s, sweep = self.rounds[k], self.samples_s(k), self.sweep
        flags = [doubt for doubt in (disturbed(samples_s), too_few(samples_s)) if doubt]
        rounds = len(timed.stamps_s)
        if rounds < sweep.rounds:
            flags.append(flag("rounds_cut", rounds=rounds, asked=sweep.rounds, seconds=sweep.seconds_per_cell))
        if timed.rounds_that_differ:
            flags.append(flag("other_tokens", rounds=timed.rounds_that_differ))
        return tuple(flags)

    def drafting(self, k: int, texts: Sequence[Sequence[float]] = ()) -> Drafting:
        """How long `k` tokens took, and how they were timed, for the row.

        `texts` has for each token of each text the probability that it came from an accepted draft.
        """
        timed, round_s = self.rounds[k], self.round_s(k)
        back = None if self.returns is None or k == 1 else going_back(self.returns, texts, k)
        return Drafting(
            tokens_per_s=tokens_per_s(k, round_s),
            round_s=round_s,
            round_samples_s=self.samples_s(k),
            method="separate rounds" if self.separate else "shared rounds",
            clock=CLOCK,
            timed_k=timed.k,
            depth_tokens=timed.depth,
            rounds=len(timed.stamps_s),
            rounds_asked=self.sweep.rounds,
            warmup_rounds=timed.warmup,
            seconds_allowed=self.sweep.seconds_per_cell,
            going_back=back,
            going_back_reason=None if back else NEVER if self.model.rolls_back is False else CUTS,
        )


def tokens_per_s(k: int, round_s: Estimate) -> Estimate:
    """Drafting throughput: K over the time of a round, so its bounds change places."""
    return Estimate(
        value=k / round_s.value,
        low=k / round_s.high,
        high=k / round_s.low,
        confidence=round_s.confidence,
        n=round_s.n,
    )


def _token_s(rounds: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(after - before, 9) for before, after in pairwise(stamps)) for stamps in rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What is timed: every K of `ks`, from a context of `context` tokens, within the sweep's bounds."""

    context: Sequence[int]
    ks: Sequence[int]
    sweep: SweepSpec
    separate: bool


def time_drafting(device: Device, staged: StagedModel, timing: Timing) -> DraftingTimes:
    """Time rounds of every K on `device`.

    Raises:
        UsageError: The model cannot be opened, does not fit into memory with its context's cache, or the context and K
            do not fit.
        TestbedError: The device was lost, or its clock stood still.
    """
    facts = device.open_model(staged.path, staged.llama_cpp, cache_bytes=staged.cache_bytes)
    device.prefill(timing.context)
    sweep = timing.sweep

    def timed(k: int) -> TimedRounds:
        return device.timed_rounds(k, rounds=sweep.rounds, warmup=sweep.warmup_rounds, seconds=sweep.seconds_per_cell)

    apart = timing.ks if timing.separate else [max(timing.ks)]
    found = {k: timed(k) for k in apart}
    return DraftingTimes(
        model=facts,
        rounds={k: found.get(k, found[max(timing.ks)]) for k in timing.ks},
        separate=timing.separate,
        sweep=sweep,
        where=f"{device.name}, {staged.path.name}",
        returns=time_returns(device, facts, max(timing.ks), sweep),
    )
