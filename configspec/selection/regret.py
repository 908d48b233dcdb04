"""What it costs to pick the winner of one objective, in terms of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.selection.ranking import Ranking
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.profile import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """How many times worse than the best a configuration is by one objective: a ratio of at least 1."""

    objective: Objective
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The best configuration of one device and family by one objective, and how far it is from the best by the others.

    `regrets` leaves out an objective that is unavailable, or for which this configuration lacks a figure.
    """

    chosen_for: Objective
    winner: Configuration
    regrets: tuple[Regret, ...]


def conflicts(rankings: Sequence[Ranking]) -> tuple[Conflict, ...]:
    """One conflict for each ranking that has a best, in the order of the rankings.

    A ranking cut short by `top` is enough: values are computed again under its serving assumptions.
    """
    return tuple(
        _conflict(ranking, [r for r in rankings if (r.device, r.family) == (ranking.device, ranking.family)])
        for ranking in rankings
        if ranking.choices
    )


def _conflict(ranking: Ranking, beside: Sequence[Ranking]) -> Conflict:
    winner = ranking.choices[0].configuration
    others = [r for r in beside if r.objective.name != ranking.objective.name and r.choices]
    return Conflict(
        chosen_for=ranking.objective,
        winner=winner,
        regrets=tuple(
            Regret(objective=r.objective, times=_times_worse(winner, r))
            for r in others
            if r.objective.lacks(winner, r.serving) is None and r.power_kind in ("", winner.power_kind)
        ),
    )


def _times_worse(configuration: Configuration, ranking: Ranking) -> float:
    value = objective_value(ranking.objective, configuration, ranking.serving)
    best = ranking.choices[0].value
    return best / value if ranking.objective.better == "higher" else value / best
