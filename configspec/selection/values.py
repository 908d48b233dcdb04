"""The values of some configurations by one objective: intervals, and which are shown worse than the best.

An objective says which way it moves with each of its figures. So a value's worse end is had from its figures' worse
ends (of goodput: acceptance low, round high), and its better end from the better ones. Sampled figures have the same
draws at both ends; bounded ones, which were never sampled, enter at the end that favours doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_figures import DrawnFigures, End
from configspec.selection.drawn_values import PROMPTS, TIMES, drawn_values, only_drawn
from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import FigureName, Figures, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import row_quantiles

# What is measured once for all K of a cell.
OF_ONE_READING: tuple[FigureName, ...] = ("power_w", "idle_w", "prompt_tokens_per_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The objective and the assumptions that configurations are judged by."""

    objective: Objective
    serving: Serving

    @property
    def higher_is_better(self) -> bool:
        """Whether the objective is one to raise."""
        return self.objective.better == "higher"

    @property
    def one_reading(self) -> bool:
        """Whether the objective looks at a figure that one reading gave all K of a cell."""
        return not self.objective.moves(self.serving).keys().isdisjoint(OF_ONE_READING)

    def points(self, figures: Figures[NDArray[np.float64]]) -> NDArray[np.float64]:
        """The values of the point estimates, (N,), whose figures are (N, 1)."""
        return self._of(figures)[:, 0]

    def sampled(self, drawn: DrawnFigures) -> bool:
        """Whether all figures that the objective looks at are drawn, and none is only bounded."""
        return all(getattr(drawn, name).sampled for name in self.objective.moves(self.serving))

    def drawn(self, drawn: DrawnFigures) -> NDArray[np.float64]:
        """The values in each draw, (N, draws), with figures that are only bounded at their points."""
        return drawn_values(self.objective, self.serving, drawn, "none")

    def interval(
        self, drawn: DrawnFigures, values: NDArray[np.float64], confidence: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high of each value, (N,): percentiles of the draws, which always hold the point.

        Args:
            drawn: The figures of all.
            values: What `drawn` says of them.
            confidence: Of the interval.
        """
        tail = (1.0 - confidence) / 2
        point = self.points(drawn.at({}))
        if self.sampled(drawn):
            low, high = row_quantiles(values, tail, 1.0 - tail)
        else:
            at_lower, at_upper = (self._of(drawn.at(self._ends(lower=lower))) for lower in (True, False))
            (low,), (high,) = row_quantiles(at_lower, tail), row_quantiles(at_upper, 1.0 - tail)
        return np.minimum(low, point), np.maximum(high, point)

    def within(self, points: NDArray[np.float64], best: float, indifference: float) -> NDArray[np.bool_]:
        """Which points are so near to `best` that the difference is of no interest."""
        if self.higher_is_better:
            return np.greater_equal(points * (1.0 + indifference), best)
        return np.less_equal(points, best * (1.0 + indifference))

    def behind(
        self,
        drawn: DrawnFigures,
        values: NDArray[np.float64],
        best: DrawnFigures,
        *,
        same_power: NDArray[np.bool_] | None,
    ) -> NDArray[np.float64]:
        """How much worse than `best` they are in each of the paired draws, (N, draws); below 0 where they are better.

        As a share of the mean of both, nearly the logarithm of their ratio: so what makes both slower cancels.

        Args:
            drawn: The figures of all.
            values: What `drawn` says of them.
            best: Those of the best, one row.
            same_power: Which of them have the power of the best, (N, 1): a cell's power is one reading for all its K,
                so whatever it truly was, it cancels within the cell. None where `one_reading` is false.
        """
        theirs = values
        if not self.sampled(drawn):
            favoured = drawn.at(self._ends(lower=not self.higher_is_better))
            theirs = self._of(_in_common(favoured, drawn, same_power))
        doubted = best.at(self._ends(lower=self.higher_is_better))
        bests = self._of(_in_common(doubted, best, same_power))
        lost = bests - theirs if self.higher_is_better else theirs - bests
        lost /= bests + theirs
        lost *= 2
        return lost

    def spreads(
        self, drawn: DrawnFigures, rows: Sequence[int], best: DrawnFigures, *, same_power: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The spread of `behind`, of the configurations in these rows: by the luck with prompts alone, and with times.

        Args:
            drawn: The figures of all.
            rows: Of whom the spreads are.
            best: Those of the best, one row.
            same_power: As for `behind`, of these rows.
        """
        moves = self.objective.moves(self.serving).keys()
        of_prompts, of_times = (
            np.zeros(len(rows)) if moves.isdisjoint(names) else self._spread(drawn, rows, best, names, same_power)
            for names in (PROMPTS, TIMES)
        )
        return of_prompts, of_times

    def bounded(self, *some: Configuration) -> tuple[FigureName, ...]:
        """What it looks at and one of these knows within bounds only; what one reading gave all is no doubt."""
        looked_at = self.objective.moves(self.serving)
        alike = all(same_power(one, some[0]) for one in some)
        found = {name for one in some for name in _bounded(one) if not (alike and name in OF_ONE_READING)}
        return tuple(name for name in looked_at if name in found)

    def _spread(
        self,
        drawn: DrawnFigures,
        rows: Sequence[int],
        best: DrawnFigures,
        names: Sequence[FigureName],
        same_power: NDArray[np.bool_] | None,
    ) -> NDArray[np.float64]:
        one, other = only_drawn(drawn, names).only(rows), only_drawn(best, names)
        spread: NDArray[np.float64] = self.behind(one, self.drawn(one), other, same_power=same_power).std(axis=1)
        return spread

    def _ends(self, *, lower: bool) -> Mapping[FigureName, End]:
        """Where the figures are when the value is lowest, or highest."""
        moves = self.objective.moves(self.serving)
        return {name: "low" if (move == "rises") == lower else "high" for name, move in moves.items()}

    def _of(self, figures: Figures[NDArray[np.float64]]) -> NDArray[np.float64]:
        return self.objective.value(figures, self.serving)


def same_power(one: Configuration, other: Configuration) -> bool:
    """Whether both have the power, and the prompt's speed, of one reading."""
    of_one, of_other = ((it.cell, it.power_w, it.idle_w, it.prompt_tokens_per_s) for it in (one, other))
    return of_one == of_other


def _bounded(one: Configuration) -> Iterator[FigureName]:
    if len(one.acceptance.by_prompt) < 2 and _is_wide(one.acceptance.rate):
        yield "alpha"
    if len(one.round_samples_s) < 2 and _is_wide(one.round_s):
        yield "round_s"
    if _is_wide(one.power_w):
        yield "power_w"
    if _is_wide(one.idle_w):
        yield "idle_w"
    if _is_wide(one.prompt_tokens_per_s):
        yield "prompt_tokens_per_s"


def _is_wide(figure: Estimate | None) -> bool:
    return figure is not None and figure.low < figure.high


def _in_common(
    figures: Figures[NDArray[np.float64]], drawn: DrawnFigures, same_power: NDArray[np.bool_] | None
) -> Figures[NDArray[np.float64]]:
    """The figures, with the points of the powers and prompt speeds that one reading gave both."""
    if same_power is None:
        return figures
    return replace(
        figures,
        power_w=np.where(same_power, drawn.power_w.point, figures.power_w),
        idle_w=np.where(same_power, drawn.idle_w.point, figures.idle_w),
        prompt_tokens_per_s=np.where(same_power, drawn.prompt_tokens_per_s.point, figures.prompt_tokens_per_s),
    )
