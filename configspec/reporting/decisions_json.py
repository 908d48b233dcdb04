"""Choices as a program wants them. The form is a promise to scripts: `docs/choosing.md` describes it."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.reporting.choice_words import configuration_json, criterion_json, limit_json, name_json
from configspec.reporting.flag_words import flag_words
from configspec.reporting.fleet_section import fleet_json
from configspec.reporting.json_document import JSON_VERSION
from configspec.reporting.scheme_words import other_best_json, rankings_led
from configspec.reporting.serving_words import serving_json
from configspec.selection.choosing import Alternative, Decision, Valued
from configspec.selection.fleet import Fleet
from configspec.selection.limits import LimitFinding, Nearest


def decisions_json(
    decisions: Sequence[Decision], fleets: Sequence[Fleet] | None, top: int | None = None
) -> dict[str, object]:
    """Every decision with the first `top` of what meets the limits; all where it is None."""
    document: dict[str, object] = {
        "configspec": JSON_VERSION,
        "decisions": [_decision(one, top) for one in decisions],
    }
    return document if fleets is None else {**document, "fleets": [fleet_json(one) for one in fleets]}


def _decision(one: Decision, top: int | None) -> dict[str, object]:
    return {
        "device": one.group.device,
        "family": one.group.family,
        "serving": serving_json(one.group.serving),
        "criterion": criterion_json(one.criterion),
        "confidence": one.group.rules.confidence,
        "unavailable": one.unavailable,
        "candidates": one.candidates,
        "meeting": len(one.alternatives),
        "nothing_in": one.nothing_in,
        "limits": [_finding(found) for found in one.findings] or [limit_json(limit) for limit in one.limits],
        "nearest": None if one.nearest is None else _nearest(one.nearest),
        "left_out": list(one.left_out),
        "other_bests": [
            {"objective": ranking.objective.name, **other_best_json(each)}
            for ranking in rankings_led(one)
            for each in ranking.other_bests
        ],
        "choices": [_alternative(each) for each in one.alternatives[:top]],
    }


def _alternative(one: Alternative) -> dict[str, object]:
    it = one.configuration
    return {
        "rank": one.rank,
        **name_json(it.id),
        "loss": one.loss,
        "chosen_in": one.chosen_in,
        "meets_in": one.meets_in,
        "tied_with_best": one.tied,
        "provenance": it.provenance,
        "warnings": [flag_words(flag) for flag in it.flags],
        "values": [_valued(value) for value in one.values],
    }


def _valued(one: Valued) -> dict[str, object]:
    return {
        "objective": one.objective.name,
        "unit": one.objective.unit,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "times_worse": one.times_worse,
    }


def _finding(one: LimitFinding) -> dict[str, object]:
    return {
        **limit_json(one.limit),
        "met_by": one.met_by,
        "met_without": one.met_without,
        "best": {**name_json(one.best.id), "value": one.best_value},
    }


def _nearest(one: Nearest) -> dict[str, object]:
    missed = [{**limit_json(each.limit), "value": each.value, "times": each.times} for each in one.missed]
    return {**configuration_json(one.configuration), "missed": missed}
