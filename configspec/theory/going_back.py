"""What a rejection costs a draft whose memory cannot be cut: a recurrent or a hybrid model.

    K, j        tokens drafted a round; of them accepted
    N[j]        rounds of a text that accept j and are followed by another, j = 0..K-2; on average, where chance decides
    b           restore_s      seconds to write a copy of the memory back
    e(m)        again_s        seconds that a round takes more where m tokens are pending instead of one

A round copies its memory behind the tokens that are the target's own. After j of K the draft has evaluated the first
K - 1 tokens that it drafted. So where j >= K - 1 nothing is taken back; else the copy is written back, and the next
round begins with j + 1 tokens pending: the accepted ones, evaluated again, and the target's own.

    seconds of going back, of a text    sum over j = 0..K-2 of N[j] * (b + e(j + 1)),    e(1) = 0

The copy itself is a part of every round of 2 or more tokens, and of its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configspec.theory.acceptance.expected import round_starts

MOST_POINTS = 5  # numbers of pending tokens that are timed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCost:
    """What going back takes, seconds; nothing of it is below 0.

    `again_s` holds (m, e(m)) for rising m. Between two of them e is a straight line, and it is level behind the last.
    """

    restore_s: float
    again_s: tuple[tuple[int, float], ...] = ((1, 0.0),)

    def __post_init__(self) -> None:
        numbers = [m for m, _ in self.again_s]
        if not numbers or numbers != sorted(set(numbers)) or numbers[0] < 1:
            raise ValueError(f"again_s is of rising numbers of pending tokens, 1 or more, not {numbers!r:.60}")
        check_costs(restore_s=self.restore_s, **{f"again_s of {m}": seconds for m, seconds in self.again_s})

    def seconds(self, accepted: int) -> float:
        """Of going back after that many tokens were accepted."""
        numbers, more_s = zip(*self.again_s, strict=True)
        return self.restore_s + float(np.interp(accepted + 1, numbers, more_s))


def check_costs(**costs_s: float) -> None:
    """ValueError where one is below 0 or not finite: no part of a round takes less than no time."""
    for name, cost_s in costs_s.items():
        if not (math.isfinite(cost_s) and cost_s >= 0):
            raise ValueError(f"{name} is {cost_s!r:.24}; a cost is finite, and 0 or more")


def return_cost(restore_s: float, drafting_s: Mapping[int, float]) -> ReturnCost:
    """What going back costs, from what was timed.

    Args:
        restore_s: Seconds to write the copy back.
        drafting_s: Of each number of pending tokens that was timed, 1 among them: seconds until the same number of
            tokens were drafted. More pending tokens take no less time: where the clock says so, it was noise.

    """
    once_s, more_s = drafting_s[1], 0.0
    again_s: list[tuple[int, float]] = []
    for m, seconds in sorted(drafting_s.items()):
        more_s = max(more_s, seconds - once_s)
        again_s.append((m, more_s))
    return ReturnCost(restore_s=restore_s, again_s=tuple(again_s))


def pending_points(k: int, most: int = MOST_POINTS) -> tuple[int, ...]:
    """Which numbers of pending tokens are timed for rounds of `k`: 1, K - 1 and some between; none where K is 1."""
    largest = k - 1
    if largest < 1:
        return ()
    return tuple(sorted({round(float(point)) for point in np.linspace(1, largest, min(most, largest))}))


def expected_returns(accept: ArrayLike, k: int) -> NDArray[np.float64]:
    """N[j] of one text in rounds of `k`, shape (K - 1,).

    Args:
        accept: For each token of the text, the probability that a token drafted there is accepted, shape (T,).
        k: Tokens drafted per round.

    """
    m = np.asarray(accept, dtype=np.float64)
    reached = round_starts(m, k)[:-1]  # (T,) that a round starts at t, and has accepted the j tokens from there
    found = np.zeros(k - 1)
    for j in range(min(k - 1, m.size - 1)):
        reached = reached[: m.size - j - 1]  # those that another round follows
        found[j] = float(reached @ (1.0 - m[j : j + reached.size]))
        reached = reached * m[j : j + reached.size]
    return found


def going_back_s(returns: Iterable[float], cost: ReturnCost) -> float:
    """Seconds of going back, of rounds of which so many accepted 0, 1, 2, ... tokens."""
    return sum(count * cost.seconds(accepted) for accepted, count in enumerate(returns))


def total_returns(texts: Sequence[ArrayLike], k: int) -> NDArray[np.float64]:
    """N[j] of several texts together, shape (K - 1,)."""
    return sum((expected_returns(text, k) for text in texts), np.zeros(k - 1))
