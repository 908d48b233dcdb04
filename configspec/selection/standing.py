"""Where the configurations of one device and family stand by one objective: ties, intervals, and what to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from configspec.selection.contest import Contest
from configspec.selection.drawn_figures import DrawnFigures
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.resampling import Resampling
from configspec.selection.separation import Gap, Separation, fewest_prompts
from configspec.selection.values import Values, same_power
from configspec.theory.objectives.objective import Figures
from configspec.theory.profile import Configuration

if TYPE_CHECKING:  # each is imported where the rules ask for it
    from configspec.selection.k_advice import UntriedK
    from configspec.selection.next_measurement import NextMeasurement, Rival
    from configspec.selection.other_bests import OtherBest

MOST_RIVALS = 64  # of which is said what would tell them from the best


def judged(
    configurations: Sequence[Configuration], rankings: Sequence[Ranking], rng: np.random.Generator
) -> list[Ranking]:
    """The rankings with their choices: every one of `configurations` has a value by each of their objectives."""
    serving, rules = rankings[0].serving, rankings[0].rules
    resampling = Resampling(configurations, serving, resamples=rules.resamples, rng=rng)
    standings = [Standing(configurations, ranking, resampling.points) for ranking in rankings]
    bests = resampling.of({standing.best for standing in standings})
    for positions, figures in resampling.blocks():
        for standing in standings:
            standing.judge(positions, figures, bests[standing.best])
    return [standing.ranking() for standing in standings]


@final
class Standing:
    """Where the configurations stand by one objective: their points at first, their doubt a block at a time."""

    def __init__(
        self, configurations: Sequence[Configuration], ranking: Ranking, points: Figures[NDArray[np.float64]]
    ) -> None:
        self._configurations = configurations
        self._ranking = ranking
        self._values = Values(objective=ranking.objective, serving=ranking.serving)
        self._figures = points
        self._points = self._values.points(points)
        # Equal values keep the order in which the configurations came.
        order = np.argsort(-self._points if self._values.higher_is_better else self._points, kind="stable")
        self._order: list[int] = order.tolist()
        self.best = self._order[0]
        self._known = self._best_known()
        self._returned = {*self._order[: ranking.rules.top], *([] if self._known is None else [self._known[1]])}
        self._contest = Contest(higher_is_better=self._values.higher_is_better)
        self._separation = Separation(
            len(configurations),
            confidence=ranking.rules.confidence,
            fewest_prompts=fewest_prompts(configurations),
        )
        self._low, self._high = self._points.copy(), self._points.copy()
        self._near = self._values.within(self._points, float(self._points[self.best]), ranking.rules.indifference)

    def judge(self, positions: Sequence[int], figures: DrawnFigures, best: DrawnFigures) -> None:
        """Which of the configurations at these positions are tied with the best; the intervals of what is returned."""
        confidence = self._ranking.rules.confidence
        alike = self._alike(positions) if self._values.one_reading else None
        values = self._values.drawn(figures)
        behind = self._values.behind(figures, values, best, same_power=alike)
        near = self._separation.enter(positions, behind)
        if near:
            spreads = self._values.spreads(figures, near, best, same_power=None if alike is None else alike[near])
            self._separation.split([positions[row] for row in near], *spreads)
        if not self._ranking.rules.intervals:
            return
        self._contest.enter(positions, values)
        rows = [row for row, position in enumerate(positions) if position in self._returned]
        if rows:
            if len(rows) < len(positions):
                figures, values = figures.only(rows), values[rows]
            returned = [positions[row] for row in rows]
            self._low[returned], self._high[returned] = self._values.interval(figures, values, confidence)

    def _alike(self, positions: Sequence[int]) -> NDArray[np.bool_]:
        """Which of them have the power of the best, (N, 1)."""
        winner = self._configurations[self.best]
        return np.array([[same_power(self._configurations[position], winner)] for position in positions])

    def ranking(self) -> Ranking:
        """The ranking with its choices, the best first."""
        top = self._ranking.rules.top
        cut = [] if top is None else self._order[top:]
        modelled = any(one.provenance == "modelled" for one in self._configurations)
        shares = None if modelled else self._contest.shares()  # a model's error is in no draw
        tied = self._near | ~self._separation.shown_worse()

        def choice(rank: int, position: int) -> Choice:
            return Choice(
                rank=rank,
                configuration=self._configurations[position],
                value=float(self._points[position]),
                low=float(self._low[position]),
                high=float(self._high[position]),
                tied_with_best=bool(tied[position]),
                best_in=None if shares is None else shares.get(position, 0.0),
            )

        return replace(
            self._ranking,
            choices=tuple(choice(*one) for one in enumerate(self._order[:top], 1)),
            cut=len(cut),
            cut_tied=int(np.count_nonzero(tied[cut])),
            untried=self._untried() if self._ranking.rules.intervals else (),
            to_measure=self._to_measure(tied) if self._ranking.rules.intervals else (),
            best_known=None if self._known is None else choice(*self._known),
            other_bests=self._other_bests(tied),
        )

    def _best_known(self) -> tuple[int, int] | None:
        """Rank and position of the best that was not modelled, where the best was."""
        if self._configurations[self.best].provenance != "modelled":
            return None
        ranked = enumerate(self._order, 1)
        return next((one for one in ranked if self._configurations[one[1]].provenance != "modelled"), None)

    def _to_measure(self, tied: NDArray[np.bool_]) -> tuple[NextMeasurement, ...]:
        if self._known is not None:  # the best is modelled: it is to be measured at all
            return ()
        rivals = [
            position
            for position in self._order[1:]
            if tied[position] and not self._near[position] and self._configurations[position].provenance != "modelled"
        ]
        if not rivals:
            return ()
        from configspec.selection.next_measurement import next_measurements

        first = rivals[:MOST_RIVALS]
        found = list(map(self._rival, first, self._separation.gaps(first)))
        best = self._configurations[self.best]
        return next_measurements(best, found, self._configurations)

    def _rival(self, position: int, gap: Gap) -> Rival:
        from configspec.selection.next_measurement import Rival

        one, best = self._configurations[position], self._configurations[self.best]
        return Rival(
            configuration=one,
            gap=gap,
            bounded=self._values.bounded(one, best),
        )

    def _untried(self) -> tuple[UntriedK, ...]:
        rules, serving = self._ranking.rules, self._ranking.serving
        if not rules.every_k:
            return ()
        from configspec.selection.k_advice import untried_ks

        in_order = [self._configurations[position] for position in self._order]
        return untried_ks(in_order, self._ranking.objective, serving, indifference=rules.indifference)

    def _other_bests(self, tied: NDArray[np.bool_]) -> tuple[OtherBest, ...]:
        rules, serving = self._ranking.rules, self._ranking.serving
        if not rules.other_schemes:
            return ()
        from configspec.selection.other_bests import Ranked, other_bests

        ranked = Ranked(configurations=self._configurations, figures=self._figures, best=self.best, tied=tied)
        return other_bests(ranked, self._ranking.objective, serving, indifference=rules.indifference)
