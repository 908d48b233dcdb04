"""What a row of which more prompts were asked has of its sweep: nights compare by that, whatever else was asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from configspec.records.asked_prompts import AskedPrompts
from configspec.records.row import Row
from configspec.theory.acceptance.chain import pooled

SEED = 2604_09722  # any fixed number: the same counts give the same interval


def as_swept(row: Row) -> Row:
    """The row with the acceptance of the prompts that its sweep asked; itself where no more were."""
    refined, counted = row.refined, row.acceptance
    if refined is None or refined.prompts == 0 or not counted.by_prompt:
        return row
    by_prompt = counted.by_prompt[: -refined.prompts]
    found = pooled(by_prompt, row.k, rng=np.random.default_rng(SEED))
    return replace(
        row,
        acceptance=replace(
            counted,
            rate=found.rate,
            rounds=found.rounds,
            drafted=found.drafted,
            accepted=found.accepted,
            by_prompt=by_prompt,
            prompts_sha256=refined.sweep_prompts_sha256,
            prompts=len(by_prompt),
            asked=None if counted.asked is None else _first(counted.asked, len(by_prompt)),
        ),
        refined=replace(refined, prompts=0, sweep_prompts_sha256=None),
    )


def _first(asked: AskedPrompts, prompts: int) -> AskedPrompts:
    """Of the first so many prompts."""
    found: list[tuple[str, int]] = []
    for category, count in asked.categories:
        if prompts > 0:
            found.append((category, min(count, prompts)))
        prompts -= count
    return replace(asked, categories=tuple(found))
