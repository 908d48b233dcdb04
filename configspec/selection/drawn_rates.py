"""The acceptance rate in each bootstrap resample: prompts are drawn, in common where configurations share them.

    w           how often each prompt is drawn, (prompts, resamples)
    rounds, accepted    of each prompt of a configuration

Its rate is the sum of w * accepted over K times the sum of w * rounds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import chain
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_figures import Draws, column_of, positions_of
from configspec.selection.repeated_draws import RepeatedDraws, copied
from configspec.theory.profile import Configuration
from configspec.theory.statistics import resample_weights

Floats: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = NDArray[np.float32]

KEPT = 32  # prompt sets whose draws are kept, 0.2 MB each; there is one, where a run measured everything
OF_A_THREAD = 1 << 18  # multiplications: OpenBLAS has one thread for up to so many
DEEP = 64  # prompts at a time
EXACT = 1 << 24  # up to which a float of 32 bits holds every whole number
_REPEATED = RepeatedDraws()


@final
class PromptDraws:
    """Draws of the acceptance rate; the replicate is the prompt."""

    def __init__(self, configurations: Sequence[Configuration], resamples: int, rng: np.random.Generator) -> None:
        """Draw the prompts of all, in the order of the prompt sets."""
        self._configurations = configurations
        self._resamples = resamples
        self._begin: list[np.random.Generator] = []  # of each prompt set
        self._weights: list[Weights] = []  # (prompts, resamples), of the first sets
        self._set_of: dict[int, int] = {}  # by position
        for number, columns in enumerate(positions_of(_prompt_set(i, c) for i, c in enumerate(configurations))):
            self._set_of |= dict.fromkeys(columns, number)
            self._begin.append(copied(rng))
            weights = self._draw(columns[0], rng)
            if number < KEPT:
                self._weights.append(weights)

    def rates(self, columns: Sequence[int], known: Draws) -> Draws:
        """Of the configurations at these positions, whose rates without draws are `known`."""
        some = [self._configurations[column] for column in columns]
        of_sets: dict[int, list[int]] = defaultdict(list)
        for row, column in enumerate(columns):
            if column in self._set_of:
                of_sets[self._set_of[column]].append(row)
        if not of_sets:
            return known
        drawn = {
            number: _rates([some[row] for row in rows], self._of_set(number, columns[rows[0]]))
            for number, rows in of_sets.items()
        }
        if [len(some)] == [len(rows) for rows in of_sets.values()]:
            (low,) = drawn.values()
            return Draws(point=known.point, low=low, high=low)
        shape = (len(some), self._resamples)
        low = np.broadcast_to(known.low, shape).copy()
        for number, rows in of_sets.items():
            low[rows] = drawn[number]
        sampled = sorted(row for rows in of_sets.values() for row in rows)
        if len(sampled) == len(some):
            return Draws(point=known.point, low=low, high=low)
        high = np.broadcast_to(known.high, shape).copy()
        high[sampled] = low[sampled]
        return Draws(point=known.point, low=low, high=high)

    def _of_set(self, number: int, column: int) -> Weights:
        return self._weights[number] if number < len(self._weights) else self._draw(column, copied(self._begin[number]))

    def _draw(self, column: int, rng: np.random.Generator) -> Weights:
        prompts = len(self._configurations[column].acceptance.by_prompt)
        return _REPEATED.draw(
            rng,
            (prompts, self._resamples),
            lambda at: np.ascontiguousarray(resample_weights(prompts, self._resamples, at).T, dtype=np.float32),
        )


def _rates(some: Sequence[Configuration], weights: Weights) -> Floats:
    """Of configurations of one prompt set, (N, resamples)."""
    counts = _counts(some, len(weights))
    rounds, accepted = _exact_sums(counts, weights) if _is_exact(counts) else _sums(counts, weights)
    # At least one round: a record may hold prompts that the target answered with nothing.
    drafted = column_of([one.k for one in some]) * np.maximum(rounds, 1)
    rates: Floats = np.divide(accepted, drafted, out=drafted)
    return rates


def _counts(some: Sequence[Configuration], prompts: int) -> Floats:
    """Rounds and accepted of each prompt, (N, prompts, 2)."""
    pairs = chain.from_iterable(one.acceptance.by_prompt for one in some)
    shape = len(some), prompts, 2
    return np.fromiter(chain.from_iterable(pairs), dtype=np.float64, count=len(some) * prompts * 2).reshape(shape)


def _is_exact(counts: Floats) -> bool:
    """Whether no sum of a resample leaves what a float of 32 bits holds to the last digit."""
    return bool(counts.max() * counts.shape[1] < EXACT) and np.array_equal(counts, np.rint(counts))


def _exact_sums(counts: Floats, weights: Weights) -> tuple[Weights, Weights]:
    """Rounds and accepted in each resample, (N, resamples), of whole counts: in whichever order they are added."""
    configurations, prompts, _ = counts.shape
    rows = counts.transpose(2, 0, 1).reshape(2 * configurations, prompts).astype(np.float32)
    drawn = _product(rows, weights)
    return drawn[:configurations], drawn[configurations:]


def _product(rows: Weights, weights: Weights) -> Weights:
    """The matrix product, in pieces that one thread of OpenBLAS computes.

    Of larger ones each of its threads waits for the others in a loop that takes a processor: where other programs run
    too, that is many times as long as the product takes.
    """
    found = np.empty((len(rows), weights.shape[1]), dtype=np.float32)
    for begin in range(0, len(weights), DEEP):
        some, theirs = rows[:, begin : begin + DEEP], weights[begin : begin + DEEP]
        wide = max(OF_A_THREAD // some.size, 1)
        for left in range(0, weights.shape[1], wide):
            place = found[:, left : left + wide]
            if begin:
                place += some @ theirs[:, left : left + wide]
            else:
                np.matmul(some, theirs[:, left : left + wide], out=place)
    return found


def _sums(counts: Floats, weights: Weights) -> tuple[Floats, Floats]:
    """The same of counts that are expected ones, or very large."""
    # A product a configuration: then its digits do not depend on who is in the block.
    drawn = counts.swapaxes(1, 2) @ weights.astype(np.float64)  # (N, 2, resamples)
    return drawn[:, 0], drawn[:, 1]


def _prompt_set(index: int, configuration: Configuration) -> Hashable:
    """What is drawn in common: the prompt set. One that carries no hash is its own; one prompt cannot be resampled."""
    acceptance = configuration.acceptance
    if len(acceptance.by_prompt) < 2:
        return None
    return acceptance.prompts_sha256 or index, len(acceptance.by_prompt)
