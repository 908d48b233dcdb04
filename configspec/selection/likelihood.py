"""How sure a choice is: in how many bootstrap draws each configuration would have been chosen.

A draw has a value of each configuration by each objective, in common where luck is in common (`resampling.py`). In it
the limits are judged anew, and of what meets them the least loss is the choice of that draw.

A figure that was sampled is drawn. One that is only known by an interval is no chance: it stays at its point where
draws are counted, and at the end that favours doubt where a configuration is compared with the first.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.selection.candidates import Candidates, Group, badness
from configspec.selection.criterion import Criterion
from configspec.selection.drawn_figures import DrawnFigures
from configspec.selection.drawn_values import PROMPTS, TIMES, Favour, Floats, at_points, drawn_values, only_drawn
from configspec.selection.limits import Limit
from configspec.selection.query import SEED
from configspec.selection.resampling import Resampling
from configspec.selection.separation import Separation, fewest_prompts
from configspec.selection.values import same_power


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Of each candidate: in which share of draws it is chosen, in which it meets all limits; is it tied with the first.

    `none_meets` is the share of draws in which nothing would be chosen. Shares are None where no figure was
    sampled, or a candidate is modelled.
    """

    chosen: tuple[float | None, ...]
    meets: tuple[float | None, ...]
    tied: tuple[bool, ...]
    none_meets: float | None


def likelihood(
    group: Group, candidates: Candidates, criterion: Criterion, limits: Sequence[Limit], first: int
) -> Likelihood:
    """Of candidates by a criterion under limits; `first` is the position of the one that the points choose."""
    return _Judge(group, candidates, criterion, limits, first).judged()


class _Judge:
    """Runs over the draws, some configurations at a time, and keeps what is best so far in each."""

    def __init__(
        self, group: Group, candidates: Candidates, criterion: Criterion, limits: Sequence[Limit], first: int
    ) -> None:
        self._candidates, self._criterion, self._limits, self._first = candidates, criterion, limits, first
        self._serving, self._rules = group.serving, group.rules
        seeds = [SEED, zlib.crc32(f"{group.device}\n{group.family}".encode())]
        self._resampling = Resampling(
            candidates.configurations,
            group.serving,
            resamples=group.rules.resamples,
            rng=np.random.default_rng(seeds),
        )
        self._ideal = self._ideals()

    def judged(self) -> Likelihood:
        """What the draws say of all of them."""
        count = len(self._candidates.configurations)
        least, winner = np.full(1, np.inf), np.full(1, -1)
        meets, near = np.zeros(count), np.zeros(count, dtype=np.bool_)
        separation = Separation(
            count,
            confidence=self._rules.confidence,
            fewest_prompts=fewest_prompts(self._candidates.configurations),
        )
        sampled, modelled = False, any(one.provenance == "modelled" for one in self._candidates.configurations)
        first = self._resampling.of({self._first})[self._first]
        for positions, drawn in self._resampling.blocks():
            loss = self._loss(self._values(drawn, "none"))  # (N, R), infinite where a limit is missed
            sampled |= loss.shape[1] > 1
            meets[positions] = np.isfinite(loss).mean(axis=1)
            near[positions] = self._near(drawn, first)
            self._compare(separation, positions, drawn, first)
            # Of equals in a draw the earlier is chosen, as by the points, whatever order the blocks come in.
            order = np.argsort(positions)
            best, at = loss.min(axis=0), np.asarray(positions)[order][loss[order].argmin(axis=0)]
            ahead = (best < least) | ((best == least) & np.isfinite(best) & (at < winner))
            winner = np.where(ahead, at, winner)
            least = np.minimum(best, least)
        near[self._first] = True
        tied = near | ~separation.shown_worse()
        if modelled or not sampled:
            nothing = (None,) * count
            return Likelihood(chosen=nothing, meets=nothing, tied=tuple(tied.tolist()), none_meets=None)
        chosen = np.bincount(winner[winner >= 0], minlength=count) / winner.size
        return Likelihood(
            chosen=tuple(chosen.tolist()),
            meets=tuple(meets.tolist()),
            tied=tuple(tied.tolist()),
            none_meets=float(np.mean(winner < 0)),
        )

    def _ideals(self) -> Floats:
        """The least badness by each objective, (objectives, 1 or resamples): only regret looks at those of a draw."""
        if self._criterion.way != "minimax-regret":
            values = self._candidates.values
            pairs = zip(self._candidates.objectives, values, strict=True)
            return np.stack([badness(one, row).min(keepdims=True) for one, row in pairs])
        least = np.full((len(self._candidates.objectives), 1), np.inf)
        for _, drawn in self._resampling.blocks():
            least = np.minimum(least, self._bad(self._values(drawn, "none")).min(axis=1))
        return least

    def _values(self, drawn: DrawnFigures, favour: Favour, common: NDArray[np.bool_] | None = None) -> list[Floats]:
        return [
            drawn_values(one, self._serving, drawn, favour, common) for one in self._candidates.objectives
        ]  # each (N, R)

    def _bad(self, values: Sequence[Floats]) -> Floats:
        """(objectives, N, R)."""
        pairs = zip(self._candidates.objectives, values, strict=True)
        return np.stack(np.broadcast_arrays(*(badness(one, value) for one, value in pairs)))

    def _loss(self, values: Sequence[Floats], *, limited: bool = True) -> Floats:
        """(N, R); infinite where a limit is missed, if they count."""
        names = [one.name for one in self._candidates.objectives]
        judged = [names.index(one.name) for one in self._criterion.objectives]
        times = self._bad(values) / self._ideal[:, np.newaxis, :]
        loss = self._criterion.loss(times[judged])
        if limited:
            for limit in self._limits:
                loss = np.where(limit.times_missed(values[names.index(limit.objective.name)]) <= 1, loss, np.inf)
        return loss

    def _near(self, drawn: DrawnFigures, first: DrawnFigures) -> NDArray[np.bool_]:
        """Which are so little worse than the first that it is of no interest, (N,)."""
        points = self._loss(self._values(at_points(drawn), "none"))[:, 0]
        its_point = self._loss(self._values(at_points(first), "none"), limited=False)[0, 0]
        near: NDArray[np.bool_] = points <= its_point * (1 + self._rules.indifference)
        return near

    def _compare(
        self, separation: Separation, positions: Sequence[int], drawn: DrawnFigures, first: DrawnFigures
    ) -> None:
        """Enter how far these are behind the first; where it is near, how much of it is of the prompts."""
        configurations = self._candidates.configurations
        winner = configurations[self._first]
        common = np.array([[same_power(configurations[position], winner)] for position in positions])
        near = separation.enter(positions, self._behind(drawn, first, common))
        if near:
            some, alike = drawn.only(near), common[near]
            spreads = [
                self._behind(only_drawn(some, kept), only_drawn(first, kept), alike).std(axis=1)
                for kept in (PROMPTS, TIMES)
            ]
            separation.split([positions[row] for row in near], *spreads)

    def _behind(self, drawn: DrawnFigures, first: DrawnFigures, common: NDArray[np.bool_]) -> Floats:
        """By how much more they lose than the first in each draw, as a share of the mean of both, (N, R).

        Who misses a limit is behind by the most that there is, which is 2.
        """
        theirs = self._loss(self._values(drawn, "best", common))
        its = self._loss(self._values(first, "worst", common), limited=False)
        met = np.isfinite(theirs)
        finite = np.where(met, theirs, 1.0)
        return np.where(met, 2 * (finite - its) / (finite + its), 2.0)
