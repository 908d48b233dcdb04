"""In which share of rounds the first, the second, ... drafted token is accepted.

    K           tokens drafted per round
    m[t]        the probability that a drafted token at t of the text is accepted; 0 or 1 where decoding is greedy
    s[t]        the probability that a round starts at t (`expected.py`)
    reach(j)    rounds in which tokens 1..j are accepted:  sum over t of s[t] * m[t] * ... * m[t+j-1]

What is accepted in a round adds up to its accepted tokens, so sum of reach(j) over j = accepted. As everywhere, the
last round of a text counts as K drafted tokens: what lies behind the end of the text is not accepted.

The counts of several K do not tell reach(j): each K starts its rounds elsewhere in the text. With N(n) the number of
stretches of n matches or more, a round of K reaches j as often as N(j) + N(j+K+1) + N(j+2K+2) + ..., and the rounds of
all K up to the longest stretch would be needed to know N. Counts say that much only where a sum says it of its parts:
at K = 1, and where nothing or everything was accepted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from configspec.theory.acceptance.chain import checked_k
from configspec.theory.acceptance.expected import round_starts


def reached_by_position(accept: ArrayLike, k: int) -> tuple[float, tuple[float, ...]]:
    """Rounds of `k` that one text takes, and in how many of them each position is accepted, of k positions.

    Args:
        accept: m, shape (T,), each in [0, 1].
        k: Tokens drafted per round, 1 or more.

    Raises:
        ValueError: `k` or a probability cannot be.
    """
    m = np.asarray(accept, dtype=np.float64)
    reached = round_starts(m, checked_k(k))[:-1]  # (T,) of rounds from t, how many are accepted so far
    rounds, found = float(reached.sum()), [0.0] * k
    for position in range(min(k, m.size)):
        reached = reached[: m.size - position] * m[position:]
        found[position] = float(reached.sum())
    return rounds, tuple(found)


def shares_of_rate(k: int, rate: float) -> tuple[float, ...] | None:
    """The shares that the acceptance rate of rounds of `k` says by itself; None where it does not."""
    return (rate,) * k if k == 1 or rate in (0.0, 1.0) else None
