"""What it costs to choose by one objective, in terms of the others.

Costs are ratios of at least 1: how many times worse than the best the chosen configuration is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from configspec.selection.ranking import Ranking
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.profile import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The best configuration of one device and family by one objective, and how far it is from the best by the others.

    `costs` has no entry for an objective that is unavailable, or for which this configuration lacks a figure.
    """

    device: str
    family: str
    chosen_for: Objective
    draft: str
    quant: str
    k: int
    costs: Mapping[Objective, float]


def conflicts(rankings: Sequence[Ranking]) -> tuple[Conflict, ...]:
    """One conflict for each ranking that has a best, in the order of the rankings.

    A ranking cut short by `top` is enough: values are computed anew under its serving assumptions.
    """
    return tuple(
        _conflict(ranking, [r for r in rankings if (r.device, r.family) == (ranking.device, ranking.family)])
        for ranking in rankings
        if ranking.choices
    )


def _conflict(ranking: Ranking, beside: Sequence[Ranking]) -> Conflict:
    best = ranking.choices[0]
    others = [r for r in beside if r.objective != ranking.objective and r.choices]
    return Conflict(
        device=ranking.device,
        family=ranking.family,
        chosen_for=ranking.objective,
        draft=best.draft,
        quant=best.quant,
        k=best.k,
        costs={r.objective: _times_worse(best.configuration, r) for r in others if _has_figures(best.configuration, r)},
    )


def _has_figures(configuration: Configuration, ranking: Ranking) -> bool:
    return ranking.objective != "energy" or configuration.power_w is not None


def _times_worse(configuration: Configuration, ranking: Ranking) -> float:
    value = objective_value(ranking.objective, configuration, ranking.serving)
    best = ranking.choices[0].value
    return best / value if ranking.better == "higher" else value / best
