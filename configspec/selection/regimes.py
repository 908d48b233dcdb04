"""Which configuration wins where, as a serving assumption changes; where the borders are.

    x         the assumption along one axis
    b[n](x)   badness of configuration n at x: its value where lower is better, else 1 / value

The paper's objectives have a badness that is a straight line in each of the axes: of goodput, with the time of
verification T, 1 / G = (K / v_d + T) / y. What wins is then the lower envelope of lines: each wins in one interval at
most, and borders are where two lines meet. It is found from the left: of the lines that fall faster than the winner's,
that which meets it first is the next. This is exact, and takes (winners x configurations).

Where the badness of any is no straight line, borders are bisected between neighbours of a fine grid; a winner between
two points of the grid that wins at neither is then missed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from configspec.selection.axes import Axis, Point, serving_at
from configspec.selection.candidates import badness
from configspec.theory.objectives.objective import Figures, Objective, figures_of_each
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Floats: TypeAlias = NDArray[np.float64]
GRID = 257  # points where lines are bent
HALVINGS = 60
MOST_BORDERS = 16  # between two points of the grid
BETWEEN = (0.3, 0.7)  # where it is looked whether lines are straight
ROUNDING = 1e-12
STRAIGHT = 1e-9  # how far from straight still is rounding, as a share


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """What is looked at: configurations with a value by an objective wherever the axes lead."""

    configurations: tuple[Configuration, ...]
    objective: Objective
    serving: Serving

    def badness_at(self, point: Point) -> Floats:
        """The badness of each configuration, (N,)."""
        serving = serving_at(self.serving, point)
        seconds = {k: (serving.verify_s_at(k), serving.server_s_at(k)) for k in {one.k for one in self.configurations}}
        verify_s, server_s = np.array([seconds[one.k] for one in self.configurations]).T
        figures = replace(self._figures, verify_s=verify_s, server_s=server_s)
        values = self.objective.value(figures, serving)
        return badness(self.objective, np.broadcast_to(values, (len(self.configurations),)))

    @cached_property
    def _figures(self) -> Figures[Floats]:
        known = figures_of_each(self.configurations, self.serving)
        return Figures(
            k=np.array([one.k for one in known]),
            alpha=np.array([one.alpha for one in known]),
            round_s=np.array([one.round_s for one in known]),
            verify_s=np.array([one.verify_s for one in known]),
            server_s=np.array([one.server_s for one in known]),
            power_w=np.array([one.power_w for one in known]),
            idle_w=np.array([one.idle_w for one in known]),
            prompt_tokens_per_s=np.array([one.prompt_tokens_per_s for one in known]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """From `begin` to `end` of an axis this configuration wins."""

    begin: float
    end: float
    winner: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The winner at one point, and how many times worse the second is there; None where there is no other."""

    winner: Configuration
    second: Configuration | None
    second_times_worse: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Where the assumptions are on an axis, the winner there, and between which borders it wins.

    `falls_to` and `rises_to` are None where nothing takes its place, however far the axis goes in the map.
    """

    value: float
    winner: Configuration
    falls_to: float | None
    rises_to: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One axis, all others as they are: its regimes from the beginning to the end, and where the present is on it.

    `moves`: whether any value changes along it; else the axis has no part in the objective.
    """

    axis: Axis
    regimes: tuple[Regime, ...]
    present: Present | None
    moves: bool = True


def place_at(terrain: Terrain, point: Point) -> Place:
    """Who wins at a point; of equals, the first."""
    bad = terrain.badness_at(point)
    first = int(np.argmin(bad))
    if len(bad) == 1:
        return Place(winner=terrain.configurations[first], second=None, second_times_worse=None)
    others = bad.copy()
    others[first] = np.inf
    second = int(np.argmin(others))
    return Place(
        winner=terrain.configurations[first],
        second=terrain.configurations[second],
        second_times_worse=float(bad[second] / bad[first]),
    )


