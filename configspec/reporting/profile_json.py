"""Profiles as a program wants them: all cells, all K. `docs/record.md` describes every key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from configspec.reporting.alone_words import compared_with
from configspec.reporting.positions import Positions
from configspec.reporting.power_words import no_degrees_reason, no_watts_reason
from configspec.reporting.profile_cells import CellProfile, FamilyProfile, acceptance_length
from configspec.reporting.target_alone import round_of
from configspec.theory.ids import Cell


def profiles_json(families: Sequence[FamilyProfile], positions: Positions) -> dict[str, object]:
    """`profiles`, one for each cell, and `baselines`, one for each family."""
    return {
        "profiles": [_cell(one, positions) for family in families for one in family.cells],
        "baselines": [_baseline(family) for family in families],
    }


def _cell(one: CellProfile, positions: Positions) -> dict[str, object]:
    shares = positions.of(one.largest, one.facts.acceptance_sha256)
    power, heat, prompt = one.facts.power, one.facts.heat, one.largest.prompt_tokens_per_s
    return {
        **_names(one.cell),
        "provenance": one.largest.provenance,
        "drafting": {"k": one.largest.k, "tokens_per_s": asdict(one.speed)},
        "prompt": None if prompt is None else {"tokens": one.largest.prompt_tokens, "tokens_per_s": asdict(prompt)},
        "prompt_reason": one.largest.prompt_reason if prompt is None else None,
        "acceptance": [
            {
                "k": each.k,
                "rate": each.acceptance.rate.value,
                "low": each.acceptance.rate.low,
                "high": each.acceptance.rate.high,
                "acceptance_length": acceptance_length(each),
            }
            for each in one.by_k
        ],
        "by_position": None if isinstance(shares, str) else {"k": one.largest.k, "shares": list(shares)},
        "by_position_reason": shares if isinstance(shares, str) else None,
        "watts": None if power.watts is None else asdict(power.watts),
        "watts_reason": no_watts_reason(power) if power.watts is None else None,
        "boundary": power.boundary,
        "temperature_c": None if heat.from_c is None else {"from": heat.from_c, "to": heat.to_c},
        "temperature_reason": no_degrees_reason(heat) if heat.from_c is None else None,
        "flags": list(one.codes),
        "best": {"k": one.best.k, "goodput_tokens_per_s": one.goodput_tokens_per_s},
    }


def _baseline(family: FamilyProfile) -> dict[str, object]:
    alone = family.alone
    known = None
    if alone is not None:
        known = {
            "provenance": "derived",
            "tokens_per_s_at_least": asdict(alone.tokens_per_s),
            "k": alone.k,
            "context_tokens": alone.context_tokens,
            "pass_s": asdict(alone.pass_s),
            "assumes": alone.assumes,
        }
    return {
        "family": family.family,
        "target_alone": known,
        "target_alone_reason": "no pass of the target was timed" if known is None else None,
        "devices": [_device(one, family) for one in family.best_of_devices],
    }


def _device(one: CellProfile, family: FamilyProfile) -> dict[str, object]:
    spent, against = round_of(one.best, one.serving), compared_with(one, family.alone)
    return {
        **_names(one.cell),
        "k": one.best.k,
        "tokens_per_round": spent.tokens,
        "drafting_s": spent.drafting_s,
        "verify_s": spent.verify_s,
        "times_as_fast_at_most": None if against is None else asdict(spent.times_as_fast(against)),
        "slower_s_per_round_at_least": None if against is None else spent.total_s - spent.alone_s(against),
    }


def _names(cell: Cell) -> dict[str, object]:
    return {
        "device": cell.device,
        "family": cell.family,
        "draft": cell.drafter.draft,
        "quant": cell.drafter.quant,
        "settings": dict(cell.settings),
    }
