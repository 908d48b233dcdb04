"""What speculative decoding accepts on average, where chance decides: `chain.replay` of probabilities.

    K             tokens drafted per round
    y             the target's own text of T tokens, sampled from the target
    p[t], q[t]    the target's and the draft's distribution of token t, given the true text before it, after
                  temperature, top-k and top-p
    m[t]          the probability that a drafted token at t is accepted, given that the text has y[t] there
    s[t]          the probability that a round starts at t

Every rule leaves the output distributed as the target's, so y is sampled from the target alone, and given y the
positions accept independently. By the law of rejection sampling (Leviathan et al., 2023,
https://arxiv.org/abs/2211.17192, appendix A.1) a token is accepted and y with probability min(p(y), q(y)), and is y
with p(y); hence m of each rule:

    match-greedy-draft    1 where the draft's arg-max is y, else 0
    match-sample          q(y)
    rejection             min(1, q(y) / p(y))

As in the replay, the last round counts as K drafted tokens, so drafted = K * rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configspec.theory.acceptance.chain import checked_k
from configspec.theory.decoding import AcceptanceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCounts:
    """`Counts` where chance decides: what they are on average over all runs that give this text."""

    rounds: float
    accepted: float
    drafted: float
    catch_ups: float  # rounds that begin with two tokens to evaluate: the round before was accepted whole


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

    `chain.replay` is the case of zeros and ones. A token is the target's own, so that the next round starts behind it,
    where its position rejects or is the bonus position of a round that started K before and was accepted whole:

        s[0] = 1,    s[t+1] = 1 - m[t] + s[t-K] * m[t-K] * ... * m[t]    (no last term where t < K)

    Position t was accepted where no round starts behind it, 1 - s[t+1]. K + 1 values of s depend only on the K + 1
    before them, so they are computed together.
    """
    m = np.asarray(accept, dtype=np.float64)
    starts = round_starts(m, k)
    rounds, accepted = float(starts[:-1].sum()), float((1.0 - starts[1:]).sum())
    return ExpectedCounts(
        rounds=rounds,
        accepted=min(accepted, k * rounds),  # rounding alone can put it a hair beyond what was drafted
        drafted=k * rounds,
        catch_ups=_catch_ups(m, starts, k),
    )


def round_starts(m: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """s[t] of one text in rounds of `k`, shape (T + 1,); `m` as in `expected_counts`."""
    if not ((m >= 0) & (m <= 1)).all():  # NaN is neither
        raise ValueError("the probability that a token is accepted lies in 0..1")
    starts = np.concatenate(([1.0], 1.0 - m))
    step = checked_k(k) + 1
    if step <= m.size:
        whole = np.lib.stride_tricks.sliding_window_view(m, step).prod(axis=-1)  # (T - K,) m[t] * ... * m[t+K]
        for first in range(0, whole.size, step):
            last = min(first + step, whole.size)
            starts[first + step : last + step] += starts[first:last] * whole[first:last]
    return starts


def _catch_ups(m: NDArray[np.float64], starts: NDArray[np.float64], k: int) -> float:
    """How many rounds are accepted whole and followed by another: from t, those with t + K + 1 < T."""
    followed = max(0, m.size - k - 1)
    if followed == 0:
        return 0.0
    whole = np.lib.stride_tricks.sliding_window_view(m, k).prod(axis=-1)[:followed]
    return float(starts[:followed] @ whole)
