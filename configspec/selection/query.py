"""A question to recorded rows: which objectives, which devices and families, which K, under which assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from configspec.records.row import Row
from configspec.selection.ranking import Ranking, rank_all
from configspec.theory.objectives.objective import SCALES, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Bills, Serving

SEED = 2604_09722  # any fixed number: the same rows and question give the same intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to rank, and what to assume; None leaves what the rows were recorded with."""

    objectives: Sequence[Objective] = tuple(SCALES)
    ks: Sequence[int] | None = None
    verify_s: float | None = None
    usd_per_million_tokens: float | None = None
    bills: Bills | None = None

    def serving(self, recorded: Serving) -> Serving:
        """The recorded assumptions, with this question's in their place."""
        return replace(
            recorded,
            **({} if self.verify_s is None else _declared(self.verify_s)),
            usd_per_million_tokens=recorded.usd_per_million_tokens
            if self.usd_per_million_tokens is None
            else self.usd_per_million_tokens,
            bills=recorded.bills if self.bills is None else self.bills,
        )


def answer(rows: Sequence[Row], question: Query) -> tuple[Ranking, ...]:
    """The rankings of `rows`, per device, family and objective, in the rows' order.

    Of a configuration that stands twice the last row counts.
    """
    latest: dict[tuple[str, str, str, str, int], Configuration] = {}
    serving: dict[tuple[str, str], Serving] = {}
    for row in rows:
        it = row.configuration
        serving[it.device, it.family] = question.serving(row.serving)
        if row.end_to_end is not None and (it.device, it.family, it.draft, it.quant, it.k) in latest:
            continue  # the same profile, with doubts that are of the decoding
        if question.ks is None or it.k in question.ks:
            latest[(it.device, it.family, it.draft, it.quant, it.k)] = it
    if not latest:
        return ()
    return rank_all(
        tuple(latest.values()),
        question.objectives,
        lambda device, family: serving[device, family],
        rng=np.random.default_rng(SEED),
    )


def _declared(verify_s: float) -> dict[str, Any]:
    """One time of verification for all K, in place of what was assumed or measured."""
    return {"verify_s": verify_s, "verify": "declared", "verify_s_by_k": ()}
