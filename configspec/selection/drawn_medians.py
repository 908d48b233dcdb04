"""The medians of bootstrap resamples, without sorting any of them.

    n           samples
    X(1..n)     them, from the smallest to the largest
    c(1..n)     how often a resample has drawn each of them; their sum is n

The t-th smallest that a resample has drawn is the first X(i) with c(1) + ... + c(i) >= t. The median is the mean of the
two in the middle, or the one. Several lists of samples whose draws are in common need the counts only once.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from configspec.selection.repeated_draws import RepeatedDraws

DRAWN = 1 << 20  # samples that are drawn at a time: 8 MB
_REPEATED = RepeatedDraws()


def drawn_medians(samples: NDArray[np.float64], *, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The median of each resample, of lists of as many samples each, (lists, n) -> (lists, resamples).

    Each resample draws the same places of every list. The draws are those of `rng.integers(n, size=(resamples, n))`.
    """
    lists, n = samples.shape
    order = np.argsort(samples, axis=1) if lists else np.empty((0, n), dtype=np.intp)
    ordered = np.take_along_axis(samples, order, axis=1) if lists else samples
    medians = np.empty((lists, resamples))
    at_a_time = max(DRAWN // n, 1)
    for begin in range(0, resamples, at_a_time):
        shape = min(at_a_time, resamples - begin), n
        counts = _REPEATED.draw(rng, shape, partial(_counts, shape))
        if lists:
            medians[:, begin : begin + shape[0]] = _medians(order, ordered, counts)
    return medians


def _counts(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.unsignedinteger]:
    """How often each of n places is drawn in each resample, (n, resamples), in the smallest numbers that will do."""
    resamples, n = shape
    places = rng.integers(n, size=shape) + np.arange(0, resamples * n, n)[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=resamples * n).reshape(resamples, n)
    return np.ascontiguousarray(counts.T.astype(np.min_scalar_type(n)))


def _medians(
    order: NDArray[np.int64], ordered: NDArray[np.float64], counts: NDArray[np.unsignedinteger]
) -> NDArray[np.float64]:
    n, resamples = counts.shape
    shape = (len(order), resamples)
    reached = np.zeros(shape, dtype=counts.dtype)  # c(1) + ... + c(i)
    below = np.empty(shape, dtype=np.bool_)
    middles = [(t, np.zeros(shape, dtype=counts.dtype)) for t in sorted({(n + 1) // 2, n // 2 + 1})]
    for column in order.T:
        reached += counts[column]
        for t, place in middles:
            np.less(reached, t, out=below)
            place += below.view(np.uint8)
    (_, lower), (_, upper) = middles[0], middles[-1]
    flat, begins = ordered.ravel(), np.arange(0, ordered.size, n)[:, np.newaxis]
    medians: NDArray[np.float64] = (flat.take(begins + lower) + flat.take(begins + upper)) / 2
    return medians
