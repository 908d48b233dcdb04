"""What every objective promises, for each that is listed; and the paper's laws of the three, in exact fractions."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from any_serving import servings
from hypothesis import given, settings
from hypothesis import strategies as st

import configspec
from configspec.errors import UsageError
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.cost import Cost, tokens_per_usd
from configspec.theory.objectives.energy import Energy, energy_j_per_token
from configspec.theory.objectives.goodput import Goodput, goodput_tokens_per_s
from configspec.theory.objectives.objective import FigureName, Figures, Objective, figures_of, objective_value
from configspec.theory.objectives.plain import WAYS, PlainToken
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import EnergyBoundary, Serving
from configspec.theory.serving.billing import Bills, billing

law = settings(deadline=None)  # the machine may be busy; these laws are not about time
each_objective = pytest.mark.parametrize("one", OBJECTIVES, ids=lambda one: one.name)


def figures(
    k: float, alpha: float, round_s: float, power_w: float, idle_w: float = 2.0, prompt_tokens_per_s: float = 40.0
) -> Figures[float]:
    return Figures(
        k=k,
        alpha=alpha,
        round_s=round_s,
        verify_s=0.5,
        server_s=0.4,
        power_w=power_w,
        idle_w=idle_w,
        prompt_tokens_per_s=prompt_tokens_per_s,
    )


any_figures = st.builds(
    figures,
    st.integers(1, 20).map(float),
    st.floats(0, 1),
    st.floats(1e-3, 100),
    st.floats(1e-2, 1e3),
    st.floats(1e-2, 1e3),
    st.floats(1e-2, 1e6),
)


def exactly(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)


def configuration(
    power_w: float | None = 8.0, idle_w: float | None = 2.0, prompt_tokens_per_s: float | None = 40.0
) -> Configuration:
    return Configuration(
        id=configuration_id("rpi5", "llama", "1b", "Q4_K_M", 6),
        round_s=exactly(6 / 14.44),
        acceptance=Acceptance(rate=exactly(0.52), rounds=None, drafted=None, accepted=None),
        power_w=None if power_w is None else exactly(power_w),
        power_reason="no meter" if power_w is None else None,
        idle_w=None if idle_w is None else exactly(idle_w),
        prompt_tokens_per_s=None if prompt_tokens_per_s is None else exactly(prompt_tokens_per_s),
        prompt_reason="no time was left" if prompt_tokens_per_s is None else None,
        provenance="derived",
    )


# What every objective promises.


def test_no_other_module_spells_an_objectives_name() -> None:
    """Whatever takes an objective takes any: a name to branch on would be a line to add with the next one."""
    package = Path(configspec.__file__).parent
    names = {one.name for one in OBJECTIVES}
    spelled = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    }
    assert spelled == {f"theory/objectives/{name}.py" for name in names}


def test_objectives_are_found_by_names_that_differ() -> None:
    """A name is what `--objective` takes and what JSON holds."""
    assert len({one.name for one in OBJECTIVES}) == len(OBJECTIVES)
    assert [objective(one.name) for one in OBJECTIVES] == list(OBJECTIVES)


def test_an_unknown_objective_is_answered_with_the_known_ones() -> None:
    """And with the nearest."""
    with pytest.raises(UsageError, match=r"'goodputs'.*Did you mean 'goodput'\? Known: goodput, cost, energy"):
        objective("goodputs")


@each_objective
def test_an_objective_says_what_it_is(one: Objective) -> None:
    """In words, with a unit of something per something, and with a direction."""
    assert one.name
    assert one.heading
    assert all(one.unit.partition("/"))
    assert one.better in ("higher", "lower")
    assert set(one.moves(Serving())) <= set(get_args(FigureName))
    assert one.boundary
    assert set(one.moves(Serving()).values()) <= {"rises", "falls"}
    assert one.moves(Serving())


@each_objective
@law
@given(
    any_figures,
    st.sampled_from(get_args(FigureName)),
    st.floats(1.001, 100),
    servings(),
)
def test_an_objective_moves_with_each_figure_as_it_says(
    one: Objective, some: Figures[float], name: FigureName, factor: float, serving: Serving
) -> None:
    """Never against it; and not at all with a figure that it does not name."""
    more = replace(some, **{name: min(getattr(some, name) * factor, 1.0 if name == "alpha" else math.inf)})
    change = one.value(more, serving) - one.value(some, serving)
    match one.moves(serving).get(name):
        case "rises":
            assert change >= 0
        case "falls":
            assert change <= 0
        case None:
            assert change == 0


@each_objective
def test_an_objective_moves_where_it_says_that_it_moves(one: Objective) -> None:
    """A figure that is named is looked at, under some assumptions."""
    some = figures(4.0, 0.5, 2.0, 8.0)
    servings = [Serving(energy_boundary=energy) for energy in get_args(EnergyBoundary)]
    for name in one.moves(Serving()):
        more = replace(some, **{name: getattr(some, name) * 1.5})
        assert any(one.value(more, serving) != one.value(some, serving) for serving in servings)


@each_objective
@law
@given(any_figures, servings())
def test_an_objective_is_finite_for_all_figures_that_can_be(
    one: Objective, some: Figures[float], serving: Serving
) -> None:
    """And above 0, so that ratios of its values can be told."""
    value = one.value(some, serving)
    assert math.isfinite(value)
    assert value > 0


@each_objective
@law
@given(st.lists(any_figures, min_size=1, max_size=8))
def test_arrays_give_what_each_of_their_numbers_gives(one: Objective, several: list[Figures[float]]) -> None:
    """To the last bit: a ranking computes with arrays, a regret with numbers."""
    arrays = Figures(
        k=np.array([some.k for some in several]),
        alpha=np.array([some.alpha for some in several]),
        round_s=np.array([some.round_s for some in several]),
        verify_s=np.array([some.verify_s for some in several]),
        server_s=np.array([some.server_s for some in several]),
        power_w=np.array([some.power_w for some in several]),
        idle_w=np.array([some.idle_w for some in several]),
        prompt_tokens_per_s=np.array([some.prompt_tokens_per_s for some in several]),
    )
    assert one.value(arrays, Serving()).tolist() == [one.value(some, Serving()) for some in several]


@each_objective
def test_a_configuration_with_every_figure_has_a_value(one: Objective) -> None:
    """Under the usual assumptions nothing is unavailable, and nothing lacks."""
    assert one.unavailable(Serving()) is None
    assert one.lacks(configuration(), Serving()) is None
    assert objective_value(one, configuration(), Serving()) == one.value(
        figures_of(configuration(), Serving()), Serving()
    )


@each_objective
def test_what_needs_the_power_says_so_where_there_is_none(one: Objective) -> None:
    """An objective lacks a figure exactly where it looks at it; its value is never made up."""
    without = configuration(power_w=None)
    assert (one.lacks(without, Serving()) is not None) == ("power_w" in one.moves(Serving()))
    if one.lacks(without, Serving()) is None:
        assert math.isfinite(objective_value(one, without, Serving()))
    else:
        with pytest.raises(ValueError, match="no meter"):
            objective_value(one, without, Serving())


plain_tokens = st.builds(
    PlainToken,
    way=st.sampled_from(WAYS),
    drafting_s=st.just(0.0) | st.floats(1e-6, 100),
    server_s=st.just(0.0) | st.floats(1e-6, 100),
    link_s=st.just(0.0) | st.floats(1e-6, 100),
    power_w=st.floats(1e-2, 1e3) | st.just(math.nan),
    idle_w=st.floats(1e-2, 1e3) | st.just(math.nan),
    prompt_s=st.floats(0, 1e6) | st.just(math.nan),
)


@each_objective
@law
@given(plain_tokens, servings())
def test_a_token_without_speculation_has_a_value_above_zero_or_a_reason(
    one: Objective, token: PlainToken, serving: Serving
) -> None:
    """Whatever is not known of it; a value of 0 would win every comparison."""
    value = one.plain(token, serving)
    assert value if isinstance(value, str) else math.isfinite(value) and value > 0


@each_objective
@law
@given(plain_tokens, st.floats(1.001, 100), st.sampled_from(get_args(EnergyBoundary)))
def test_a_token_without_speculation_is_worth_no_more_where_it_takes_longer(
    one: Objective, token: PlainToken, factor: float, energy: EnergyBoundary
) -> None:
    """So a bound on its time is a bound on its value."""
    serving = Serving(energy_boundary=energy)
    longer = replace(
        token, drafting_s=token.drafting_s * factor, server_s=token.server_s * factor, link_s=token.link_s * factor
    )
    values = [one.plain(each, serving) for each in (token, longer)]
    short, long = values
    if not isinstance(short, str) and not isinstance(long, str):
        assert long <= short if one.better == "higher" else long >= short


# The three of the paper.


@pytest.mark.parametrize(
    ("one", "assumptions"),
    [(Goodput(), {"verify_s"}), (Cost(), {"usd_per_million_tokens", "bills"}), (Energy(), set())],
)
def test_an_objective_depends_on_its_own_assumptions_and_no_others(one: Objective, assumptions: set[str]) -> None:
    """Law 2: eta ignores the device and T_verify, E ignores T_verify and p, G ignores P and p."""
    usual = objective_value(one, configuration(), Serving())
    others = {
        "verify_s": Serving(verify_s=7.0),
        "usd_per_million_tokens": Serving(usd_per_million_tokens=7.0),
        "bills": Serving(bills="drafted+1"),
    }
    moved = {name for name, other in others.items() if objective_value(one, configuration(), other) != usual}
    assert moved == assumptions


def test_a_measured_time_of_verification_is_that_of_its_own_k() -> None:
    """Goodput takes the time at K=6, not the one figure for all."""
    serving = Serving(verify_s=9.0, verify="measured", verify_s_by_k=((2, 0.1), (6, 0.5)))
    assert objective_value(Goodput(), configuration(), serving) == objective_value(
        Goodput(), configuration(), Serving(verify_s=0.5)
    )


def test_tokens_that_cost_nothing_have_no_number_per_dollar() -> None:
    """A verifier of one's own may cost nothing; then cost is unavailable, and nothing else is."""
    free = Serving(usd_per_million_tokens=0.0)
    assert [one for one in OBJECTIVES if one.unavailable(free)] == [one for one in OBJECTIVES if isinstance(one, Cost)]
    assert "the price is 0 USD per million tokens" in (Cost().unavailable(free) or "")


