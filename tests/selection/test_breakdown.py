"""Where a token's time, energy and money go; what would improve it; from where on it pays."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from weighed import exact, paper_groups

from configspec.selection.break_even import break_even, rival
from configspec.selection.breakdown import token_parts
from configspec.selection.improvements import CHANGES, Improvement, improvements
from configspec.theory.objectives.objective import Objective, figures_of, objective_value
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import EnergyBoundary, Serving
from configspec.theory.serving.billing import OF_ONE_PRICE

law = settings(deadline=None, max_examples=100)
GOODPUT, COST, ENERGY = map(objective, ("goodput", "cost", "energy"))
ones = st.builds(
    exact,
    st.just("1b"),
    st.integers(1, 16),
    st.floats(0.01, 0.99),
    st.floats(0.01, 10),
    power_w=st.floats(1, 50),
    idle_w=st.floats(0.5, 10),
)
servings = st.builds(
    Serving,
    verify_s=st.floats(0.01, 5),
    usd_per_million_tokens=st.floats(0.1, 10),
    bills=st.sampled_from(OF_ONE_PRICE),
    energy_boundary=st.sampled_from(get_args(EnergyBoundary)),
)


@law
@given(ones, servings, st.floats(0, 1))
def test_the_parts_of_a_token_are_the_objectives(one, serving, back_s):
    """Their seconds are 1 / goodput, their dollars 1 / cost, their joules the energy, as far as its boundary goes."""
    it = replace(one, going_back_s=back_s)
    parts = token_parts(it, serving)
    assert parts.total_s == pytest.approx(1 / objective_value(GOODPUT, it, serving))
    assert parts.usd == pytest.approx(1 / objective_value(COST, it, serving))
    assert parts.drafting_j is not None
    assert parts.waiting_j is not None
    waiting = parts.waiting_j if serving.energy_boundary == "drafting+waiting" else 0.0
    assert parts.drafting_j + waiting == pytest.approx(objective_value(ENERGY, it, serving))


def test_joules_that_nobody_measured_are_unknown():
    """Not zero."""
    parts = token_parts(exact("1b", 4, 0.5, 1.0, power_w=None), Serving())
    assert (parts.drafting_j, parts.waiting_j) == (None, None)


def paper(draft: str, k: int) -> tuple[Configuration, Serving]:
    (group,) = (one for one in paper_groups() if (one.device, one.family) == ("rpi5", "llama-3.1-70b"))
    found = group.together([GOODPUT]).configurations
    return next(one for one in found if (one.draft, one.k) == (draft, k)), group.serving


def test_the_paper_s_winner_on_the_pi_5_spends_more_than_half_of_its_time_waiting():
    """Section 4: y = 4.120, v_d = 14.44: 6 / 14.44 s of drafting and 0.5 s for 4.12 tokens; 0.84 J; 1 / 763,000 USD."""
    parts = token_parts(*paper("1b-inst", 6))
    assert parts.tokens_per_round == pytest.approx(4.120, abs=5e-4)
    assert parts.drafting_s == pytest.approx(6 / 14.44 / 4.120, abs=1e-4)
    assert parts.verifying_s == pytest.approx(0.5 / 4.120, abs=1e-4)
    assert parts.drafting_j == pytest.approx(0.84, abs=0.005)
    assert parts.usd is not None
    assert 1 / parts.usd == pytest.approx(763_000, abs=500)


def by_words(one: Configuration, by: Objective, serving: Serving) -> dict[str, Improvement]:
    return {it.change.words: it for it in improvements(one, by, serving)}


@law
@given(ones, servings)
def test_elasticities_are_those_of_the_formulas(one, serving):
    """Of goodput: K alpha / y, -d / (d + T), -T / (d + T); of cost: K alpha / y and -1."""
    known = figures_of(one, serving)
    gained = known.k * known.alpha / (known.k * known.alpha + 1)
    whole = known.round_s + known.verify_s
    faster, accepted, verified = (it.words for it in CHANGES[:3])
    goodput, cost = by_words(one, GOODPUT, serving), by_words(one, COST, serving)
    assert goodput[accepted].elasticity == pytest.approx(gained, abs=1e-6)
    assert goodput[faster].elasticity == pytest.approx(-known.round_s / whole, abs=1e-6)
    assert goodput[verified].elasticity == pytest.approx(-known.verify_s / whole, abs=1e-6)
    assert sorted(it.elasticity for it in cost.values()) == pytest.approx([-1.0, gained], abs=1e-6)


@law
@given(ones, servings, st.sampled_from(OBJECTIVES))
def test_every_change_that_is_named_helps(one, serving, by):
    """The most helpful comes first, and its new value is so many times better."""
    found = improvements(one, by, serving)
    assert [it.times_better for it in found] == sorted((it.times_better for it in found), reverse=True)
    own = objective_value(by, one, serving)
    for it in found:
        assert it.times_better >= 1
        assert it.times_better == pytest.approx(it.value / own if by.better == "higher" else own / it.value)


def test_no_acceptance_is_above_one():
    """At 95 %, ten percent more is all; at 100 % nothing is gained, though the slope is told."""
    accepted = CHANGES[1].words
    near = by_words(exact("1b", 4, 0.95, 1.0), GOODPUT, Serving())[accepted]
    assert near.value == pytest.approx(5 / 1.5)
    whole = by_words(exact("1b", 4, 1.0, 1.0), GOODPUT, Serving())[accepted]
    assert whole.times_better == 1.0
    assert whole.elasticity == pytest.approx(0.8, abs=1e-4)


def alone_s(one: Configuration, serving: Serving) -> float:
    return serving.verify_s * (one.k * one.acceptance.rate.value + 1)


@law
@given(ones, servings)
def test_at_the_break_even_a_round_takes_as_long_as_its_tokens_one_by_one(one, serving):
    """Whichever of the three figures is moved there: law 5, alpha * v_d * T = 1."""
    found = break_even(one, serving)
    moved = []
    if found.least_acceptance is not None:
        rate = replace(one.acceptance.rate, value=found.least_acceptance)
        moved.append((replace(one, acceptance=replace(one.acceptance, rate=rate)), serving))
    assert found.least_drafting_tokens_per_s is not None
    assert found.least_verify_s is not None
    round_s = replace(one.round_s, value=one.k / found.least_drafting_tokens_per_s)
    moved += [(replace(one, round_s=round_s), serving), (one, replace(serving, verify_s=found.least_verify_s))]
    for it, under in moved:
        assert it.round_s.value + under.verify_s == pytest.approx(alone_s(it, under))
    pays = one.acceptance.rate.value * one.drafting_tokens_per_s * serving.verify_s
    assume(abs(pays - 1) > 1e-9)
    assert found.pays_in_time == (pays > 1)


@pytest.mark.parametrize(("k", "least"), [(2, 0.5), (5, 0.8), (10, 0.9)])
def test_cheaper_than_plain_decoding_takes_an_acceptance_of_1_less_1_over_k(k, least):
    """Law 5 of the paper's formulas, billed K; billed K + 1, nothing less than every token will do."""
    one = exact("1b", k, 0.85, 1.0)
    assert break_even(one, Serving()).least_acceptance_for_money == pytest.approx(least)
    assert break_even(one, Serving()).pays_in_money == (least < 0.85)
    assert break_even(one, Serving(bills="drafted+1")).least_acceptance_for_money == pytest.approx(1.0)


