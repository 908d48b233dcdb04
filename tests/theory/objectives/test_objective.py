"""Laws 1 to 5 of the objectives, for any acceptance whatever; exact, since the formulas take fractions too."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import (
    SCALES,
    Objective,
    energy_j_per_token,
    evaluate,
    goodput_tokens_per_s,
    objective_value,
    tokens_per_usd,
)
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Bills, Serving

law = settings(deadline=None)  # the machine may be busy; these laws are not about time


# Exact numbers. `Any`: the formulas are annotated for floats and arrays, and hold for fractions.
ks = st.integers(1, 20)
rates: st.SearchStrategy[Any] = st.integers(0, 1000).map(lambda n: Fraction(n, 1000))
positive: st.SearchStrategy[Any] = st.integers(1, 10**6).map(lambda n: Fraction(n, 1000))
rates_by_k: st.SearchStrategy[Any] = st.lists(rates, min_size=1, max_size=12).map(lambda each: dict(enumerate(each, 1)))


def best_k(alpha: Any, speed: Any, verify_s: Any) -> int:
    """The smallest K of the highest goodput."""
    best: int = max(alpha, key=lambda k: (goodput_tokens_per_s(k, alpha[k], k / speed, verify_s), -k))
    return best


@law
@given(ks, rates, positive, positive, positive)
def test_energy_times_tokens_per_dollar_times_price_is_energy_per_drafted_token(
    k: int, alpha: Any, speed: Any, power: Any, usd: Any
) -> None:
    """Law 1: E * eta * p = P / v_d for every K, so cost and energy prefer the same K of one draft on one device."""
    energy = energy_j_per_token(k, alpha, k / speed, power)
    assert energy * tokens_per_usd(k, alpha, usd) * usd / 1_000_000 == power / speed


@pytest.mark.parametrize(
    ("objective", "figures", "assumptions"),
    [
        ("goodput", ("k", "alpha", "round_s"), ("verify_s",)),
        ("cost", ("k", "alpha"), ("usd_per_million_tokens",)),
        ("energy", ("k", "alpha", "round_s", "power_w"), ()),
    ],
)
def test_an_objective_depends_on_its_own_figures_and_no_others(
    objective: Objective, figures: tuple[str, ...], assumptions: tuple[str, ...]
) -> None:
    """Law 2: eta ignores device and T_verify, E ignores T_verify and p, G ignores P and p."""
    usual = {"k": 4.0, "alpha": 0.5, "round_s": 2.0, "power_w": 8.0}
    serving: dict[str, Any] = {"verify_s": 0.5, "usd_per_million_tokens": 0.9}
    value = evaluate(objective, Serving(**serving), **usual)
    moved = {
        name for name in usual if evaluate(objective, Serving(**serving), **{**usual, name: usual[name] * 1.5}) != value
    } | {name for name in serving if evaluate(objective, Serving(**{**serving, name: 7.0}), **usual) != value}
    assert moved == {*figures, *assumptions}


@law
@given(rates_by_k, positive, positive, positive)
def test_the_best_k_for_goodput_depends_on_drafted_tokens_per_verification_alone(
    alpha: Any, speed: Any, verify_s: Any, c: Any
) -> None:
    """Law 3: only x = v_d * T_verify matters, and in other units of time G(c * v_d, T / c) = c * G(v_d, T)."""
    assert best_k(alpha, speed, verify_s) == best_k(alpha, c * speed, verify_s / c)
    for k, rate in alpha.items():
        faster = goodput_tokens_per_s(k, rate, k / (c * speed), verify_s / c)
        assert faster == c * goodput_tokens_per_s(k, rate, k / speed, verify_s)


@law
@given(rates_by_k, positive, positive, positive)
def test_the_best_k_for_goodput_never_falls_when_drafting_gets_faster(
    alpha: Any, speed: Any, verify_s: Any, extra: Any
) -> None:
    """Law 3: it never falls when x grows."""
    assert best_k(alpha, speed, verify_s) <= best_k(alpha, speed + extra, verify_s)


@law
@given(rates_by_k)
def test_the_best_k_for_goodput_tends_to_the_cheapest_and_to_the_longest_yield(alpha: Any) -> None:
    """Law 3: as x goes to 0 the best K has the highest alpha + 1/K; as it goes to infinity, the highest y."""
    slow, fast = (best_k(alpha, speed, 1) for speed in (Fraction(1, 10**9), Fraction(10**9)))
    assert alpha[slow] + Fraction(1, slow) == max(rate + Fraction(1, k) for k, rate in alpha.items())
    assert fast * alpha[fast] == max(k * rate for k, rate in alpha.items())


@law
@given(ks, rates, positive, positive, positive)
def test_goodput_and_power_are_bounded(k: int, alpha: Any, speed: Any, verify_s: Any, power: Any) -> None:
    """Law 4: 1 <= y <= K+1; G < y / T; G < v_d * (alpha + 1/K); E * G = P * drafting's share of the round < P."""
    tokens = k * alpha + 1
    goodput = goodput_tokens_per_s(k, alpha, k / speed, verify_s)
    energy = energy_j_per_token(k, alpha, k / speed, power)
    assert 1 <= tokens <= k + 1
    assert goodput < tokens / verify_s
    assert goodput < speed * (alpha + Fraction(1, k))
    assert energy * goodput == power * (k / speed) / (k / speed + verify_s) < power


