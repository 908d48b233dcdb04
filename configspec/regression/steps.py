"""The levels that a series of nights had: a piecewise constant fit, for a chart. Information, no gate.

    x(1) .. x(n)    log values, oldest first
    cost            the sum of |x - median| over a level
    penalty         what a further level has to save

The fit with the least cost and penalties together is found by dynamic programming over where the last level begins
(Jackson et al. 2005, https://doi.org/10.1109/LSP.2001.838216). Absolute deviations, and a least length of a level, keep
a single odd night from becoming one; asv's step detection has the same idea. Time grows with the square of the nights.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from configspec.regression.spread import robust_sd

SHORTEST = 3  # nights
PENALTY_SPREADS = 2.0  # times the log of the number of nights: noise alone has a step in 2 to 5 % of series


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The nights from `begin` up to, not including, `end`, and their median."""

    begin: int
    end: int
    value: float


def levels(values: Sequence[float], *, penalty: float | None = None, shortest: int = SHORTEST) -> tuple[Level, ...]:
    """The levels of these values, oldest first; one where nothing changed, none where there are no values.

    Without a `penalty` it follows from the noise from one night to the next, which steps hardly touch.
    """
    if not all(map(math.isfinite, values)) or shortest < 1:
        raise ValueError(f"levels are of finite values and at least one night long; found {values!r:.80}")
    if not values:
        return ()
    price = _penalty(values) if penalty is None else penalty
    begins = _begins(values, price, shortest)
    found, end = [], len(values)
    while end:
        begin = begins[end]
        found.append(Level(begin=begin, end=end, value=float(np.median(values[begin:end]))))
        end = begin
    return tuple(reversed(found))


def _begins(values: Sequence[float], penalty: float, shortest: int) -> list[int]:
    """Where the last level begins in the best fit of the first 0, 1, .., n values."""
    n = len(values)
    best, begins = [0.0] + [math.inf] * n, [0] * (n + 1)
    # Forwards: when a level begins at `begin`, the best fit of what is before it is final.
    for begin in range(n):
        price = best[begin] + (penalty if begin else 0.0)
        if math.isinf(price):
            continue
        for end, cost in enumerate(_costs(values, begin), begin + 1):
            long_enough = end - begin >= shortest or (begin == 0 and end == n)
            if long_enough and price + cost < best[end]:
                best[end], begins[end] = price + cost, begin
    return begins


def _costs(values: Sequence[float], begin: int) -> Iterator[float]:
    """The cost of a level from `begin` on, one value longer each time."""
    ordered: list[float] = []
    cost = 0.0
    for value in values[begin:]:
        if ordered:
            # Any point between the middle two is a median, and the nearest of them stays one with the new value.
            low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
            cost += max(low - value, value - high, 0.0)
        insort(ordered, value)
        yield cost


def _penalty(values: Sequence[float]) -> float:
    if len(values) < 3:
        return math.inf
    return PENALTY_SPREADS * math.log(len(values)) * robust_sd(np.diff(values).tolist()) / math.sqrt(2)
