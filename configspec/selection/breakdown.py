"""Where the time, the energy and the money of one configuration's token go.

K, alpha, y    tokens drafted a round; acceptance rate; tokens that a round yields, K * alpha + 1
d, g           seconds to draft a round; of going back in it, where the draft's memory cannot be cut
T              seconds to verify a round, link included
P, P_idle      power while drafting, and while waiting
p, billed      price of a token; tokens that a round is billed as

a token takes    d / y drafting, g / y going back, T / y verifying       seconds
it draws         P * (d + g) / y drafting, P_idle * T / y waiting        joules
it costs         p * billed / y                                          dollars
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.theory.objectives.objective import figures_of
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.billing import billing


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParts:
    """What one verified token takes. Joules are None where the power was not measured."""

    tokens_per_round: float
    drafting_s: float
    going_back_s: float
    verifying_s: float
    drafting_j: float | None
    waiting_j: float | None
    usd: float

    @property
    def total_s(self) -> float:
        """All of its time."""
        return self.drafting_s + self.going_back_s + self.verifying_s


def token_parts(one: Configuration, serving: Serving) -> TokenParts:
    """Of a configuration under the serving assumptions."""
    known = figures_of(one, serving)
    tokens = known.k * known.alpha + 1
    price = serving.usd_per_million_tokens / 1_000_000
    return TokenParts(
        tokens_per_round=tokens,
        drafting_s=one.round_s.value / tokens,
        going_back_s=one.going_back_s / tokens,
        verifying_s=known.verify_s / tokens,
        drafting_j=None if one.power_w is None else known.power_w * known.round_s / tokens,
        waiting_j=None if one.idle_w is None else known.idle_w * known.verify_s / tokens,
        usd=price * billing(serving.bills).tokens(known.k) / tokens,
    )
