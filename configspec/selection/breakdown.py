"""Where the time, the energy and the money of one configuration's token go, and what would improve it most.

    K, alpha, y    tokens drafted a round; acceptance rate; tokens that a round yields, K * alpha + 1
    d, g           seconds to draft a round; of going back in it, where the draft's memory cannot be cut
    T              seconds to verify a round, link included
    P, P_idle      power while drafting, and while waiting
    p, billed      price of a token; tokens that a round is billed as

    a token takes    d / y drafting, g / y going back, T / y verifying                       seconds
    it draws         P * (d + g) / y drafting, P_idle * T / y waiting                        joules
    it costs         p * billed / y                                                          dollars

Without a draft, the same verifier at the same place yields a token a round trip, at most T long, and bills it as one:

    no slower          y * T >= d + g + T, so    alpha >= (d + g) / (K * T),    d + g <= K * alpha * T,    T >= (d + g) / (K * alpha)
    no dearer          y >= billed, so           alpha >= (billed - 1) / K

(Laws 5 of the paper's formulas, arXiv 2604.09722, with its billing of K: alpha > 1 - 1 / K.) A target that stands beside
its user, or streams, waits for no round trip; how fast it is by itself has to be measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from configspec.theory.objectives.objective import Figures, Objective, figures_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that could be better, as a person says it, and the figures and assumptions that it leads to.

    `factor` is what its figure is multiplied with.
    """

    words: str
    factor: float
    apply: Callable[[Figures[float], Serving, float], tuple[Figures[float], Serving]]


def _faster(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, round_s=known.round_s * factor), serving


def _accepted(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, alpha=min(known.alpha * factor, 1.0)), serving


def _verified(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, verify_s=known.verify_s * factor), serving


def _power(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, power_w=known.power_w * factor), serving


def _idle(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return replace(known, idle_w=known.idle_w * factor), serving


def _price(known: Figures[float], serving: Serving, factor: float) -> tuple[Figures[float], Serving]:
    return known, replace(serving, usd_per_million_tokens=serving.usd_per_million_tokens * factor)


CHANGES: tuple[Change, ...] = (
    Change(words="drafting 10 % faster", factor=1 / 1.1, apply=_faster),
    Change(words="acceptance 10 % higher", factor=1.1, apply=_accepted),
    Change(words="verification and link in half the time", factor=0.5, apply=_verified),
    Change(words="drafting at 10 % less power", factor=0.9, apply=_power),
    Change(words="waiting at half the power", factor=0.5, apply=_idle),
    Change(words="a price 10 % lower", factor=0.9, apply=_price),
)
STEP = 1e-5  # of a logarithm: the error of a central difference is its square


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What a change makes of an objective's value.

    `times_better` is above 1 where the change helps. `elasticity` is d ln(value) / d ln(figure) where the
    configuration stands: by how many percent the value moves where the figure grows by one.
    """

    change: Change
    value: float
    times_better: float
    elasticity: float


def improvements(one: Configuration, objective: Objective, serving: Serving) -> tuple[Improvement, ...]:
    """What each change makes of a value that the configuration has, the most helpful first; without what changes nothing."""
    known = figures_of(one, serving)
    value = objective.value(known, serving)

    def at(change: Change, factor: float) -> float:
        return objective.value(*change.apply(known, serving, factor))

    found = []
    for change in CHANGES:
        new = at(change, change.factor)
        # Beside what no acceptance can pass, the slope is one to the left.
        high = 1.0 if change.apply is _accepted and known.alpha * math.exp(STEP) > 1 else math.exp(STEP)
        low = math.exp(-STEP)
        slope = math.log(at(change, high) / at(change, low)) / math.log(high / low)
        better = new / value if objective.better == "higher" else value / new
        if new != value or slope != 0:
            found.append(Improvement(change=change, value=new, times_better=better, elasticity=slope))
    return tuple(sorted(found, key=lambda one: -one.times_better))


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """From where on speculation pays against fetching token by token, all else as it is.

    Speeds are in drafted tokens per second. None: whatever it was, it would not be enough. `pays` says it of what was
    measured.
    """

    pays_in_time: bool
    pays_in_money: bool
    least_acceptance: float | None
    least_drafting_tokens_per_s: float | None
    least_verify_s: float | None
    least_acceptance_for_money: float | None


def break_even(one: Configuration, serving: Serving) -> BreakEven:
    """Of a configuration under the serving assumptions."""
    known = figures_of(one, serving)
    gained_s = known.k * known.alpha * known.verify_s  # what the accepted tokens would have taken one by one
    billed = billing(serving.bills).tokens(known.k)
    for_time = known.round_s / (known.k * known.verify_s) if known.verify_s > 0 else math.inf
    for_money = (billed - 1) / known.k
    back_s = one.going_back_s
    return BreakEven(
        pays_in_time=known.round_s <= gained_s,
        pays_in_money=known.k * known.alpha + 1 >= billed,
        least_acceptance=for_time if for_time <= 1 else None,
        least_drafting_tokens_per_s=known.k / (gained_s - back_s) if gained_s > back_s else None,
        least_verify_s=known.round_s / (known.k * known.alpha) if known.alpha > 0 else None,
        least_acceptance_for_money=for_money if for_money <= 1 else None,
    )


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


FARTHEST = 1e6  # times a figure that is looked at


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
    acceptance = _equal(by_acceptance, value, 0.0, most) if known.alpha > 0 else None
    round_s = _equal(by_round, value, 0.0, FARTHEST)
    return Rival(
        objective=objective,
        configuration=best,
        value=value,
        ahead=own >= value if higher else own <= value,
        acceptance=None if acceptance is None else known.alpha * acceptance,
        round_s=None if round_s is None else known.round_s * round_s,
    )


def _equal(value_at: Callable[[float], float], wanted: float, low: float, high: float) -> float | None:
    """Where a function that only rises or only falls reaches a value between two factors; None where it does not."""
    rises = value_at(high) > value_at(low)
    least, most = (low, high) if rises else (high, low)
    if not value_at(least) <= wanted <= value_at(most) or value_at(least) == value_at(most):
        return None
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if (value_at(middle) < wanted) == rises:
            low = middle
        else:
            high = middle
    return high