@law
@given(ks, rates, positive)
def test_cheaper_than_plain_decoding_exactly_above_a_threshold(k: int, alpha: Any, usd: Any) -> None:
    """Law 5: eta > 1/p exactly when alpha > 1 - 1/K."""
    assert (tokens_per_usd(k, alpha, usd) > 1_000_000 / usd) == (alpha > 1 - Fraction(1, k))


@law
@given(ks, rates, positive, positive)
def test_faster_than_a_token_each_round_trip_exactly_above_a_threshold(
    k: int, alpha: Any, speed: Any, verify_s: Any
) -> None:
    """Law 5: G > 1/T exactly when alpha * v_d * T > 1."""
    goodput = goodput_tokens_per_s(k, alpha, k / speed, verify_s)
    assert (goodput > 1 / verify_s) == (alpha * speed * verify_s > 1)


@law
@given(ks, rates, positive)
def test_billing_the_bonus_token_is_never_cheaper_than_plain_decoding(k: int, alpha: Any, usd: Any) -> None:
    """Billed K + 1, a round yields at most what it is billed."""
    assert tokens_per_usd(k, alpha, usd, "drafted+1") <= 1_000_000 / usd


def test_billing_changes_the_price_of_useful_tokens() -> None:
    """Qwen3-8B at K=2, alpha 0.7083, 0.59 USD: per million useful tokens 0.488 billed K, 0.732 billed K+1."""
    prices = [1_000_000 / tokens_per_usd(2, 0.7083, 0.59, bills) for bills in get_args(Bills)]
    assert prices == pytest.approx([0.488, 0.732], abs=0.0005)


def test_known_answer_of_the_paper() -> None:
    """Pi 5, 1B-Inst, K=6 (arXiv 2604.09722, Table 2): 4.50 tokens/s, 763 thousand tokens/$, 0.84 J/token."""
    estimate = Estimate(value=6 / 14.44, low=0.41, high=0.42, confidence=1.0, n=0)
    configuration = Configuration(
        device="rpi5",
        family="llama",
        draft="1b",
        quant="Q4_K_M",
        k=6,
        round_s=estimate,
        acceptance=Acceptance(
            rate=Estimate(value=0.52, low=0.52, high=0.52, confidence=1.0, n=0),
            rounds=None,
            drafted=None,
            accepted=None,
        ),
        power_w=Estimate(value=8.33, low=8.3, high=8.4, confidence=1.0, n=0),
        provenance="derived",
    )
    values = [objective_value(objective, configuration, Serving()) for objective in SCALES]
    assert [f"{values[0]:.2f}", f"{values[1] / 1000:.0f}", f"{values[2]:.2f}"] == ["4.50", "763", "0.84"]


def test_arrays_give_what_each_of_their_numbers_gives() -> None:
    """The formulas broadcast: one row of K against a column of acceptance rates."""
    k, alpha = np.array([[1.0, 2.0, 5.0]]), np.array([[0.2], [0.9]])
    values = goodput_tokens_per_s(k, alpha, k / 3.0, 0.5)
    assert values.shape == (2, 3)
    assert values[1, 2] == goodput_tokens_per_s(5.0, 0.9, 5.0 / 3.0, 0.5)


def test_energy_without_power_is_refused_with_its_reason() -> None:
    """The value of an objective is never made up."""
    one = Estimate(value=0.5, low=0.5, high=0.5, confidence=1.0, n=0)
    configuration = Configuration(
        device="rpi4b",
        family="llama",
        draft="1b",
        quant="Q4_K_M",
        k=2,
        round_s=one,
        acceptance=Acceptance(rate=one, rounds=None, drafted=None, accepted=None),
        power_w=None,
        power_reason="no meter",
        provenance="derived",
    )
    with pytest.raises(ValueError, match="no meter"):
        objective_value("energy", configuration, Serving())
