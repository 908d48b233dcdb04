"""Rankings as a program wants them. The form is a promise to scripts: `docs/record.md` describes it.

`configspec` is its number, which goes up when a key is taken away or means something else. Keys may be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from configspec.reporting.baseline_json import baseline_json
from configspec.reporting.doubt_words import doubt_json
from configspec.reporting.flag_words import flag_words
from configspec.reporting.modelled_words import modelled_best_json
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.reporting.scheme_words import other_best_json
from configspec.reporting.serving_words import serving_json
from configspec.selection.ranking import Choice, Ranking
from configspec.theory.flags import Flag
from configspec.theory.serving.assumptions import Serving

JSON_VERSION = 1


def as_json(rankings: Sequence[Ranking], serving: Serving, alone: Alone) -> dict[str, object]:
    """The rankings as plain JSON, each with what its best is held against.

    `serving` is what holds where a ranking does not say otherwise; `alone`: what is known of each target by itself.
    """
    return {
        "configspec": JSON_VERSION,
        "serving": serving_json(serving),
        "rankings": [
            {**ranking_json(one), "baselines": [baseline_json(each) for each in baselines_of(one, alone)]}
            for one in rankings
        ],
    }


def ranking_json(ranking: Ranking, top: int | None = None) -> dict[str, object]:
    """One ranking, with the first `top` choices, all where it is None."""
    return {
        "device": ranking.device,
        "family": ranking.family,
        "objective": ranking.objective.name,
        "unit": ranking.objective.unit,
        "better": ranking.objective.better,
        "boundary": ranking.objective.boundary,
        "power_kind": ranking.power_kind or None,
        "unavailable": ranking.unavailable,
        "serving": serving_json(ranking.serving),
        **_request(ranking),
        "acceptance_rule": None if ranking.decoding is None else ranking.decoding.rule,
        "decoding": None if ranking.decoding is None else asdict(ranking.decoding),
        "confidence": ranking.rules.confidence,
        "indifference": ranking.rules.indifference,
        "left_out": list(ranking.left_out),
        "modelled_best": modelled_best_json(ranking),
        **doubt_json(ranking),
        "other_bests": [other_best_json(one) for one in ranking.other_bests],
        "choices": [_choice(choice) for choice in ranking.choices[:top]],
    }


def _request(ranking: Ranking) -> dict[str, object]:
    """What a request is taken to be, where the objective looks at its prompt."""
    looks = "prompt_tokens_per_s" in ranking.objective.moves(ranking.serving)
    return {"request": asdict(ranking.serving.request)} if looks else {}


def _choice(choice: Choice) -> dict[str, object]:
    it = choice.configuration
    return {
        "rank": choice.rank,
        "draft": it.draft,
        "quant": it.quant,
        "settings": dict(it.cell.settings),
        "k": it.k,
        "value": choice.value,
        "low": choice.low,
        "high": choice.high,
        "tied_with_best": choice.tied_with_best,
        "best_in": choice.best_in,
        "provenance": it.provenance,
        "warnings": [flag_words(flag) for flag in it.flags],
        "flags": [_flag(flag) for flag in it.flags],
    }


def _flag(flag: Flag) -> dict[str, object]:
    return {"code": flag.code, "part": flag.part, "numbers": dict(flag.numbers)}
