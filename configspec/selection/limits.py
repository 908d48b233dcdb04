"""Limits that a choice must keep, and what is near to keeping them where nothing does.

limit    an objective's value that must be reached: at most, where lower is better; at least, where higher is
m[l, n]  how many times configuration n misses limit l: its badness over the limit's; met where it is 1 or less
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.selection.candidates import Candidates, badness
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A value of an objective, above 0 and in its unit, that nothing chosen may be worse than."""

    objective: Objective
    value: float

    def times_missed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """M of values by this objective: 1 or less where they meet it."""
        missed: NDArray[np.float64] = badness(self.objective, values) / badness(self.objective, np.array(self.value))
        return missed


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFinding:
    """One limit among others: how many meet it, how many would meet all others without it, and the best there is.

    It binds where dropping it alone would leave a choice that there is not with it.
    """

    limit: Limit
    met_by: int
    met_without: int
    best_value: float
    best: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A limit that a configuration does not meet: its own value, and how many times that misses."""

    limit: Limit
    value: float
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The configuration whose largest miss is the smallest, and what it misses."""

    configuration: Configuration
    missed: tuple[Missed, ...]


def times_missed(candidates: Candidates, limits: Sequence[Limit]) -> NDArray[np.float64]:
    """m, (limits, configurations)."""
    names = [one.name for one in candidates.objectives]
    values = candidates.values
    rows = [limit.times_missed(values[names.index(limit.objective.name)]) for limit in limits]
    return np.array(rows, dtype=np.float64).reshape(len(limits), len(candidates.configurations))


def limit_findings(candidates: Candidates, limits: Sequence[Limit]) -> tuple[LimitFinding, ...]:
    """What each limit does, in their order; there is at least one candidate."""
    missed = times_missed(candidates, limits)
    met = missed <= 1
    names = [one.name for one in candidates.objectives]
    found = []
    for place, limit in enumerate(limits):
        nearest = int(np.argmin(missed[place]))
        others = np.delete(met, place, axis=0)
        found.append(
            LimitFinding(
                limit=limit,
                met_by=int(met[place].sum()),
                met_without=int(others.all(axis=0).sum()),
                best_value=float(candidates.values[names.index(limit.objective.name), nearest]),
                best=candidates.configurations[nearest],
            )
        )
    return tuple(found)


def nearest_miss(candidates: Candidates, limits: Sequence[Limit]) -> Nearest:
    """Where nothing meets all limits: what comes nearest, the earlier of equals."""
    missed = times_missed(candidates, limits)
    place = int(np.argmin(missed.max(axis=0)))
    names = [one.name for one in candidates.objectives]
    return Nearest(
        configuration=candidates.configurations[place],
        missed=tuple(
            Missed(
                limit=limit,
                value=float(candidates.values[names.index(limit.objective.name), place]),
                times=float(missed[row, place]),
            )
            for row, limit in enumerate(limits)
            if missed[row, place] > 1
        ),
    )
