"""How far objectives are apart over many devices and families: what each one's best loses by each other."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from configspec.selection.regret import Conflict
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSummary:
    """What the best by `chosen_for` loses by `objective`, as times worse than the best: median and worst of all groups.

    `worst_winner` is where it loses the most. A group that lacks one of the two is not among `groups`.
    """

    chosen_for: Objective
    objective: Objective
    groups: int
    median: float
    worst: float
    worst_winner: Configuration


def summarised(conflicts: Iterable[Conflict]) -> tuple[ConflictSummary, ...]:
    """A summary of each pair of objectives, in the order of first appearance."""
    found: dict[tuple[str, str], list[tuple[float, Conflict, Objective]]] = {}
    for conflict in conflicts:
        for one in conflict.regrets:
            pair = conflict.chosen_for.name, one.objective.name
            found.setdefault(pair, []).append((one.times, conflict, one.objective))
    return tuple(_summary(ones) for ones in found.values())


def _summary(ones: list[tuple[float, Conflict, Objective]]) -> ConflictSummary:
    worst, conflict, objective = max(ones, key=lambda one: one[0])
    return ConflictSummary(
        chosen_for=conflict.chosen_for,
        objective=objective,
        groups=len(ones),
        median=statistics.median(times for times, _, _ in ones),
        worst=worst,
        worst_winner=conflict.winner,
    )
