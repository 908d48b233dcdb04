"""The medians of bootstrap resamples, without sorting any of them.

    n           samples
    X(1..n)     them, from the smallest to the largest
    c(1..n)     how often a resample has drawn each of them; their sum is n

The t-th smallest that a resample has drawn is the first X(i) with c(1) + ... + c(i) >= t. The median is the mean of the
two in the middle, or the one. Several lists of samples whose draws are in common need the counts only once, and all
lists of as many samples are looked at together, whatever they have in common: a list by itself is too short for numpy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from configspec.selection.repeated_draws import RepeatedDraws

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.unsignedinteger]

DRAWN = 1 << 20  # samples that are drawn at a time: 8 MB
WAITING_BYTES = 8 << 20  # of counts
_REPEATED = RepeatedDraws()


@final
class MedianDraws:
    """Draws resamples of the samples that it is given in turn, and takes all medians at the end."""

    def __init__(self, resamples: int) -> None:
        """So many resamples of each."""
        self._resamples = resamples
        self._found: dict[int, Floats] = {}  # by their turn
        self._waiting: list[tuple[int, Floats, Counts]] = []
        self._waiting_bytes = 0
        self._turns = 0

    def draw(self, samples: Floats, rng: np.random.Generator) -> None:
        """Resample lists of as many samples each, (lists, n); each resample draws the same places of every list.

        The draws are those of `rng.integers(n, size=(resamples, n))`, also where there is no list.
        """
        turn, self._turns = self._turns, self._turns + 1
        lists, n = samples.shape
        at_a_time = max(DRAWN // n, 1)
        if at_a_time < self._resamples:
            self._found[turn] = _in_parts(samples, self._resamples, at_a_time, rng)
            return
        counts = _counts((self._resamples, n), rng)
        if not lists:
            self._found[turn] = np.empty((0, self._resamples))
            return
        self._waiting.append((turn, samples, counts))
        self._waiting_bytes += counts.nbytes
        if self._waiting_bytes > WAITING_BYTES:
            self._take()

    def medians(self) -> list[Floats]:
        """Of each that was given, in turn, the median of every list's resamples, (lists, resamples)."""
        self._take()
        return [self._found[turn] for turn in range(self._turns)]

    def _take(self) -> None:
        of_length: dict[int, list[tuple[int, Floats, Counts]]] = defaultdict(list)
        for one in self._waiting:
            of_length[one[1].shape[1]].append(one)
        for some in of_length.values():
            turns, samples, counts = zip(*some, strict=True)
            ends = np.cumsum([len(one) for one in samples])[:-1]
            self._found |= dict(zip(turns, np.split(_medians(samples, counts), ends), strict=True))
        self._waiting, self._waiting_bytes = [], 0


def _in_parts(samples: Floats, resamples: int, at_a_time: int, rng: np.random.Generator) -> Floats:
    """The medians of so many samples that their draws are made some at a time."""
    medians = np.empty((len(samples), resamples))
    for begin in range(0, resamples, at_a_time):
        end = min(begin + at_a_time, resamples)
        counts = _counts((end - begin, samples.shape[1]), rng)
        if len(samples):
            medians[:, begin:end] = _medians([samples], [counts])
    return medians


def _counts(shape: tuple[int, int], rng: np.random.Generator) -> Counts:
    """How often each of n places is drawn in each resample, (n, resamples), in the smallest numbers that will do."""
    return _REPEATED.draw(rng, shape, partial(_drawn_counts, shape))


def _drawn_counts(shape: tuple[int, int], rng: np.random.Generator) -> Counts:
    resamples, n = shape
    places = rng.integers(n, size=shape)
    places += np.arange(0, resamples * n, n)[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=resamples * n).reshape(resamples, n)
    return np.ascontiguousarray(counts.astype(np.min_scalar_type(n)).T)


def _medians(samples: Sequence[Floats], counts: Sequence[Counts]) -> Floats:
    """Of lists of n samples each, (lists, n), with the counts of theirs, (n, resamples): (all lists, resamples)."""
    n, resamples = counts[0].shape
    lists = np.concatenate(samples)
    order = np.argsort(lists, axis=1)
    flat = np.take_along_axis(lists, order, axis=1).ravel()
    begins = np.arange(0, lists.size, n)[:, np.newaxis]
    # Where the counts of each sample are, among those of all.
    order += n * np.repeat(np.arange(len(samples)), [len(one) for one in samples])[:, np.newaxis]
    every = counts[0] if len(counts) == 1 else np.concatenate(counts)
    shape = len(lists), resamples
    drawn = np.empty(shape, dtype=every.dtype)  # c(i)
    reached = np.zeros(shape, dtype=every.dtype)  # c(1) + ... + c(i)
    below = np.empty(shape, dtype=np.bool_)
    middles = [(t, np.zeros(shape, dtype=every.dtype)) for t in sorted({(n + 1) // 2, n // 2 + 1})]
    for column in order.T:
        np.take(every, column, axis=0, out=drawn, mode="clip")  # nothing is out of bounds; "raise" makes a copy
        reached += drawn
        for t, place in middles:
            np.less(reached, t, out=below)
            place += below.view(np.uint8)
    (_, lower), (_, upper) = middles[0], middles[-1]
    medians: Floats = flat.take(begins + lower)
    medians += flat.take(begins + upper)
    medians /= 2
    return medians
