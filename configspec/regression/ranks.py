"""Whether the runs of one side lie lower than those of the other, with no assumption about their distribution.

    n, m    runs of the base, runs of the new side
    U       how many of the n * m pairs have the new value above the base's; a tie counts one half

The test is that of Mann and Whitney (1947), https://doi.org/10.1214/aoms/1177730491, exact: all C(n + m, m) ways of
choosing which runs are the new ones are counted. Tied values keep their mean rank, and the ways are counted given these
ties. The estimate is that of Hodges and Lehmann (1963), the median of the n * m differences; its interval holds every
shift that the same test, on both sides, does not reject.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from configspec.theory.figures import Estimate

MOST_A_SIDE = 60  # the ways are counted run by run; more runs a side than this nobody interleaves in a night


def p_lower(base: Sequence[float], new: Sequence[float]) -> float:
    """The chance of the new values ranking as low as they do, or lower, if both sides were alike."""
    ranks, m = _doubled_ranks([*_checked(base), *_checked(new)]), len(new)
    ways = _ways_of_sum(tuple(sorted(ranks)), m)
    return min(float(ways[: sum(ranks[len(base) :]) + 1].sum() / ways.sum()), 1.0)


def smallest_p(n: int, m: int) -> float:
    """The smallest p that n against m runs can show: when every new value is below every one of the base."""
    return 1 / math.comb(n + m, n)


def most_series(n: int, m: int, level: float = 0.05) -> int:
    """Among how many series the smallest p still rejects after Holm's correction; 0: not even alone."""
    return math.floor(level * math.comb(n + m, n) * (1 + 1e-12))


def shift_log(base: Sequence[float], new: Sequence[float], confidence: float = 0.95) -> Estimate:
    """By how much the new values lie above the base's: median of all differences, with the interval of the same test.

    The estimate's `confidence` is what the interval attains, in steps, where no values are tied. With so few runs that
    no interval has what was asked for, it is the smallest and the largest difference.
    """
    old, young = np.array(_checked(base)), np.array(_checked(new))
    differences = np.sort(np.subtract.outer(young, old).ravel())
    left_out, attained = _left_out(len(old), len(young), confidence)
    return Estimate(
        value=float(np.median(differences)),
        low=float(differences[left_out]),
        high=float(differences[-1 - left_out]),
        confidence=attained,
        n=len(old) + len(young),
    )


def critical_pairs(n: int, m: int, level: float) -> int | None:
    """The largest U whose p is at most `level`, where no values are tied; None where not even 0 is."""
    below = np.cumsum(_ways_of_pairs(n, m)) / math.comb(n + m, n)
    allowed = int(np.count_nonzero(below <= level * (1 + 1e-12)))
    return allowed - 1 if allowed else None


def _left_out(n: int, m: int, confidence: float) -> tuple[int, float]:
    """How many differences lie outside the interval at each end, and the confidence it attains."""
    below = np.cumsum(_ways_of_pairs(n, m)) / math.comb(n + m, n)
    # [D(c), D(nm + 1 - c)] holds the shift unless U <= c - 1 or U >= nm + 1 - c; the latter is as likely.
    c = max(int(np.count_nonzero(below[: (n * m + 1) // 2] <= (1 - confidence) / 2)), 1)
    return c - 1, max(float(1 - 2 * below[c - 1]), 0.0)


@lru_cache(maxsize=256)
def _ways_of_pairs(n: int, m: int) -> NDArray[np.float64]:
    """In how many ways U is 0, 1, .., n * m, without ties; shape (n * m + 1,)."""
    least = m * (m + 1)  # the new side has the ranks 1 .. m, doubled
    ways = _ways_of_sum(tuple(range(2, 2 * (n + m) + 1, 2)), m)
    return ways[least : least + 2 * n * m + 1 : 2]


@lru_cache(maxsize=256)
def _ways_of_sum(doubled_ranks: tuple[int, ...], m: int) -> NDArray[np.float64]:
    """In how many ways `m` of these ranks add up to 0, 1, .., the sum of all."""
    ways = np.zeros((m + 1, sum(doubled_ranks) + 1))
    ways[0, 0] = 1.0
    for rank in doubled_ranks:
        # A rank is in or out. The right side is made from the old table before any of it is replaced.
        ways[1:, rank:] = ways[1:, rank:] + ways[:-1, :-rank]
    of_m: NDArray[np.float64] = ways[m]
    return of_m


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each value, counted from 1, ties at their mean: whole numbers."""
    array = np.array(values)
    ordered = np.sort(array)
    first, last = np.searchsorted(ordered, array, "left"), np.searchsorted(ordered, array, "right")
    return [int(one) for one in first + last + 1]


def _checked(values: Sequence[float]) -> Sequence[float]:
    if not 1 <= len(values) <= MOST_A_SIDE or not all(map(math.isfinite, values)):
        raise ValueError(f"a side has 1 to {MOST_A_SIDE} finite values, not {len(values)}: {values!r:.80}")
    return values
