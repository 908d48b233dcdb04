"""Whether the best depends on the serving scheme, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from configspec.reporting.choice_words import name_json, name_of
from configspec.selection.choosing import Decision
from configspec.selection.other_bests import OtherBest
from configspec.selection.ranking import Ranking

MANY = 2.0  # times better: from there on, a share is no easy reading


def scheme_lines(ranking: Ranking) -> Iterator[str]:
    """The lines below a ranking: one for each aspect on which its best depends."""
    aspects: dict[str, list[OtherBest]] = {}
    for one in ranking.other_bests:
        aspects.setdefault(one.scheme.aspect, []).append(one)
    for aspect, found in aspects.items():
        yield f"the best depends on the {aspect}: {'; '.join(_words(ranking, one) for one in found)}"


def rankings_led(decision: Decision) -> Iterator[Ranking]:
    """The rankings by what is chosen by in which the chosen one is the best."""
    chosen = decision.chosen
    for objective in decision.criterion.objectives:
        ranking = decision.group.by_objective[objective.name]
        best = ranking.choices[0] if ranking.choices else None
        if chosen is not None and best is not None and best.configuration.id == chosen.configuration.id:
            yield ranking


def other_best_json(one: OtherBest) -> dict[str, object]:
    """The same for a program."""
    return {
        "aspect": one.scheme.aspect,
        "scheme": one.scheme.words,
        **name_json(one.configuration.id),
        "value": one.value,
        "times_better": one.times_better,
        "tied_here": one.tied_here,
        "provenance": one.configuration.provenance,
    }


def _words(ranking: Ranking, one: OtherBest) -> str:
    more = one.times_better
    better = f"{more - 1:.1%} better" if more < MANY else f"{more:.3g} times better"
    tied = ", tied here," if one.tied_here else ""
    best, other = ranking.choices[0].configuration, one.configuration
    modelled = " (modelled)" if other.provenance == "modelled" else ""
    return f"with {one.scheme.words}, {name_of(other.id)}{modelled}{tied} is {better} than {name_of(best.id)}"
