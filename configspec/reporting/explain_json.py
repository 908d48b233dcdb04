"""One configuration explained, as a program wants it. The form is a promise: `docs/choosing.md` describes it."""

from __future__ import annotations

from dataclasses import asdict

from configspec.reporting.choice_words import name_json
from configspec.reporting.explain_document import Explained
from configspec.reporting.flag_words import flag_words
from configspec.reporting.json_document import JSON_VERSION
from configspec.reporting.serving_words import serving_json
from configspec.reporting.target_alone import round_of
from configspec.selection.break_even import Rival
from configspec.selection.breakdown import TokenParts
from configspec.selection.choosing import Valued
from configspec.selection.improvements import Improvement
from configspec.theory.objectives.objective import Objective


def explain_json(it: Explained) -> dict[str, object]:
    """All of it. What is not known, or cannot be reached, is null."""
    one = it.configuration
    reasons = {objective.name: why for objective, why in it.not_ranked}
    return {
        "configspec": JSON_VERSION,
        "device": one.device,
        "family": one.family,
        **name_json(one.id),
        "serving": serving_json(it.group.serving),
        "provenance": one.provenance,
        "warnings": [flag_words(flag) for flag in one.flags],
        "token": _token(it.parts),
        "values": [_valued(value) for value in it.values],
        "not_ranked": reasons,
        "improvements": [_improvement(objective, each) for objective, improved in it.improvements for each in improved],
        "break_even": asdict(it.break_even),
        "times_as_fast_as_target_alone": None
        if it.alone is None
        else asdict(round_of(one, it.group.serving).times_as_fast(it.alone)),
        "rivals": [_rival(each) for each in it.rivals],
    }


def _token(parts: TokenParts) -> dict[str, object]:
    charges = [{"charge": name, "usd": usd} for name, usd in parts.charges]
    return {**asdict(parts), "total_s": parts.total_s, "usd": parts.usd, "charges": charges}


def _valued(one: Valued) -> dict[str, object]:
    return {
        "objective": one.objective.name,
        "unit": one.objective.unit,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "times_worse": one.times_worse,
    }


def _improvement(objective: Objective, one: Improvement) -> dict[str, object]:
    return {
        "objective": objective.name,
        "change": one.change.words,
        "factor": one.change.factor,
        "value": one.value,
        "times_better": one.times_better,
        "elasticity": one.elasticity,
    }


def _rival(one: Rival) -> dict[str, object]:
    return {
        "objective": one.objective.name,
        **name_json(one.configuration.id),
        "provenance": one.configuration.provenance,
        "value": one.value,
        "ahead": one.ahead,
        "equal_at": {"acceptance": one.acceptance, "round_s": one.round_s},
    }
