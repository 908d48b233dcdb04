"""Where the time, the energy and the money of one configuration's token go.

K, alpha, y    tokens drafted a round; acceptance rate; tokens that a round yields, K * alpha + 1
d, g           seconds to draft a round; of going back in it, where the draft's memory cannot be cut
T              seconds to verify a round, link included
P, P_idle      power while drafting, and while waiting
USD            of a round: all that is charged for (`theory/serving/charges.py`)

a token takes    d / y drafting, g / y going back, T / y verifying       seconds
it draws         P * (d + g) / y drafting, P_idle * T / y waiting        joules
it costs         USD / y                                                 dollars
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from configspec.theory.objectives.cost import round_of
from configspec.theory.objectives.objective import figures_of
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import MILLION, declared_charges


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParts:
    """What one verified token takes. Joules are None where the power was not measured."""

    tokens_per_round: float
    drafting_s: float
    going_back_s: float
    verifying_s: float
    drafting_j: float | None
    waiting_j: float | None
    charges: tuple[tuple[str, float | None], ...]  # what is charged for, dollars; None where nobody knows

    @property
    def usd(self) -> float | None:
        """All that is charged for it; None where a part of that is not known."""
        known = [usd for _, usd in self.charges if usd is not None]
        return math.fsum(known) if len(known) == len(self.charges) else None

    @property
    def total_s(self) -> float:
        """All of its time."""
        return self.drafting_s + self.going_back_s + self.verifying_s


def token_parts(one: Configuration, serving: Serving) -> TokenParts:
    """Of a configuration under the serving assumptions."""
    known = figures_of(one, serving)
    tokens = known.k * known.alpha + 1
    priced = round_of(known, serving)
    return TokenParts(
        tokens_per_round=tokens,
        drafting_s=one.round_s.value / tokens,
        going_back_s=one.going_back_s / tokens,
        verifying_s=known.verify_s / tokens,
        drafting_j=None if one.power_w is None else known.power_w * known.round_s / tokens,
        waiting_j=None if one.idle_w is None else known.idle_w * known.verify_s / tokens,
        charges=tuple(
            (each.name, _known(each.usd_per_million_rounds(priced, serving) / MILLION / tokens))
            for each in declared_charges(serving)
        ),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