def test_a_meter_that_shows_nothing_measures_no_energy() -> None:
    """0 J/token would win every ranking."""
    assert Energy().lacks(configuration(power_w=0.0), Serving()) == "its meter shows 0 W, and a device draws more"


def test_known_answer_of_the_paper() -> None:
    """Pi 5, 1B-Inst, K=6 (arXiv 2604.09722, Table 2): 4.50 tokens/s, 763 thousand tokens/$, 0.84 J/token."""
    values = [objective_value(one, configuration(power_w=8.33), Serving()) for one in (Goodput(), Cost(), Energy())]
    assert [f"{values[0]:.2f}", f"{values[1] / 1000:.0f}", f"{values[2]:.2f}"] == ["4.50", "763", "0.84"]


def test_waiting_makes_a_longer_draft_the_best_one() -> None:
    """Each token accepted with 0.8 after the one before; 20 W, 5 ms a token, a wait of 0.5 s; by hand: K = 1, 2, 7."""
    k = np.arange(1.0, 17.0)
    ones, alpha = np.ones_like(k), np.cumsum(0.8**k) / k
    waits = Serving(energy_boundary="drafting+waiting")

    def best(idle_w: float) -> int:
        some = Figures(
            k=k,
            alpha=alpha,
            round_s=0.005 * k,
            verify_s=0.5 * ones,
            server_s=0.5 * ones,
            power_w=20 * ones,
            idle_w=idle_w * ones,
            prompt_tokens_per_s=40 * ones,
        )
        return int(np.argmin(Energy().value(some, waits))) + 1

    assert [best(idle_w) for idle_w in (0.0, 0.5, 3.0)] == [1, 2, 7]


