"""How often speculative decoding accepts, for every K, without running it.

    K             tokens drafted a round
    y             the target's own text, greedy or sampled, of T tokens
    matches[t]    the draft's arg-max, given the target's true text before t, is the target's own token t
    e(t)          the next mismatch at or after t
    p[t], q[t]    the target's and the draft's distribution of token t, given the true text before it, after
                  temperature, top-k and top-p
    m[t]          the probability that a drafted token at t is accepted, given that the text has y[t] there
    s[t]          the probability that a round starts at t

Up to the first mismatch of a round the draft's context is the true text, and what it proposes after one is
discarded. So a round that starts at t accepts min(K, e(t) - t) tokens, the target adds the next one itself, and the
next round starts behind that: one teacher-forced pass of the draft over the target's greedy text gives rounds,
accepted and drafted of every K exactly, up to near ties in floating point.

Where chance decides, the same pass gives what is to be expected. Every rule leaves the output distributed as the
target's, so y is sampled from the target alone, and given y the positions accept independently. By the law of
rejection sampling (Leviathan et al., 2023, https://arxiv.org/abs/2211.17192, appendix A.1) a token is accepted and y
with probability min(p(y), q(y)), and is y with p(y); hence m of each rule:

    match-greedy-draft    1 where the draft's arg-max is y, else 0
    match-sample          q(y)
    rejection             min(1, q(y) / p(y))

The end of a text cuts what can be accepted, not what was drafted: the last round counts as K drafted tokens, so
drafted = K * rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configspec.theory.decoding import AcceptanceRule
from configspec.theory.figures import Estimate
from configspec.theory.profile import Acceptance
from configspec.theory.statistics import resample_weights

FEW_PROMPTS = 10  # under this many, percentile intervals are visibly too narrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one prompt's text costs in draft-verify rounds of one K."""

    rounds: int
    accepted: int
    drafted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCounts:
    """`Counts` where chance decides: what they are on average over all runs that give this text."""

    rounds: float
    accepted: float
    drafted: float
    catch_ups: float  # rounds that begin with two tokens to evaluate: the round before was accepted whole


def replay(matches: Sequence[bool], k: int) -> Counts:
    """The counts of one prompt, identical to those of real greedy speculative decoding with `k` tokens a round."""
    return replay_each(matches, (k,))[0]


def replay_each(matches: Sequence[bool], ks: Iterable[int]) -> tuple[Counts, ...]:
    """`replay` for several K at once, in their order; the mismatches are looked for once."""
    next_mismatch = _next_mismatch(matches)
    return tuple(_walk(next_mismatch, _checked_k(k)) for k in ks)


def accept_probability(
    rule: AcceptanceRule, *, p_of_y: ArrayLike, q_of_y: ArrayLike, same_argmax: ArrayLike
) -> NDArray[np.float64]:
    """m[t] of each position of a text under `rule`; see above.

    Args:
        rule: How a drafted token is judged.
        p_of_y: The target's probability of the text's own token, shape (T,).
        q_of_y: The draft's, shape (T,).
        same_argmax: Whether the draft's arg-max is the text's own token, shape (T,).

    """
    p, q = np.asarray(p_of_y, dtype=np.float64), np.asarray(q_of_y, dtype=np.float64)
    if rule == "match-greedy-draft":
        return np.asarray(same_argmax, dtype=np.float64)
    if rule == "match-sample":
        return q
    return np.divide(q, p, out=np.ones(p.shape), where=q < p)