def test_the_paper_s_8b_on_the_pi_5_is_slower_than_one_token_a_round_trip():
    """1.55 tokens/s where fetching them one by one gives 2.0; the 1B at K=6 is faster, and dearer than plain."""
    slow, fast = break_even(*paper("8b-inst", 2)), break_even(*paper("1b-inst", 6))
    assert (slow.pays_in_time, slow.pays_in_money) == (False, True)
    assert (fast.pays_in_time, fast.pays_in_money) == (True, False)


def test_what_no_figure_reaches_is_none():
    """Nothing accepted: no verification is long enough; drafting that takes ever so long: no acceptance is enough."""
    nothing = break_even(exact("1b", 4, 0.0, 1.0), Serving())
    assert (nothing.least_drafting_tokens_per_s, nothing.least_verify_s) == (None, None)
    assert break_even(exact("1b", 4, 0.5, 99.0), Serving()).least_acceptance is None
    assert break_even(exact("1b", 4, 0.5, 1.0), Serving(verify_s=0.0)).least_acceptance is None


@law
@given(ones, ones, servings, st.sampled_from(OBJECTIVES))
def test_a_rival_is_equal_where_it_is_said(one, other, serving, by):
    """With that acceptance, or that time of a round, both have one value; and who is ahead is said."""
    against = replace(other, id=replace(other.id, k=17))
    found = rival(one, [one, against], by, serving)
    assert found is not None
    assert found.configuration.id == against.id
    own = objective_value(by, one, serving)
    assert found.ahead == (own >= found.value if by.better == "higher" else own <= found.value)
    known = figures_of(one, serving)
    if found.acceptance is not None:
        assert 0 <= found.acceptance <= 1
        assert by.value(replace(known, alpha=found.acceptance), serving) == pytest.approx(found.value, rel=1e-6)
    if found.round_s is not None:
        assert by.value(replace(known, round_s=found.round_s), serving) == pytest.approx(found.value, rel=1e-6)


def test_alone_there_is_no_rival():
    """Itself is none."""
    one = exact("1b", 4, 0.5, 1.0)
    assert rival(one, [one], GOODPUT, Serving()) is None