def test_energy_with_waiting_lacks_the_idle_power_where_nobody_measured_it() -> None:
    """It is not taken for zero."""
    waits = Serving(energy_boundary="drafting+waiting")
    without = configuration(idle_w=None)
    assert Energy().lacks(without, waits) == "its power while waiting was not measured"
    assert Energy().lacks(without, Serving()) is None


def test_billing_changes_the_price_of_useful_tokens() -> None:
    """Qwen3-8B at K=2, alpha 0.7083, 0.59 USD: per million useful tokens 0.488 billed K, 0.732 billed K+1."""
    serving = Serving(usd_per_million_tokens=0.59)
    names: tuple[Bills, ...] = ("drafted", "drafted+1")
    rounds = [billing(name).usd_per_million_rounds(2.0, serving) for name in names]
    prices = [1_000_000 / tokens_per_usd(2.0, 0.7083, usd) for usd in rounds]
    assert prices == pytest.approx([0.488, 0.732], abs=0.0005)


# Laws 1 to 5, exact. `Any`: the formulas are annotated for floats and arrays, and hold for fractions.
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
    energy = energy_j_per_token(k, alpha, power * k / speed, 0)
    assert energy * tokens_per_usd(k, alpha, k * usd) * usd / 1_000_000 == power / speed


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
    energy = energy_j_per_token(k, alpha, power * k / speed, 0)
    assert 1 <= tokens <= k + 1
    assert goodput < tokens / verify_s
    assert goodput < speed * (alpha + Fraction(1, k))
    assert energy * goodput == power * (k / speed) / (k / speed + verify_s) < power


@law
@given(ks, rates, positive)
def test_cheaper_than_plain_decoding_exactly_above_a_threshold(k: int, alpha: Any, usd: Any) -> None:
    """Law 5: eta > 1/p exactly when alpha > 1 - 1/K."""
    assert (tokens_per_usd(k, alpha, k * usd) > 1_000_000 / usd) == (alpha > 1 - Fraction(1, k))


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
    assert tokens_per_usd(k, alpha, (k + 1) * usd) <= 1_000_000 / usd
