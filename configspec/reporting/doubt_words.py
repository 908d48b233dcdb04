"""What to measure that would change or settle a ranking, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from configspec.reporting.choice_words import name_json, name_of, value_words
from configspec.selection.k_advice import UntriedK
from configspec.selection.ranking import Ranking


def doubt_lines(ranking: Ranking) -> Iterator[str]:
    """The lines below a ranking."""
    edges = [one for one in ranking.untried if one.where != "between"]
    if len(edges) > 1:
        best = ranking.choices[0].configuration
        yield f"only K={best.k} was measured: try {' or '.join(_try_words(ranking, one) for one in edges)}"
    for one in ranking.untried:
        if one.where == "between" or len(edges) == 1:
            yield _untried_words(ranking, one)


def doubt_json(ranking: Ranking) -> dict[str, object]:
    """The same as keys of a ranking."""
    return {"untried_k": [_untried_json(one) for one in ranking.untried]}


def _untried_words(ranking: Ranking, one: UntriedK) -> str:
    best = ranking.choices[0].configuration
    why = {
        "above": f"the best, K={best.k}, is the largest K that was measured",
        "below": f"the best, K={best.k}, is the smallest K that was measured",
        "between": "a K between measured ones may be better",
    }[one.where]
    return f"{why}: try {_try_words(ranking, one)}"


def _try_words(ranking: Ranking, one: UntriedK) -> str:
    times = f"{abs(one.times_better - 1):.1%} {'better' if one.times_better >= 1 else 'worse'}"
    off = "" if one.error is None else f"; the model misses measured K by up to {one.error:.1%} of a round's tokens"
    value = value_words(ranking.objective, one.value)
    return f"{name_of(one.configuration.id)} (modelled: {value}, {times}{off})"


def _untried_json(one: UntriedK) -> dict[str, object]:
    return {
        "where": one.where,
        **name_json(one.configuration.id),
        "value": one.value,
        "times_better": one.times_better,
        "model_error": one.error,
        "provenance": one.configuration.provenance,
    }