def expected_counts(accept: ArrayLike, k: int) -> ExpectedCounts:
    """What one text costs on average in rounds of `k`, if a token drafted at t is accepted with probability accept[t].

    `replay` is the case of zeros and ones. A token is the target's own, so that the next round starts behind it,
    where its position rejects or is the bonus position of a round that started K before and was accepted whole:

        s[0] = 1,    s[t+1] = 1 - m[t] + s[t-K] * m[t-K] * ... * m[t]    (no last term where t < K)

    Position t was accepted where no round starts behind it, 1 - s[t+1]. K + 1 values of s depend only on the K + 1
    before them, so they are computed together.
    """
    m = np.asarray(accept, dtype=np.float64)
    if not ((m >= 0) & (m <= 1)).all():  # NaN is neither
        raise ValueError("the probability that a token is accepted lies in 0..1")
    starts = np.concatenate(([1.0], 1.0 - m))  # (T + 1,) s
    step = _checked_k(k) + 1
    if step <= m.size:
        whole = np.lib.stride_tricks.sliding_window_view(m, step).prod(axis=-1)  # (T - K,) m[t] * ... * m[t+K]
        for first in range(0, whole.size, step):
            last = min(first + step, whole.size)
            starts[first + step : last + step] += starts[first:last] * whole[first:last]
    rounds, accepted = float(starts[:-1].sum()), float((1.0 - starts[1:]).sum())
    return ExpectedCounts(
        rounds=rounds,
        accepted=min(accepted, k * rounds),  # rounding alone can put it a hair beyond what was drafted
        drafted=k * rounds,
        catch_ups=_catch_ups(m, starts, k),
    )


def _catch_ups(m: NDArray[np.float64], starts: NDArray[np.float64], k: int) -> float:
    """How many rounds are accepted whole and followed by another: from t, those with t + K + 1 < T."""
    followed = max(0, m.size - k - 1)
    if followed == 0:
        return 0.0
    whole = np.lib.stride_tricks.sliding_window_view(m, k).prod(axis=-1)[:followed]
    return float(starts[:followed] @ whole)


def pooled(
    by_prompt: Sequence[tuple[float, float]],
    k: int,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 1000,
    prompts_sha256: str | None = None,
) -> Acceptance:
    """The acceptance rate over all prompts, accepted / drafted, from the (rounds, accepted) of each.

    The counts are whole from `replay`, and kept so; from `expected_counts` they are not.

    The interval resamples prompts, since the rounds of one text are not independent, and takes percentiles of the
    ratio of sums. One prompt shows nothing of how prompts differ: its interval is [0, 1], which is certain, with
    confidence 1; `too_few_prompts` words that for the reader.
    """
    _check_counts(by_prompt, _checked_k(k))
    counts = np.asarray(by_prompt, dtype=np.float64)  # (prompts, 2): rounds, accepted
    rounds, accepted = (sum(totals) for totals in zip(*by_prompt, strict=True))
    rate = accepted / (k * rounds)
    if len(by_prompt) == 1:
        estimate = Estimate(value=rate, low=0.0, high=1.0, confidence=1.0, n=1)
    else:
        drawn = resample_weights(len(counts), resamples, rng) @ counts  # (resamples, 2)
        # A prompt that the target answered with nothing has no round; all of a resample may be such prompts.
        drawn_rates = drawn[:, 1] / (k * np.maximum(drawn[:, 0], 1.0))
        tail = (1.0 - confidence) / 2
        low, high = np.quantile(drawn_rates, [tail, 1.0 - tail])
        # Rounding can put a quantile of equal ratios a hair beyond the ratio itself.
        low, high = min(float(low), rate), max(float(high), rate)
        estimate = Estimate(value=rate, low=low, high=high, confidence=confidence, n=len(counts))
    return Acceptance(
        rate=estimate,
        rounds=rounds,
        drafted=k * rounds,
        accepted=accepted,
        by_prompt=tuple(by_prompt),
        prompts_sha256=prompts_sha256,
    )


def too_few_prompts(prompts: int) -> str | None:
    """What to tell the reader of an acceptance rate from this many prompts, or None where they are enough."""
    if prompts == 1:
        return "1 prompt: how prompts differ is not known, so the acceptance rate has no interval but 0..1"
    if prompts < FEW_PROMPTS:
        return f"{prompts} prompts: the acceptance interval is too narrow with fewer than {FEW_PROMPTS}"
    return None


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


def _checked_k(k: int) -> int:
    if k < 1:
        raise ValueError(f"K is the number of tokens drafted a round, 1 or more, not {k}")
    return k


def _check_counts(by_prompt: Sequence[tuple[float, float]], k: int) -> None:
    if not any(rounds for rounds, _ in by_prompt):
        raise ValueError("an acceptance rate needs at least one round")
    for prompt, (rounds, accepted) in enumerate(by_prompt):
        if rounds < 0 or not 0 <= accepted <= k * rounds:
            raise ValueError(f"prompt {prompt}: {accepted} accepted in {rounds} rounds of {k} cannot be")
