"""How often speculative decoding accepts a chain of drafted tokens, for every K, without running it.

    K             tokens drafted per round
    y             the target's own text, greedy or sampled, of T tokens
    matches[t]    the draft's arg-max, given the target's true text before t, is the target's own token t
    e(t)          the next mismatch at or after t

Up to the first mismatch of a round the draft's context is the true text, and what it proposes after one is
discarded. So a round that starts at t accepts min(K, e(t) - t) tokens, the target adds the next one itself, and the
next round starts behind that: one teacher-forced pass of the draft over the target's greedy text gives rounds,
accepted and drafted of every K exactly, up to near ties in floating point. `expected.py` has what is to be expected
where chance decides.

The end of a text cuts what can be accepted, not what was drafted: the last round counts as K drafted tokens, so
drafted = K * rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, flag
from configspec.theory.profile import Acceptance
from configspec.theory.statistics import resample_weights

CONFIDENCE = 0.95  # of the interval of an acceptance rate
FEW_PROMPTS = 10  # under this many, percentile intervals are visibly too narrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one prompt's text costs in draft-verify rounds of one K."""

    rounds: int
    accepted: int
    drafted: int


def replay(matches: Sequence[bool], k: int) -> Counts:
    """The counts of one prompt, identical to those of real greedy speculative decoding with `k` tokens per round."""
    return replay_each(matches, (k,))[0]


def replay_each(matches: Sequence[bool], ks: Iterable[int]) -> tuple[Counts, ...]:
    """`replay` for several K at once, in their order; the mismatches are looked for once."""
    next_mismatch = _next_mismatch(matches)
    return tuple(_walk(next_mismatch, checked_k(k)) for k in ks)


def pooled(
    by_prompt: Sequence[tuple[float, float]],
    k: int,
    *,
    rng: np.random.Generator,
    resamples: int = 1000,
    prompts_sha256: str | None = None,
) -> Acceptance:
    """The acceptance rate over all prompts, accepted / drafted, from the (rounds, accepted) of each.

    The counts are whole from `replay`, and kept so; from `expected_counts` they are not.

    The interval resamples prompts, since the rounds of one text are not independent, and takes percentiles of the
    ratio of sums. One prompt shows nothing of how prompts differ: its interval is [0, 1], which is certain, with
    confidence 1; `too_few_prompts` flags that.
    """
    _check_counts(by_prompt, checked_k(k))
    counts = np.asarray(by_prompt, dtype=np.float64)  # (prompts, 2): rounds, accepted
    rounds, accepted = (sum(totals) for totals in zip(*by_prompt, strict=True))
    rate = accepted / (k * rounds)
    if len(by_prompt) == 1:
        estimate = Estimate(value=rate, low=0.0, high=1.0, confidence=1.0, n=1)
    else:
        drawn = resample_weights(len(counts), resamples, rng) @ counts  # (resamples, 2)
        # A prompt that the target answered with nothing has no round; all of a resample may be such prompts.
        drawn_rates = drawn[:, 1] / (k * np.maximum(drawn[:, 0], 1.0))
        tail = (1.0 - CONFIDENCE) / 2
        low, high = np.quantile(drawn_rates, [tail, 1.0 - tail])
        # Rounding can put a quantile of equal ratios a hair beyond the ratio itself.
        low, high = min(float(low), rate), max(float(high), rate)
        estimate = Estimate(value=rate, low=low, high=high, confidence=CONFIDENCE, n=len(counts))
    return Acceptance(
        rate=estimate,
        rounds=rounds,
        drafted=k * rounds,
        accepted=accepted,
        by_prompt=tuple(by_prompt),
        prompts_sha256=prompts_sha256,
    )


def too_few_prompts(prompts: int) -> Flag | None:
    """What to know of an acceptance rate from this many prompts: one has no interval but 0..1, few a narrow one."""
    return flag("few_prompts", prompts=prompts, needed=FEW_PROMPTS) if prompts < FEW_PROMPTS else None


def _next_mismatch(matches: Sequence[bool]) -> list[int]:
    """e(t) for each t of the text; the end of the text stops a round as a mismatch does."""
    nearest = len(matches)
    found = [0] * len(matches)
    for t in range(len(matches) - 1, -1, -1):
        if not matches[t]:
            nearest = t
        found[t] = nearest
    return found


def _walk(next_mismatch: Sequence[int], k: int) -> Counts:
    rounds = accepted = t = 0
    while t < len(next_mismatch):
        gained = min(k, next_mismatch[t] - t)
        accepted += gained
        rounds += 1
        t += gained + 1
    return Counts(rounds=rounds, accepted=accepted, drafted=k * rounds)


def checked_k(k: int) -> int:
    """`k`, or a ValueError where no round drafts that many."""
    if k < 1:
        raise ValueError(f"K is the number of tokens drafted per round, 1 or more, not {k}")
    return k


def _check_counts(by_prompt: Sequence[tuple[float, float]], k: int) -> None:
    if not any(rounds for rounds, _ in by_prompt):
        raise ValueError("an acceptance rate needs at least one round")
    for prompt, (rounds, accepted) in enumerate(by_prompt):
        if rounds < 0 or not 0 <= accepted <= k * rounds:
            raise ValueError(f"prompt {prompt}: {accepted} accepted in {rounds} rounds of {k} cannot be")
