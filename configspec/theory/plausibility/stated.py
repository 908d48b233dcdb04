"""What a source states beside its figures, against what follows from them. Of values that are computed here, it holds.

    E * eta * p = P / v_d     for every K and whatever alpha is: equations 2 and 3 of arXiv 2604.09722 multiplied
    E * eta * p = P K / (v_d billed(K))     where a round is billed as another number of tokens

eta is the one that is stated, or else follows from alpha. Both sides have an interval: that of the printed digits. They
contradict each other where the intervals have nothing in common, and the values are more than `APART` apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

from configspec.theory.evidence import Stated
from configspec.theory.figures import Estimate
from configspec.theory.flags import Code, flag
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import figures_of
from configspec.theory.plausibility.rule import DeviceFigures, Finding, Subject

COST, GOODPUT = Cost(), Goodput()
APART = 0.02  # of the larger: constants that a source rounds without saying so


@dataclass(frozen=True, slots=True)
class _Range:
    """A value between two bounds."""

    value: float
    low: float
    high: float

    def contradicts(self, other: _Range) -> bool:
        """Whether both cannot be true."""
        away = self.low > other.high or other.low > self.high
        return away and abs(self.value - other.value) > APART * max(self.value, other.value)

    def times(self, other: _Range) -> _Range:
        """The product of two that are not below 0."""
        return _Range(self.value * other.value, self.low * other.low, self.high * other.high)

    def scaled(self, factor: float) -> _Range:
        """Times a number that is not below 0."""
        return _Range(self.value * factor, self.low * factor, self.high * factor)


@final
class EnergyIdentity:
    """The energy and the cost that are stated give another energy a token than power and drafting speed."""

    codes: tuple[Code, ...] = ("energy_identity",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each configuration."""
        for one, stated in _with_stated(figures):
            energy, power = stated.drafting_j_per_token, one.configuration.power_w
            if energy is None or power is None:
                continue
            # Both sides times what is billed for a round: joules a round.
            left, right = _range(energy).times(_tokens(one, stated)), _range(power).times(_round_s(one))
            if left.contradicts(right):
                follows = energy.value * right.value / left.value
                yield _of(one, "energy_identity", stated=energy.value, derived=follows)


@final
class StatedOtherwise:
    """Goodput or cost efficiency that is stated is another than follows from the figures, by equation 1 or 2."""

    codes: tuple[Code, ...] = ("goodput_otherwise", "cost_otherwise")

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each value."""
        for one, stated in _with_stated(figures):
            pairs: tuple[tuple[Code, Estimate | None, _Range | None], ...] = (
                ("goodput_otherwise", stated.goodput_tokens_per_s, _goodput(one)),
                ("cost_otherwise", stated.tokens_per_usd, _cost(one)),
            )
            for code, said, derived in pairs:
                if said is not None and derived is not None and _range(said).contradicts(derived):
                    yield _of(one, code, stated=said.value, derived=derived.value)


def _with_stated(figures: DeviceFigures) -> Iterator[tuple[Subject, Stated]]:
    for subjects in figures.cells.values():
        for one in subjects:
            stated = one.configuration.evidence.stated
            if stated is not None:
                yield one, stated


def _of(one: Subject, code: Code, **numbers: float) -> Finding:
    return Finding(flag=flag(code, "profile", **numbers), cells=(one.configuration.cell,), ks=(one.k,))


def _range(one: Estimate) -> _Range:
    return _Range(one.value, one.low, one.high)


def _round_s(one: Subject) -> _Range:
    more_s, found = one.configuration.going_back_s, one.configuration.round_s
    return _Range(found.value + more_s, found.low + more_s, found.high + more_s)


def _yield(one: Subject) -> _Range:
    """Tokens that a round yields, K alpha + 1."""
    rate = one.configuration.acceptance.rate
    return _Range(one.k * rate.value + 1, one.k * rate.low + 1, one.k * rate.high + 1)


def _tokens(one: Subject, stated: Stated) -> _Range:
    """What a round yields by the eta that is stated; by alpha, where none is."""
    tokens, eta = _yield(one), _cost(one)
    if stated.tokens_per_usd is None or eta is None:
        return tokens
    usd = tokens.value / eta.value  # that a round costs
    return _range(stated.tokens_per_usd).scaled(usd)


def _cost(one: Subject) -> _Range | None:
    """Eta as it follows from alpha, tokens/$; None where tokens cost nothing."""
    if COST.unavailable(one.serving) is not None:
        return None
    figures, rate = figures_of(one.configuration, one.serving), one.configuration.acceptance.rate
    values = (COST.value(replace(figures, alpha=alpha), one.serving) for alpha in (rate.value, rate.low, rate.high))
    return _Range(*values)


def _goodput(one: Subject) -> _Range:
    figures, rate, round_s = (
        figures_of(one.configuration, one.serving),
        one.configuration.acceptance.rate,
        _round_s(one),
    )
    ends = ((rate.value, round_s.value), (rate.low, round_s.high), (rate.high, round_s.low))
    values = (GOODPUT.value(replace(figures, alpha=alpha, round_s=time_s), one.serving) for alpha, time_s in ends)
    return _Range(*values)
