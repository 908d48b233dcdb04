"""From where on speculation pays, and what would make one configuration as good as another.

    K, alpha, y    tokens drafted a round; acceptance rate; tokens that a round yields, K * alpha + 1
    d, g           seconds to draft a round; of going back in it
    T              seconds to verify a round, link included
    m              the price of a round over that of a token by itself; where drafted tokens are billed, K

Without a draft, the same verifier at the same place yields a token a round trip, at most T long:

    no slower    y * T >= d + g + T, so    alpha >= (d + g) / (K * T),    T >= (d + g) / (K * alpha)
    no dearer    y >= m, so                alpha >= (m - 1) / K

Both are laws of the formulas in arXiv 2604.09722; with its billing of K the second is alpha >= 1 - 1 / K. A target that
stands beside its user, or streams, waits for no round trip: how fast it is by itself has to be measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.selection.crossing import FARTHEST, crossing
from configspec.theory.objectives.cost import Cost, round_of
from configspec.theory.objectives.objective import Figures, Objective, figures_of
from configspec.theory.objectives.plain import PlainToken
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import MILLION, usd_per_million_rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """From where on speculation pays against fetching token by token, all else as it is.

    `one_by_one_s` is what the tokens of a round would take. Speeds are in drafted tokens per second. None: whatever it
    was, it would not be enough. `pays_in_time` and `pays_in_money` say it of what was measured; the
    second is None where nobody knows what one of both costs, or it costs nothing.
    """

    one_by_one_s: float
    pays_in_time: bool
    pays_in_money: bool | None
    least_acceptance: float | None
    least_drafting_tokens_per_s: float | None
    least_verify_s: float | None
    least_acceptance_for_money: float | None


def break_even(one: Configuration, serving: Serving) -> BreakEven:
    """Of a configuration under the serving assumptions."""
    known = figures_of(one, serving)
    gained_s = known.k * known.alpha * known.verify_s  # what the accepted tokens would have taken one by one
    times_price = _times_price(one, known, serving)
    for_time = known.round_s / (known.k * known.verify_s) if known.verify_s > 0 else math.inf
    for_money = math.inf if times_price is None else (times_price - 1) / known.k
    back_s = one.going_back_s
    return BreakEven(
        one_by_one_s=(known.k * known.alpha + 1) * known.verify_s,
        pays_in_time=known.round_s <= gained_s,
        pays_in_money=None if times_price is None else known.k * known.alpha + 1 >= times_price,
        least_acceptance=for_time if for_time <= 1 else None,
        least_drafting_tokens_per_s=known.k / (gained_s - back_s) if gained_s > back_s else None,
        least_verify_s=known.round_s / (known.k * known.alpha) if known.alpha > 0 else None,
        least_acceptance_for_money=for_money if for_money <= 1 else None,
    )


def _times_price(one: Configuration, known: Figures[float], serving: Serving) -> float | None:
    """The price of a round over that of a token by itself, from the same verifier at the same place."""
    cost = Cost()
    token = PlainToken(
        way="no speculation",
        drafting_s=0.0,
        server_s=known.server_s,
        link_s=known.verify_s - known.server_s,
        power_w=known.power_w,
        idle_w=known.idle_w,
    )
    plain = cost.plain(token, serving)
    if isinstance(plain, str) or (cost.unavailable(serving) or cost.lacks(one, serving)) is not None:
        return None
    return usd_per_million_rounds(round_of(known, serving), serving) * plain / MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The best other configuration by an objective, and what would make this one as good as it.

    Each is the figure at which both are equal, all else as it is; None where nothing that can be reaches it. Where this
    configuration is ahead, they say what it could lose.
    """

    objective: Objective
    configuration: Configuration
    value: float
    ahead: bool
    acceptance: float | None
    round_s: float | None


def rival(one: Configuration, others: Sequence[Configuration], objective: Objective, serving: Serving) -> Rival | None:
    """Of a configuration with a value, against others that have one; None where there is no other."""
    values = [(objective.value(figures_of(it, serving), serving), it) for it in others if it.id != one.id]
    if not values:
        return None
    higher = objective.better == "higher"
    value, best = (max if higher else min)(values, key=lambda pair: pair[0])
    known = figures_of(one, serving)
    own = objective.value(known, serving)

    def by_acceptance(factor: float) -> float:
        return objective.value(replace(known, alpha=known.alpha * factor), serving)

    def by_round(factor: float) -> float:
        return objective.value(replace(known, round_s=known.round_s * factor), serving)

    most = 1 / known.alpha if known.alpha > 0 else 1.0
    acceptance = crossing(by_acceptance, value, 0.0, most) if known.alpha > 0 else None
    round_s = crossing(by_round, value, 1 / FARTHEST, FARTHEST)
    return Rival(
        objective=objective,
        configuration=best,
        value=value,
        ahead=own >= value if higher else own <= value,
        acceptance=None if acceptance is None else known.alpha * acceptance,
        round_s=None if round_s is None else known.round_s * round_s,
    )
