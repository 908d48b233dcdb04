"""What to measure that would change or settle a ranking, in words and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from configspec.reporting.choice_words import name_json, name_of, value_words
from configspec.reporting.figure_words import duration
from configspec.selection.k_advice import UntriedK
from configspec.selection.next_measurement import NextMeasurement
from configspec.selection.ranking import Ranking
from configspec.theory.ids import ConfigurationId

SHOWN = 3  # cells to measure, below a ranking
UNTIMED = "what the target takes to write after a prompt was not recorded"


def doubt_lines(ranking: Ranking) -> Iterator[str]:
    """The lines below a ranking."""
    edges = [one for one in ranking.untried if one.where != "between"]
    if len(edges) > 1:
        best = ranking.choices[0].configuration
        yield f"only K={best.k} was measured: try {' or '.join(_try_words(ranking, one) for one in edges)}"
    for one in ranking.untried:
        if one.where == "between" or len(edges) == 1:
            yield _untried_words(ranking, one)
    yield from _measuring_lines(ranking)


def doubt_json(ranking: Ranking) -> dict[str, object]:
    """The same as keys of a ranking."""
    return {
        "untried_k": [_untried_json(one) for one in ranking.untried],
        "to_measure": [_measuring_json(one) for one in ranking.to_measure],
    }


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


def _measuring_lines(ranking: Ranking) -> Iterator[str]:
    """Nothing where no figure was sampled: then measuring is another matter than measuring more."""
    if all(choice.best_in is None for choice in ranking.choices):
        return
    able = [one for one in ranking.to_measure if one.why_not is None]
    for place, one in enumerate(able[:SHOWN]):
        said = "what to measure next, to tell" if place == 0 else "and to tell"
        yield f"{said} {_separated(one.separates)} from the best: {_work(one)}, if it stays {one.behind:.1%} behind"
    if len(able) > SHOWN:
        yield f"what to measure for {sum(len(one.separates) for one in able[SHOWN:])} more is in the JSON"
    for why, some in _by_reason(ranking).items():
        yield f"{some} tied with the best cannot be told from it by measuring more: {why}"


def _by_reason(ranking: Ranking) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in ranking.to_measure:
        if one.why_not is not None:
            found[one.why_not] += len(one.separates)
    return found


def _separated(some: Sequence[ConfigurationId]) -> str:
    ks = ", ".join(f"K={one.k}" for one in sorted(some, key=lambda one: one.k))
    return f"{some[0].cell.drafter_words} {ks}"


def _work(one: NextMeasurement) -> str:
    cells = " and ".join(cell.drafter_words for cell in one.cells)
    found = []
    if one.passes:
        took = "" if one.seconds is None else f", {duration(one.seconds)}"
        passes = "1 more pass" if one.passes == 1 else f"{one.passes} more passes"
        found.append(f"{passes} over {cells} ({one.rounds} rounds each{took})")
    if one.prompts:
        took = "" if one.prompts_s is None else f" (the target writes {duration(one.prompts_s)})"
        found.append(f"{one.prompts} more prompt{'s' if one.prompts > 1 else ''} for {cells}{took}")
    return " and ".join(found)


def _measuring_json(one: NextMeasurement) -> dict[str, object]:
    unknown = None if one.prompts_s is not None or not one.prompts else UNTIMED
    return {
        "separates": [name_json(each) for each in one.separates],
        "cells": [
            {"draft": cell.drafter.draft, "quant": cell.drafter.quant, "settings": dict(cell.settings)}
            for cell in one.cells
        ],
        "behind": one.behind,
        "passes": one.passes,
        "rounds": one.rounds,
        "prompts": one.prompts,
        "passes_alone": one.passes_alone,
        "rounds_s": one.seconds,
        "prompts_s": one.prompts_s,
        "prompts_reason": unknown,
        "why_not": one.why_not,
    }