def line_of(terrain: Terrain, axis: Axis) -> Line:
    """The regimes along an axis. Where the present is beyond its ends, borders are looked for as far as that."""
    now = axis.dimension.present(terrain.serving)
    begin, end = (axis.begin, axis.end) if now is None else (min(axis.begin, now), max(axis.end, now))
    whole_axis = replace(axis, begin=begin, end=end)
    found = regimes(lambda x: terrain.badness_at({axis.name: x}), begin, end, by_ratio=whole_axis.by_ratio)
    whole = [Regime(begin=left, end=right, winner=terrain.configurations[n]) for left, right, n in found]
    inside = [
        Regime(begin=max(one.begin, axis.begin), end=min(one.end, axis.end), winner=one.winner)
        for one in whole
        if one.begin < axis.end and one.end > axis.begin
    ]
    at = [terrain.badness_at({axis.name: x}) for x in (axis.begin, _at(axis.begin, axis.end, BETWEEN[0]), axis.end)]
    return Line(
        axis=axis,
        regimes=tuple(inside),
        present=None if now is None else _present(whole, now),
        moves=not all(np.allclose(at[0], other, rtol=STRAIGHT, atol=0.0) for other in at[1:]),
    )


def _present(whole: Sequence[Regime], now: float) -> Present:
    here = next(one for one in whole if one.begin <= now <= one.end)
    return Present(
        value=now,
        winner=here.winner,
        falls_to=None if here is whole[0] else here.begin,
        rises_to=None if here is whole[-1] else here.end,
    )


def regimes(
    badness_at: Callable[[float], Floats], begin: float, end: float, *, by_ratio: bool = False
) -> list[tuple[float, float, int]]:
    """Intervals of [begin, end], ascending and without gaps, each with the position that wins in it.

    `by_ratio`: how a grid is divided, where lines are bent.
    """
    if begin == end:
        return [(begin, end, int(np.argmin(badness_at(begin))))]
    left, right = badness_at(begin), badness_at(end)
    if all(_straight(badness_at(_at(begin, end, share)), left, right, share) for share in BETWEEN):
        return envelope(left, right, begin, end)
    points = (np.geomspace if by_ratio else np.linspace)(begin, end, GRID)
    points[0], points[-1] = begin, end
    return bisected(badness_at, points)


def _straight(here: Floats, left: Floats, right: Floats, share: float) -> bool:
    return bool((np.abs(here - (left * (1 - share) + right * share)) <= STRAIGHT * here).all())


def envelope(left: Floats, right: Floats, begin: float, end: float) -> list[tuple[float, float, int]]:
    """The lower envelope of lines by their heights at both ends.

    A line is left (1 - s) + right s, with s from 0 to 1. Of equals at the beginning, that which ends lower wins; of
    lines that are the same, the first.
    """
    rise = right - left
    winner = int(np.lexsort((rise, left))[0])
    s = 0.0
    found: list[tuple[float, float, int]] = []
    while True:
        falls = rise < rise[winner]
        with np.errstate(divide="ignore", invalid="ignore"):
            meet = np.where(falls, (left - left[winner]) / (rise[winner] - rise), np.inf)
        meet = np.maximum(meet, s)
        nearest = float(meet.min())
        if nearest >= 1:
            return [*found, (_at(begin, end, s), end, winner)]
        if nearest > s:
            found.append((_at(begin, end, s), _at(begin, end, nearest), winner))
        # Of several lines that meet it there, the steepest is below the others from there on.
        winner = int(min(np.flatnonzero(meet == nearest), key=lambda n: rise[n]))
        s = nearest


def _at(begin: float, end: float, share: float) -> float:
    return begin + (end - begin) * share


def bisected(badness_at: Callable[[float], Floats], points: Floats) -> list[tuple[float, float, int]]:
    """The same for any badness, by bisection between the points of a grid. What differs by rounding alone is equal."""

    def winner_at(x: float) -> int:
        bad = badness_at(x)
        return int(np.argmax(bad <= bad.min() * (1 + ROUNDING)))

    grid = points.tolist()
    begin, end = grid[0], grid[-1]
    found: list[tuple[float, float, int]] = []
    since, winner = begin, winner_at(begin)
    for low, high in pairwise(grid):
        last = winner_at(high)
        for _ in range(MOST_BORDERS):
            if winner == last:
                break
            low = _border(winner_at, winner, low, high)
            found.append((since, low, winner))
            since, winner = low, winner_at(low)
    return [*found, (since, end, winner)]


def _border(winner_at: Callable[[float], int], winner: int, low: float, high: float) -> float:
    """Where `winner`, who wins at `low` and not at `high`, is first found not to win."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if winner_at(middle) == winner:
            low = middle
        else:
            high = middle
    return high
