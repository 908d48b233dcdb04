"""Acceptance is counted, so it is compared exactly; where decoding samples, prompt by prompt.

Greedy decoding of fixed prompts with equal files gives equal counts, or something changed. That is a claim to test:
other threads, batch sizes or kernels break ties differently. A build that was counted twice and disagrees with itself
is NONDETERMINISTIC, and is then compared as if it sampled.

With sampling, the pooled rate accepted / drafted is compared, and its doubt comes from drawing prompts, never tokens:
the tokens of one prompt are not independent. Both sides are drawn in common, since a prompt is hard for both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.regression.metrics import check_floor
from configspec.regression.series import SeriesKey, Setup, first_difference
from configspec.regression.states import State, Verdict, share
from configspec.theory.statistics import resample_weights

FEWEST_PROMPTS = 8  # a bootstrap over fewer says little
_BLOCK = 1000  # resamples drawn at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptCounts:
    """Of one prompt. `matches`: whether the draft's token is the target's, position by position; None: not recorded."""

    prompt: str
    accepted: int
    drafted: int
    emitted: int
    matches: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one run counted, prompt by prompt, in the order of the prompt set."""

    series: SeriesKey
    setup: Setup
    prompts: tuple[PromptCounts, ...]

    @property
    def rate(self) -> float | None:
        """Accepted over drafted, pooled; None where nothing was drafted."""
        drafted = sum(one.drafted for one in self.prompts)
        return sum(one.accepted for one in self.prompts) / drafted if drafted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountDifference:
    """The first prompt whose counts differ; `position` is the first in it that does, where matches are known."""

    prompt: str
    what: str
    then: int
    now: int
    position: int | None = None

    def __str__(self) -> str:
        """As a message says it."""
        at = "" if self.position is None else f", first at position {self.position}"
        return f"prompt {self.prompt!r:.60}: {self.what} was {self.then}, is {self.now}{at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingRules:
    """`level`: the chance of a false alarm among all series together. `resamples` bounds how small a p can be."""

    floor: float = 0.03
    level: float = 0.05
    resamples: int = 10_000

    def __post_init__(self) -> None:
        check_floor(self.floor)


def first_count_difference(then: Counted, now: Counted) -> CountDifference | None:
    """The first prompt, in their order, of which anything that was counted differs; None where all is equal."""
    for old, new in zip(then.prompts, now.prompts, strict=False):
        if old.prompt != new.prompt:
            raise ValueError(
                f"{now.series}: equal setups, but the prompts are {old.prompt!r:.40} and {new.prompt!r:.40}"
            )
        position = _first_position(old.matches, new.matches)
        for what in ("accepted", "drafted", "emitted"):
            before, after = getattr(old, what), getattr(new, what)
            if before != after:
                return CountDifference(prompt=new.prompt, what=what, then=before, now=after, position=position)
        if position is not None:
            return _at_position(old, new, position)
    if len(then.prompts) != len(now.prompts):
        raise ValueError(f"{now.series}: equal setups, but {len(then.prompts)} prompts and {len(now.prompts)}")
    return None


def judge_exact(then: Sequence[Counted], now: Sequence[Counted]) -> Verdict:
    """Greedy counts of one or more runs of the earlier build, against those of the new one.

    Equal is PASS. A higher rate is IMPROVED; any other difference is REGRESSED, for something changed that should not.
    """
    first, old = now[0], then[0]
    for one in (*then, *now):
        difference = first_difference(old.setup, one.setup)
        if difference is not None:
            return _verdict(first, "INCOMPARABLE", str(difference))
    for which, runs in (("earlier", then), ("new", now)):
        for one in runs[1:]:
            itself = first_count_difference(runs[0], one)
            if itself is not None:
                return _verdict(first, "NONDETERMINISTIC", f"the {which} build disagrees with itself: {itself}")
    found = first_count_difference(old, first)
    if found is None:
        return _verdict(first, "PASS", "all counts are equal", ratio=1.0)
    before, after = old.rate, first.rate
    state: State = "IMPROVED" if before is not None and after is not None and after > before else "REGRESSED"
    return _verdict(first, state, str(found), ratio=after / before if before and after is not None else None)


