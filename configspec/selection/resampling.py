"""What each configuration's figures might have been: bootstrap draws, in common where luck is in common.

Two kinds of doubt are kept apart:

    sampled    counts by prompt, or timed rounds, are there: they are resampled
    bounded    only an interval is known (a derived or declared figure, or a single sample): it stays at an end

Prompts are drawn in common for all configurations that share a prompt set, and rounds in common for all K of one cell,
whose rounds are beginnings of the same rounds; where it was timed in several passes, passes first
(`drawn_rounds.py`). A difference of two configurations is then free of what they share.

The draws of one figure take 16 kB a configuration, so they are made a block of configurations at a time, and again
where they are asked for again: a copy of the generator, taken where they begin, repeats them. A single block is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_figures import DrawnFigures, Draws, bounded_draws, column_of, positions_of
from configspec.selection.drawn_rates import PromptDraws
from configspec.selection.drawn_rounds import drawn_rounds
from configspec.selection.repeated_draws import copied
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Floats: TypeAlias = NDArray[np.float64]

BLOCK = 32  # configurations: their draws of one figure fit into a processor's cache


@final
class Resampling:
    """The draws of configurations that are judged together, so that what they share is drawn once.

    Whoever is drawn for first, and in which block, changes no draw: prompts are drawn in the order of the prompt sets,
    then rounds in the order of the cells. `points` are the figures of all without their doubt, (N, 1).
    """

    def __init__(
        self,
        configurations: Sequence[Configuration],
        serving: Serving,
        *,
        resamples: int,
        rng: np.random.Generator,
    ) -> None:
        """Draw all prompts; `rng` is then where the rounds begin."""
        self._configurations = configurations
        self._resamples = resamples
        self._known = _known(configurations, serving)
        self.points = self._known.at({})
        self._prompts = PromptDraws(configurations, resamples, rng)
        self._rng = rng
        self._rounds_begin = copied(rng)
        self._whole: list[tuple[list[int], DrawnFigures]] = []  # where one block has them all
        self._cells = positions_of(_rounds_of_cell(c) for c in configurations)
        drawn = {column for columns in self._cells for column in columns}
        self._untimed = [column for column in range(len(configurations)) if column not in drawn]

    def of(self, columns: Collection[int]) -> dict[int, DrawnFigures]:
        """The figures of some configurations by their positions. It takes the generator to its end: call it once."""
        if len(self._configurations) <= BLOCK:  # all are drawn for at once
            self._whole = list(self._drawn(self._rng, range(len(self._configurations))))
        found: dict[int, DrawnFigures] = {}
        for block, figures in self._whole or self._drawn(self._rng, columns):
            found |= {column: figures.only([row]) for row, column in enumerate(block) if column in columns}
        return found

    def blocks(self) -> Iterator[tuple[list[int], DrawnFigures]]:
        """The figures of all configurations, some at a time, with their positions."""
        yield from self._whole or self._drawn(copied(self._rounds_begin), range(len(self._configurations)))

    def _drawn(self, rng: np.random.Generator, wanted: Collection[int]) -> Iterator[tuple[list[int], DrawnFigures]]:
        for block, rounds in self._blocks(rng, wanted):
            yield block, self._figures(block, rounds)

    def _blocks(self, rng: np.random.Generator, wanted: Collection[int]) -> Iterator[tuple[list[int], Floats | None]]:
        """Positions, with the draws of their rounds; None where their rounds are bounded."""
        block: list[int] = []
        cells: list[list[Floats]] = []
        for cell in self._cells:
            columns = [column for column in cell if column in wanted]
            block += columns
            cells.append(self._passes(self._configurations[cell[0]], columns))
            if len(block) >= BLOCK:
                yield block, drawn_rounds(cells, resamples=self._resamples, rng=rng)
                block, cells = [], []
        if cells:
            rounds = drawn_rounds(cells, resamples=self._resamples, rng=rng)
            if block:
                yield block, rounds
        bounded = [column for column in self._untimed if column in wanted]
        for begin in range(0, len(bounded), BLOCK):
            yield bounded[begin : begin + BLOCK], None

    def _passes(self, of_cell: Configuration, columns: Sequence[int]) -> list[Floats]:
        """The samples of configurations of one cell, (N, n) of each pass; all its rounds where there was one pass."""
        some = [self._configurations[column] for column in columns]
        if len(of_cell.pass_samples_s) < 2:
            return [_lists([one.round_samples_s for one in some], len(of_cell.round_samples_s))]
        return [
            _lists([one.pass_samples_s[number] for one in some], len(of_pass))
            for number, of_pass in enumerate(of_cell.pass_samples_s)
        ]

    def _figures(self, columns: Sequence[int], rounds: Floats | None) -> DrawnFigures:
        known = self._known.only(columns)
        round_s = known.round_s
        if rounds is not None:
            # What going back adds is a mean over all prompts and samples: every draw is moved by it.
            rounds += column_of([self._configurations[column].going_back_s for column in columns])
            round_s = Draws(point=round_s.point, low=rounds, high=rounds)
        return DrawnFigures(
            k=known.k,
            verify_s=known.verify_s,
            server_s=known.server_s,
            alpha=self._prompts.rates(columns, known.alpha),
            round_s=round_s,
            # No samples of the power are kept, and none of the prompt.
            power_w=known.power_w,
            idle_w=known.idle_w,
            prompt_tokens_per_s=known.prompt_tokens_per_s,
        )


def _known(some: Sequence[Configuration], serving: Serving) -> DrawnFigures:
    """The figures of all, none of them drawn; NaN where one was not measured."""
    times_s = {k: (serving.verify_s_at(k), serving.server_s_at(k)) for k in {one.k for one in some}}
    round_s = bounded_draws([one.round_s for one in some])
    going_back_s = column_of([one.going_back_s for one in some])
    return DrawnFigures(
        k=column_of([one.k for one in some]),
        verify_s=column_of([times_s[one.k][0] for one in some]),
        server_s=column_of([times_s[one.k][1] for one in some]),
        alpha=bounded_draws([one.acceptance.rate for one in some]),
        round_s=Draws(
            point=round_s.point + going_back_s, low=round_s.low + going_back_s, high=round_s.high + going_back_s
        ),
        power_w=bounded_draws([one.power_w for one in some]),
        idle_w=bounded_draws([one.idle_w for one in some]),
        prompt_tokens_per_s=bounded_draws([one.prompt_tokens_per_s for one in some]),
    )


def _lists(samples: Sequence[Sequence[float]], length: int) -> Floats:
    return np.array(samples, dtype=np.float64).reshape(-1, length)


def _rounds_of_cell(configuration: Configuration) -> Hashable:
    rounds = len(configuration.round_samples_s)
    passes = tuple(map(len, configuration.pass_samples_s))
    return (configuration.cell, rounds, passes) if rounds > 1 else None
