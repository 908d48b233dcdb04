"""The configurations that nothing beats in every objective at once.

    dominated    another configuration is as good by every objective, and better by one
    front        what nothing dominates: exact, by point values; of equals, all are on it
    tied         dominated, but not shown to be: whatever is chosen for good reasons may be here too

A dominated configuration is held against one of the front, that which is ahead of it by the most where it is ahead by
the least. It is tied unless it is shown to be worse by one objective, and shown by no objective to be better by more
than what is of no interest. Shown is what holds in so many of the paired draws that the interval excludes the contrary,
with figures that were not sampled at the end that favours doubt (`drawn_values.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from configspec.selection.candidates import Candidates, Group, badness
from configspec.selection.drawn_figures import DrawnFigures
from configspec.selection.drawn_values import drawn_values
from configspec.selection.query import SEED
from configspec.selection.resampling import Resampling
from configspec.selection.values import same_power
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A configuration on the front, or tied with it; `values` are in the order of the front's objectives."""

    configuration: Configuration
    values: tuple[float, ...]
    times_worse: tuple[float, ...]
    on_front: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The front of one device and family, and what is tied with it, both in the order of the first objective."""

    objectives: tuple[Objective, ...]
    members: tuple[Member, ...]
    candidates: int
    left_out: tuple[str, ...]

    @property
    def exact(self) -> tuple[Member, ...]:
        """Those on the front."""
        return tuple(one for one in self.members if one.on_front)


def front_of(group: Group, objectives: Sequence[Objective]) -> Front | None:
    """The front by those of the objectives that rank something here; None where nothing has a value by each of them."""
    able = tuple(one for one in objectives if group.missing([one]) is None)
    candidates = group.together(able) if able else None
    if candidates is None or not candidates.configurations:
        return None
    times = candidates.times_worse
    front = front_places(times)
    tied = _tied(group, candidates, front)
    on_front = set(front.tolist())
    members = tuple(
        Member(
            configuration=candidates.configurations[place],
            values=tuple(candidates.values[:, place].tolist()),
            times_worse=tuple(times[:, place].tolist()),
            on_front=place in on_front,
        )
        for place in np.lexsort(times[::-1]).tolist()
        if place in on_front or place in tied
    )
    return Front(
        objectives=candidates.objectives,
        members=members,
        candidates=len(candidates.configurations),
        left_out=candidates.left_out,
    )


def front_places(times_worse: Floats) -> Places:
    """Which of (objectives, N) nothing dominates, ascending.

    What dominates a configuration comes before it where they are sorted by the first objective, then by the next: so
    each is held against the front so far, and whoever is on it stays.
    """
    points = times_worse.T
    order = np.lexsort(times_worse[::-1])
    front = np.empty_like(points)
    places: list[int] = []
    for place in order.tolist():
        so_far = front[: len(places)]
        if not _dominate(so_far, points[place]).any():
            front[len(places)] = points[place]
            places.append(place)
    return np.array(sorted(places), dtype=np.intp)


def _dominate(several: Floats, one: Floats) -> NDArray[np.bool_]:
    """Which of (N, objectives) dominate the one, (N,)."""
    return np.logical_and((several <= one).all(axis=1), (several < one).any(axis=1))


def _tied(group: Group, candidates: Candidates, front: Places) -> set[int]:
    """Positions of what is dominated, but not shown to be."""
    against = _strongest(candidates.times_worse.T, front)
    if not against:
        return set()
    seeds = [SEED, zlib.crc32(f"{group.device}\n{group.family}".encode())]
    rng = np.random.default_rng(seeds)
    resampling = Resampling(candidates.configurations, group.serving, resamples=group.rules.resamples, rng=rng)
    dominators = resampling.of(set(against.values()))
    tied: set[int] = set()
    for positions, drawn in resampling.blocks():
        rows: dict[int, list[int]] = {}
        for row, position in enumerate(positions):
            if position in against:
                rows.setdefault(against[position], []).append(row)
        for best, of_best in rows.items():
            shown = _shown(
                group, candidates, [positions[row] for row in of_best], drawn.only(of_best), best, dominators
            )
            tied |= {positions[row] for row, is_shown in zip(of_best, shown.tolist(), strict=True) if not is_shown}
    return tied


def _shown(
    group: Group,
    candidates: Candidates,
    positions: Sequence[int],
    drawn: DrawnFigures,
    best: int,
    dominators: dict[int, DrawnFigures],
) -> NDArray[np.bool_]:
    """Which of these are shown to be dominated by `best`."""
    ones, rules = candidates.configurations, group.rules
    common = np.array([[same_power(ones[position], ones[best])] for position in positions])
    enough, nothing = (1 + rules.confidence) / 2, 1 + rules.indifference
    worse, no_better = np.zeros(len(positions), dtype=np.bool_), np.ones(len(positions), dtype=np.bool_)
    for objective, times in zip(candidates.objectives, candidates.times_worse, strict=True):
        theirs = drawn_values(objective, group.serving, drawn, "best", common)
        its = drawn_values(objective, group.serving, dominators[best], "worst", common)
        ratios = badness(objective, theirs) / badness(objective, its)
        points = times[positions] / times[best]
        worse |= (np.mean(ratios > 1, axis=1) >= enough) & (points > nothing)
        no_better &= np.mean(ratios * nothing >= 1, axis=1) >= enough
    return worse & no_better


def _strongest(points: Floats, front: Places) -> dict[int, int]:
    """Of each dominated position, the one of the front that dominates it by the most where it does by the least."""
    on_front, ahead = set(front.tolist()), points[front]
    found: dict[int, int] = {}
    for place in range(len(points)):
        if place not in on_front:
            by = np.where(_dominate(ahead, points[place]), (points[place] / ahead).min(axis=1), 0.0)
            found[place] = int(front[int(by.argmax())])
    return found
