"""What to measure that would change or settle a ranking, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from configspec.reporting.choice_words import name_json, name_of, value_words
from configspec.selection.k_advice import UntriedK
from configspec.selection.ranking import Ranking


def doubt_lines(ranking: Ranking) -> Iterator[str]:
    """The lines below a ranking."""
    for one in ranking.untried:
        yield _untried_words(ranking, one)


def doubt_json(ranking: Ranking) -> dict[str, object]:
    """The same as keys of a ranking."""
    return {"untried_k": [_untried_json(one) for one in ranking.untried]}


def _untried_words(ranking: Ranking, one: UntriedK) -> str:
    it, best = one.configuration, ranking.choices[0].configuration
    why = {
        "above": f"the best, K={best.k}, is the largest K that was measured",
        "below": f"the best, K={best.k}, is the smallest K that was measured",
        "between": "a K between measured ones may be better",
    }[one.where]
    times = f"{abs(one.times_better - 1):.1%} {'better' if one.times_better >= 1 else 'worse'}"
    off = "" if one.error is None else f"; the model misses measured K by up to {one.error:.1%} of a round's tokens"
    return f"{why}: try {name_of(it.id)} (modelled: {value_words(ranking.objective, one.value)}, {times}{off})"


def _untried_json(one: UntriedK) -> dict[str, object]:
    return {
        "where": one.where,
        **name_json(one.configuration.id),
        "value": one.value,
        "times_better": one.times_better,
        "model_error": one.error,
        "provenance": one.configuration.provenance,
    }
