"""What a run would choose: of each device, family and objective the best, and those that cannot be told from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from configspec.histories.columns import kept
from configspec.histories.run import Chosen
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES, Choice, Ranking
from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

INTERVAL_DIGITS = 4


def choose(
    measured: Sequence[tuple[Configuration, Serving]], objectives: Sequence[Objective], *, intervals: bool = True
) -> tuple[Chosen, ...]:
    """The choices, by the rules and the fixed draws of `configspec rank`; without `intervals`, those have confidence 0.

    Nothing is chosen where nothing can be ranked.
    """
    rules = replace(
        DEFAULT_RULES, intervals=intervals, every_k=False, other_schemes=False
    )  # what was not measured was not chosen
    return chosen_of(Query(objectives=objectives, rules=rules).answer(measured))


def chosen_of(rankings: Iterable[Ranking]) -> tuple[Chosen, ...]:
    """What rankings choose that are not cut short.

    Where powers of several kinds were metered, the kind of the most configurations counts.
    """
    found: dict[tuple[str, str, str], Chosen] = {}
    for ranking in rankings:
        if ranking.choices:
            found.setdefault((ranking.device, ranking.family, ranking.objective.name), _chosen(ranking))
    return tuple(found.values())


def _chosen(ranking: Ranking) -> Chosen:
    confidence = ranking.rules.confidence if ranking.rules.intervals else 0.0
    return Chosen(
        device=ranking.device,
        family=ranking.family,
        objective=ranking.objective.name,
        best=ranking.choices[0].configuration.id,
        tied=tuple(one.configuration.id for one in ranking.choices if one.tied_with_best),
        values={one.configuration.id: _estimate(one, confidence) for one in ranking.choices},
        better=ranking.objective.better,
    )


def _estimate(choice: Choice, confidence: float) -> Estimate:
    """The value with its doubt; `n` counts the prompts behind its acceptance."""
    value, n = kept(choice.value), choice.configuration.acceptance.rate.n
    if not confidence:
        return Estimate(value=value, low=value, high=value, confidence=confidence, n=n)
    return Estimate(
        value=value,
        low=min(value, kept(choice.low, INTERVAL_DIGITS)),
        high=max(value, kept(choice.high, INTERVAL_DIGITS)),
        confidence=confidence,
        n=n,
    )
