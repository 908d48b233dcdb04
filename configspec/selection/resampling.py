"""What each configuration's figures might have been: bootstrap draws, in common where luck is in common.

Two kinds of doubt are kept apart:

    sampled    counts by prompt, or timed rounds, are there: they are resampled
    bounded    only an interval is known (a derived or declared figure, or a single sample): it stays at an end

Prompts are drawn in common for all configurations that share a prompt set, and rounds in common for all K of one cell,
whose rounds are beginnings of the same rounds; where it was timed in several passes, passes first
(`drawn_passes.py`). A difference of two configurations is then free of what they share.

The draws of one figure take 16 kB a configuration, so they are made a block of configurations at a time, and again
where they are asked for again: a copy of the generator, taken where they begin, repeats them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_medians import drawn_medians
from configspec.selection.drawn_passes import drawn_over_passes
from configspec.selection.repeated_draws import RepeatedDraws
from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import FigureName, Figures, figures_of_each
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import resample_weights

BLOCK = 32  # configurations: their draws of one figure fit into a processor's cache
_REPEATED = RepeatedDraws()
KEPT = 32  # prompt sets whose draws are kept, 0.4 MB each; there is one, where a run measured everything

End = Literal["point", "low", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One figure of N configurations: its points (N, 1), and its draws with bounded figures at either end.

    Draws are (N, resamples); (N, 1) where all are bounded. Where all are sampled, `low` and `high` are the same array.
    """

    point: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def sampled(self) -> bool:
        """Whether all of them are."""
        return self.high is self.low

    def at(self, end: End) -> NDArray[np.float64]:
        """Its points, or its draws with bounded figures at one end."""
        return {"point": self.point, "low": self.low, "high": self.high}[end]

    def only(self, rows: Sequence[int]) -> Draws:
        """Those of some of the configurations."""
        low = self.low[rows]
        return Draws(point=self.point[rows], low=low, high=low if self.sampled else self.high[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigures:
    """All that objectives are computed from, of N configurations, with the draws of what is in doubt."""

    k: NDArray[np.float64]  # (N, 1)
    verify_s: NDArray[np.float64]  # (N, 1)
    server_s: NDArray[np.float64]  # (N, 1)
    alpha: Draws
    round_s: Draws
    power_w: Draws
    idle_w: Draws
    prompt_tokens_per_s: Draws

    def at(self, ends: Mapping[FigureName, End]) -> Figures[NDArray[np.float64]]:
        """The figures, each at the end that is named for it; at its point where none is."""
        return Figures(
            k=self.k,
            verify_s=self.verify_s,
            server_s=self.server_s,
            alpha=self.alpha.at(ends.get("alpha", "point")),
            round_s=self.round_s.at(ends.get("round_s", "point")),
            power_w=self.power_w.at(ends.get("power_w", "point")),
            idle_w=self.idle_w.at(ends.get("idle_w", "point")),
            prompt_tokens_per_s=self.prompt_tokens_per_s.at(ends.get("prompt_tokens_per_s", "point")),
        )

    def only(self, rows: Sequence[int]) -> DrawnFigures:
        """Those of some of the configurations."""
        return DrawnFigures(
            k=self.k[rows],
            verify_s=self.verify_s[rows],
            server_s=self.server_s[rows],
            alpha=self.alpha.only(rows),
            round_s=self.round_s.only(rows),
            power_w=self.power_w.only(rows),
            idle_w=self.idle_w.only(rows),
            prompt_tokens_per_s=self.prompt_tokens_per_s.only(rows),
        )


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
        known = figures_of_each(configurations, serving)
        self.points = Figures(
            k=_column([one.k for one in known]),
            alpha=_column([one.alpha for one in known]),
            round_s=_column([one.round_s for one in known]),
            verify_s=_column([one.verify_s for one in known]),
            server_s=_column([one.server_s for one in known]),
            power_w=_column([one.power_w for one in known]),
            idle_w=_column([one.idle_w for one in known]),
            prompt_tokens_per_s=_column([one.prompt_tokens_per_s for one in known]),
        )
        self._prompts = _PromptDraws(configurations, resamples, rng)
        self._rng = rng
        self._rounds_begin = deepcopy(rng)
        self._cells = _groups(_rounds_of_cell(c) for c in configurations)
        drawn = {column for columns in self._cells for column in columns}
        self._untimed = [column for column in range(len(configurations)) if column not in drawn]

    def of(self, columns: Collection[int]) -> dict[int, DrawnFigures]:
        """The figures of some configurations by their positions. It takes the generator to its end: call it once."""
        found: dict[int, DrawnFigures] = {}
        for block, rounds in self._blocks(self._rng, columns):
            figures = self._figures(block, rounds)
            found |= {column: figures.only([row]) for row, column in enumerate(block) if column in columns}
        return found

    def blocks(self) -> Iterator[tuple[list[int], DrawnFigures]]:
        """The figures of all configurations, some at a time, with their positions."""
        for block, rounds in self._blocks(deepcopy(self._rounds_begin), range(len(self._configurations))):
            yield block, self._figures(block, rounds)

    def _blocks(
        self, rng: np.random.Generator, wanted: Collection[int]
    ) -> Iterator[tuple[list[int], NDArray[np.float64] | None]]:
        """Positions, with the draws of their rounds; None where their rounds are bounded."""
        block: list[int] = []
        drawn: list[NDArray[np.float64]] = []
        for cell in self._cells:
            columns = [column for column in cell if column in wanted]
            block += columns
            drawn.append(self._drawn_rounds(self._configurations[cell[0]], columns, rng))
            if len(block) >= BLOCK:
                yield block, np.concatenate(drawn)
                block, drawn = [], []
        if block:
            yield block, np.concatenate(drawn)
        bounded = [column for column in self._untimed if column in wanted]
        for begin in range(0, len(bounded), BLOCK):
            yield bounded[begin : begin + BLOCK], None

    def _drawn_rounds(
        self, of_cell: Configuration, columns: Sequence[int], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Of configurations of one cell, (N, resamples): over its passes, or over its rounds where there was one."""
        some = [self._configurations[column] for column in columns]
        if len(of_cell.pass_samples_s) < 2:
            rounds = _lists([one.round_samples_s for one in some], len(of_cell.round_samples_s))
            return drawn_medians(rounds, resamples=self._resamples, rng=rng)
        passes = [
            _lists([one.pass_samples_s[number] for one in some], len(of_pass))
            for number, of_pass in enumerate(of_cell.pass_samples_s)
        ]
        return drawn_over_passes(passes, resamples=self._resamples, rng=rng)

    def _figures(self, columns: Sequence[int], rounds: NDArray[np.float64] | None) -> DrawnFigures:
        some = [self._configurations[column] for column in columns]
        # What going back adds is a mean over all prompts and samples: every draw is moved by it.
        round_s = _moved(_bounded([c.round_s for c in some]), _column([c.going_back_s for c in some]))
        rounds = None if rounds is None else rounds + _column([c.going_back_s for c in some])
        return DrawnFigures(
            k=self.points.k[columns],
            verify_s=self.points.verify_s[columns],
            server_s=self.points.server_s[columns],
            alpha=self._prompts.rates(columns),
            round_s=round_s if rounds is None else Draws(point=round_s.point, low=rounds, high=rounds),
            # No samples of the power are kept, and none of the prompt. NaN where they were not measured.
            power_w=_bounded([c.power_w or UNKNOWN for c in some]),
            idle_w=_bounded([c.idle_w or UNKNOWN for c in some]),
            prompt_tokens_per_s=_bounded([c.prompt_tokens_per_s or UNKNOWN for c in some]),
        )


UNKNOWN = Estimate(value=np.nan, low=np.nan, high=np.nan, confidence=0.0, n=0)


@final
class _PromptDraws:
    """Draws of the acceptance rate; the replicate is the prompt."""

    def __init__(self, configurations: Sequence[Configuration], resamples: int, rng: np.random.Generator) -> None:
        self._configurations = configurations
        self._resamples = resamples
        self._begin: list[np.random.Generator] = []  # of each prompt set
        self._weights: list[NDArray[np.float64]] = []  # (prompts, resamples), of the first sets
        self._set_of: dict[int, int] = {}  # by position
        for number, columns in enumerate(_groups(_prompt_set(i, c) for i, c in enumerate(configurations))):
            self._set_of |= dict.fromkeys(columns, number)
            self._begin.append(deepcopy(rng))
            weights = self._draw(columns[0], rng)
            if number < KEPT:
                self._weights.append(weights)

    def rates(self, columns: Sequence[int]) -> Draws:
        """Of the configurations at these positions."""
        some = [self._configurations[column] for column in columns]
        draws = _bounded([c.acceptance.rate for c in some])
        of_sets: dict[int, list[int]] = defaultdict(list)
        for row, column in enumerate(columns):
            if column in self._set_of:
                of_sets[self._set_of[column]].append(row)
        if not of_sets:
            return draws
        shape = (len(some), self._resamples)
        low = np.broadcast_to(draws.low, shape).copy()
        for number, rows in of_sets.items():
            low[rows] = self._rates([some[row] for row in rows], self._of_set(number, columns[rows[0]]))
        sampled = sorted(row for rows in of_sets.values() for row in rows)
        if len(sampled) == len(some):
            return Draws(point=draws.point, low=low, high=low)
        high = np.broadcast_to(draws.high, shape).copy()
        high[sampled] = low[sampled]
        return Draws(point=draws.point, low=low, high=high)

    def _rates(self, some: Sequence[Configuration], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = np.array([one.acceptance.by_prompt for one in some], dtype=np.float64)  # (N, prompts, 2)
        # A product a configuration: then its digits do not depend on who is in the block, also where counts are
        # expected ones and no whole numbers.
        drawn = counts.swapaxes(1, 2) @ weights  # (N, 2, resamples): rounds and accepted
        # At least one round: a record may hold prompts that the target answered with nothing.
        rates: NDArray[np.float64] = drawn[:, 1] / (_column([one.k for one in some]) * np.maximum(drawn[:, 0], 1.0))
        return rates

    def _of_set(self, number: int, column: int) -> NDArray[np.float64]:
        return (
            self._weights[number] if number < len(self._weights) else self._draw(column, deepcopy(self._begin[number]))
        )

    def _draw(self, column: int, rng: np.random.Generator) -> NDArray[np.float64]:
        prompts = len(self._configurations[column].acceptance.by_prompt)
        return _REPEATED.draw(
            rng,
            (prompts, self._resamples),
            lambda at: np.ascontiguousarray(resample_weights(prompts, self._resamples, at).T),
        )


def _bounded(estimates: Sequence[Estimate]) -> Draws:
    return Draws(
        point=_column([e.value for e in estimates]),
        low=_column([e.low for e in estimates]),
        high=_column([e.high for e in estimates]),
    )


def _moved(draws: Draws, by: NDArray[np.float64]) -> Draws:
    return Draws(point=draws.point + by, low=draws.low + by, high=draws.high + by)


def _column(values: Sequence[float]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def _lists(samples: Sequence[Sequence[float]], length: int) -> NDArray[np.float64]:
    return np.array(samples, dtype=np.float64).reshape(-1, length)


def _prompt_set(index: int, configuration: Configuration) -> Hashable:
    """What is drawn in common: the prompt set. One that carries no hash is its own; one prompt cannot be resampled."""
    acceptance = configuration.acceptance
    if len(acceptance.by_prompt) < 2:
        return None
    return acceptance.prompts_sha256 or index, len(acceptance.by_prompt)


def _rounds_of_cell(configuration: Configuration) -> Hashable:
    rounds = len(configuration.round_samples_s)
    passes = tuple(map(len, configuration.pass_samples_s))
    return (configuration.cell, rounds, passes) if rounds > 1 else None


def _groups(keys: Iterable[Hashable]) -> list[list[int]]:
    """The positions of each key, in the order of first appearance; None belongs to no group."""
    positions: dict[Hashable, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        if key is not None:
            positions[key].append(position)
    return list(positions.values())
