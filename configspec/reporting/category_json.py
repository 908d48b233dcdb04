"""Rankings by category as a program wants them: those of `json_document.py`, each with its category and acceptance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from configspec.reporting.category_section import category_warning
from configspec.reporting.json_document import JSON_VERSION, ranking_json
from configspec.reporting.serving_words import serving_json
from configspec.selection.by_category import CategoryDifference, CategoryRanking, category_differences
from configspec.selection.ranking import Choice
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId
from configspec.theory.serving.assumptions import Serving


def as_json_by_category(
    rankings: Sequence[CategoryRanking], serving: Serving, *, top: int | None, silent: int
) -> dict[str, object]:
    """The rankings as plain JSON, with the first `top` choices of each, all where it is None."""
    return {
        "configspec": JSON_VERSION,
        "by": "category",
        "serving": serving_json(serving),
        "rankings": [_ranking(one, top) for one in rankings],
        "differences": [_difference(one) for one in category_differences(rankings)],
        "without_categories": silent,
    }


def _ranking(of_one: CategoryRanking, top: int | None) -> dict[str, object]:
    plain = ranking_json(of_one.ranking, top)
    choices = plain.pop("choices")
    assert isinstance(choices, list)
    with_rates = zip(choices, islice(of_one.ranking.choices, top), strict=True)
    return {
        "category": of_one.category,
        "prompts": of_one.prompts,
        **plain,
        "choices": [{**choice, "acceptance": _rate(it)} for choice, it in with_rates],
    }


def _rate(choice: Choice) -> dict[str, object]:
    rate: Estimate = choice.configuration.acceptance.rate
    return {"rate": rate.value, "low": rate.low, "high": rate.high, "confidence": rate.confidence}


def _difference(one: CategoryDifference) -> dict[str, object]:
    return {
        "device": one.device,
        "family": one.family,
        "objective": one.objective.name,
        "best": [{"category": category, **_named(winner)} for category, winner in one.best],
        "good_in_all": [_named(good) for good in one.good_in_all],
        "words": category_warning(one),
    }


def _named(one: ConfigurationId) -> dict[str, object]:
    return {"draft": one.draft, "quant": one.quant, "settings": dict(one.cell.settings), "k": one.k}
