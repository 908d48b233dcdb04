"""Many series at once, and many ratios in one figure.

Holm (1979), https://www.jstor.org/stable/4615733: the chance of any false rejection among all series stays at the
level, however they depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p of each series, adjusted for all of them: one is rejected where its own is at most the level."""
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"a p lies between 0 and 1; found {p_values!r:.80}")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for behind, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - behind) * p_values[position]))
        adjusted[position] = largest
    return tuple(adjusted)


def geometric_mean(ratios: Sequence[float]) -> float:
    """The ratio whose logarithm is the mean of theirs: of 2 and 1/2 it is 1."""
    if not ratios or not all(0 < ratio < math.inf for ratio in ratios):
        raise ValueError(f"ratios are one or more finite numbers above 0, not {ratios!r:.80}")
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
