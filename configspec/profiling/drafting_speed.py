"""What the visits to one cell say of its drafting speed, at each K.

One measurement serves every K: rounds of the largest K carry a time stamp for each token, and the first K tokens of
such a round are a round of K. `separate` times each K on its own instead, to check that. Of several passes over a cell,
the figures are of those that agree with the fastest; the interval holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from configspec.devices.replies.model import TimedReturns, TimedRounds
from configspec.profiling.going_back import beginnings, going_back, pooled_returns
from configspec.profiling.passes import counted_visits, disagreement, samples_of
from configspec.profiling.visit import Timing, Visit
from configspec.records.drafting import Drafting
from configspec.records.facts import ModelFacts
from configspec.records.going_back import CUTS, NEVER
from configspec.records.passes import RecordedPass
from configspec.records.prefill import NOT_RECORDED, Prefill
from configspec.records.samples import RoundTimes, TimeSamples
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.passes import over_passes
from configspec.theory.slowness import far_below_memory, processors_taken, processors_waited_for, quota_reached
from configspec.theory.statistics import disturbed, median_estimate, too_few
from configspec.theory.timing import prefix_durations, round_estimate, tokens_per_s

CLOCK = "the device's monotonic clock"
NO_VISITS = "its rounds were not timed in passes"
NO_PROMPT = "the context has one token (sweep.depth), and nothing before it to evaluate"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftingTimes:
    """What a device needed to draft, for each K asked; `model` is the draft as the device opened it.

    `rounds` and `returns` are of the `visits` that count.
    """

    model: ModelFacts
    rounds: Mapping[int, TimedRounds]  # by K; the same for all K unless each K was timed on its own
    separate: bool
    sweep: SweepSpec
    where: str  # device and draft, for messages
    returns: TimedReturns | None = None  # where the draft's memory cannot be cut, and K may be above 1
    visits: tuple[Visit, ...] = ()

    def samples_s(self, k: int) -> tuple[float, ...]:
        """Seconds of each round of `k` tokens, on the device's clock."""
        return prefix_durations(self.rounds[k].stamps_s, k, where=self.where)

    def round_s(self, k: int) -> Estimate:
        """The median round of `k`, with its interval, which holds the median of every pass."""
        counted = round_estimate(self.rounds[k].stamps_s, k, where=self.where)
        return over_passes(counted, samples_of(self.visits, k, where=self.where))

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
        rounds = min([len(timed.stamps_s), *(len(one.rounds_of(k).stamps_s) for one in self._counted(k))])
        if rounds < sweep.rounds:
            flags.append(flag("rounds_cut", rounds=rounds, asked=sweep.rounds, seconds=sweep.seconds_per_cell))
        if timed.rounds_that_differ:
            flags.append(flag("other_tokens", rounds=timed.rounds_that_differ))
        if self.visits:
            flags += [*disagreement(self.visits, k, where=self.where), *self._even_slowness(k)]
        return tuple(flags)

    def _even_slowness(self, k: int) -> list[Flag]:
        """What slows all rounds alike, in the passes that count."""
        counted = self._counted(k)
        loads = [one.load for one in counted if one.load is not None]
        speeds = [one.memory.bytes_per_s for one in self.visits if one.memory is not None]
        found = (
            processors_taken(loads, self.model.threads),
            processors_waited_for(loads),
            quota_reached(loads),
            far_below_memory(
                token_s=self.round_s(k).value / k,
                weights_bytes=self.model.weights_bytes,
                memory_bytes_per_s=max(speeds, default=None),
            ),
        )
        return [one for one in found if one is not None]

    def _counted(self, k: int) -> list[Visit]:
        if not self.visits:
            return []
        return [one for one, counts in zip(self.visits, counted_visits(self.visits, k), strict=True) if counts]

    def prefill(self) -> Prefill | None:
        """How fast the context was evaluated in the visits that count; the interval holds the median of every one.

        None where it has one token.
        """
        of_all = [one.prefills for one in self.visits if one.prefills is not None]
        counted = [one.prefills for one in self._counted(max(self.rounds)) if one.prefills is not None] or of_all
        if not counted:
            return None
        tokens, where = counted[0].evaluated, f"{self.where}, its prompt"
        samples_s = tuple(one for timed in counted for one in prefix_durations(timed.stamps_s, 1, where=where))
        seconds = over_passes(median_estimate(samples_s), [one.samples_s for one in of_all])
        return Prefill(tokens_per_s=tokens_per_s(tokens, seconds), tokens=tokens, samples_s=samples_s)

    def _passes(self, k: int) -> tuple[RecordedPass, ...]:
        counted = counted_visits(self.visits, k, where=self.where)
        samples_s = samples_of(self.visits, k, where=self.where)
        return tuple(
            RecordedPass(
                began=one.began,
                counted=counts,
                round_samples_s=of_pass,
                load=one.load,
                load_reason=one.load_reason,
                memory=one.memory,
                memory_reason=one.memory_reason,
                heat=one.heat,
            )
            for one, counts, of_pass in zip(self.visits, counted, samples_s, strict=True)
        )

    def drafting(self, k: int, texts: Sequence[Sequence[float]] = ()) -> Drafting:
        """How long `k` tokens took, and how they were timed, for the row.

        `texts` has for each token of each text the probability that it came from an accepted draft.
        """
        timed, round_s = self.rounds[k], self.round_s(k)
        prefill = self.prefill()
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
            passes=self._passes(k) if self.visits else None,
            passes_reason=None if self.visits else NO_VISITS,
            prefill=prefill,
            prefill_reason=None if prefill else NO_PROMPT if timed.depth < 2 else NOT_RECORDED,
        )


def _token_s(rounds: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(after - before, 9) for before, after in pairwise(stamps)) for stamps in rounds)


def over_visits(model: ModelFacts, visits: Sequence[Visit], timing: Timing, *, where: str) -> DraftingTimes:
    """What the visits to a cell say together."""
    counted = {
        k: [one for one, counts in zip(visits, counted_visits(visits, k, where=where), strict=True) if counts]
        for k in timing.timed_ks
    }
    pooled = {k: _pooled([one.rounds_of(k) for one in some]) for k, some in counted.items()}
    largest = max(timing.ks)
    returns = [one.returns for one in counted[largest] if one.returns is not None]
    return DraftingTimes(
        model=model,
        rounds={k: pooled.get(k, pooled[largest]) for k in timing.ks},
        separate=timing.separate,
        sweep=timing.sweep,
        where=where,
        returns=pooled_returns(returns) if returns else None,
        visits=tuple(visits),
    )


def _pooled(parts: Sequence[TimedRounds]) -> TimedRounds:
    """The rounds of several passes as those of one; those of a pass that began with other tokens all differ."""
    first = parts[0]
    differ = (one.rounds_that_differ if one.tokens == first.tokens else len(one.stamps_s) for one in parts)
    return replace(
        first,
        rounds_that_differ=sum(differ),
        stamps_s=tuple(stamps_s for one in parts for stamps_s in one.stamps_s),
    )