def judge_sampled(
    then: Counted, now: Counted, rules: SamplingRules, rng: np.random.Generator, *, series: int = 1
) -> Verdict:
    """The pooled rates of one run a side, one of `series` that are judged together; prompts are drawn from `rng`.

    Raises:
        UsageError: So few resamples cannot show anything among so many series.
    """
    level = rules.level / max(series, 1)
    if 1 / (rules.resamples + 1) > level:
        raise UsageError(
            f"{rules.resamples} resamples show nothing among {series} series: take {math.ceil(1 / level)} at least"
        )
    difference = first_difference(then.setup, now.setup)
    if difference is not None:
        return _verdict(now, "INCOMPARABLE", str(difference))
    if [one.prompt for one in then.prompts] != [one.prompt for one in now.prompts]:
        return _verdict(now, "INCOMPARABLE", "the prompts differ")
    if len(now.prompts) < FEWEST_PROMPTS or not then.rate or now.rate is None:
        why = f"{len(now.prompts)} prompts, of which {FEWEST_PROMPTS} are needed, with an earlier rate above 0"
        return _verdict(now, "NO_BASELINE", why)
    return _sampled(then, now, now.rate / then.rate, rules, _drawn_ratios(then, now, rules.resamples, rng), level)


def _sampled(
    then: Counted, now: Counted, ratio: float, rules: SamplingRules, drawn: NDArray[np.float64], level: float
) -> Verdict:
    n = len(drawn)
    worse, better = (1 + int((drawn >= 1).sum())) / (n + 1), (1 + int((drawn <= 1).sum())) / (n + 1)
    below, above = ratio < 1 - rules.floor, ratio > 1 + rules.floor
    if worse <= level:
        state: State = "REGRESSED" if below else "WORSE_WITHIN_FLOOR"
    elif better <= level and above:
        state = "IMPROVED"
    else:
        state = "UNDECIDED" if below else "PASS"
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return Verdict(
        series=now.series,
        state=state,
        reason=f"{share(math.log(ratio)) if ratio else 'nothing accepted'} over {len(now.prompts)} prompts",
        ratio=ratio,
        low=low,
        high=high,
        confidence=0.95,
        runs=1,
        base_runs=1,
        floor=rules.floor,
        p=better if state == "IMPROVED" else worse,
        against="run",
    )


def _drawn_ratios(then: Counted, now: Counted, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The ratio of the rates over drawn prompts, shape (resamples,); a draw with an earlier rate of 0 counts as 1."""
    counts = np.array(
        [(a.accepted, a.drafted, b.accepted, b.drafted) for a, b in zip(then.prompts, now.prompts, strict=True)],
        dtype=np.float64,
    )
    blocks = [min(_BLOCK, resamples - begin) for begin in range(0, resamples, _BLOCK)]
    drawn = np.concatenate([resample_weights(len(counts), some, rng) @ counts for some in blocks])
    above, below = drawn[:, 2] * drawn[:, 1], drawn[:, 3] * drawn[:, 0]
    ratios: NDArray[np.float64] = np.divide(above, below, out=np.ones(resamples), where=below > 0)
    return ratios


def _first_position(then: tuple[bool, ...] | None, now: tuple[bool, ...] | None) -> int | None:
    """The first position, from 0, at which matches differ, also where one side ends; None where equal or unknown."""
    if then is None or now is None or then == now:
        return None
    pairs = enumerate(zip(then, now, strict=False))
    return next((place for place, (old, new) in pairs if old != new), min(len(then), len(now)))


def _at_position(old: PromptCounts, new: PromptCounts, position: int) -> CountDifference:
    """Where all sums are equal, and made of other tokens."""
    before, after = (sum((one.matches or ())[position : position + 1]) for one in (old, new))
    return CountDifference(prompt=new.prompt, what="tokens that match", then=before, now=after, position=position)


def _verdict(now: Counted, state: State, reason: str, ratio: float | None = None) -> Verdict:
    return Verdict(series=now.series, state=state, reason=reason, ratio=ratio, runs=1, base_runs=1, against="run")
