"""Whether another serving scheme has another best."""

from __future__ import annotations

from dataclasses import replace

import pytest
from any_serving import servings
from hypothesis import given
from hypothesis import strategies as st
from weighed import QUICK, exact, sampled

from configspec.selection.query import Query
from configspec.selection.ranking import Ranking
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.schemes import other_schemes
from configspec.theory.serving.verification import LinearSeconds

GOODPUT, COST, ENERGY = (objective(name) for name in ("goodput", "cost", "energy"))
APART = Serving(usd_per_million_tokens=0.6, prices=Prices(usd_per_million_input_tokens=0.06))
alphas, seconds, watts = st.floats(0.05, 1), st.floats(0.01, 3), st.floats(0.5, 60)


@st.composite
def cells(draw: st.DrawFn) -> list[Configuration]:
    """One to six, each K once; the power of waiting of some is not known."""
    ks = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True))
    return [
        exact("1b", k, draw(alphas), draw(seconds), power_w=draw(watts), idle_w=draw(st.none() | watts)) for k in ks
    ]


def ranked(configurations: list[Configuration], one: Objective, serving: Serving) -> Ranking:
    query = Query(objectives=(one,), rules=QUICK)
    return query.answer([(each, serving) for each in configurations])[0]


def by_hand(ranking: Ranking, serving: Serving) -> dict[str, tuple[int, float]]:
    """Of each scheme with another best, its K and how many times better it is, one configuration at a time."""
    by, best = ranking.objective, ranking.choices[0].configuration
    found = {}
    for scheme in other_schemes(serving, best.k):
        other = scheme.serving
        able = [one.configuration for one in ranking.choices if by.lacks(one.configuration, other) is None]
        if by.unavailable(other) is not None or best not in able:
            continue
        values = [objective_value(by, one, other) for one in able]
        top = max(values) if by.better == "higher" else min(values)
        times = max(top, mine := objective_value(by, best, other)) / min(top, mine)
        if times > 1 + ranking.rules.indifference:
            found[scheme.words] = (able[values.index(top)].k, times)
    return found


@pytest.mark.parametrize("by", OBJECTIVES, ids=lambda one: one.name)
@given(configurations=cells(), serving=servings())
def test_each_other_best_is_the_one_by_hand(by, configurations, serving):
    """Whatever is assumed: no scheme with another best is missed, and none is made up."""
    ranking = ranked(configurations, by, serving)
    if ranking.choices:
        found = {one.scheme.words: one for one in ranking.other_bests}
        expected = by_hand(ranking, serving)
        assert {words: one.configuration.k for words, one in found.items()} == {
            words: k for words, (k, _) in expected.items()
        }
        for words, (_, times) in expected.items():
            assert found[words].times_better == pytest.approx(times)


def test_the_billing_decides_between_a_short_and_a_long_round():
    """K=1 at 0.9 gives 1.9 tokens for p; K=8 at 0.6 gives 5.8 for 8 p, but for p + 8 p_in where p_in is p / 10."""
    short, long = exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)
    found = ranked([short, long], COST, APART).other_bests
    assert [(one.scheme.aspect, one.configuration.k) for one in found] == [("billing", 8)]
    assert found[0].scheme.words == "K input + 1 output tokens billed"
    assert found[0].times_better == pytest.approx((5.8 / 1.8) / (1.9 / 1.1))


def test_counting_the_waiting_moves_the_best_of_energy_to_longer_rounds():
    """As on the paper's Orin, where 10 W of waiting move it from K=2 to K=7; drafting alone prefers the short one."""
    short, long = exact("1b", 2, 0.7, 0.1, idle_w=10.0), exact("1b", 7, 0.5, 0.35, idle_w=10.0)
    (found,) = ranked([short, long], ENERGY, Serving()).other_bests
    assert (found.scheme.aspect, found.configuration.k) == ("boundary of energy", 7)
    unknown = [replace(one, idle_w=None) for one in (short, long)]
    assert ranked(unknown, ENERGY, Serving()).other_bests == ()


def test_a_time_that_grows_with_k_hides_a_longer_round():
    """0.1 s more for each token keeps K at 2; with one time for all K, 8 is better."""
    short, long = exact("1b", 2, 0.8, 0.05), exact("1b", 8, 0.8, 0.2)
    serving = Serving(verify_linear=LinearSeconds(base_s=0.0, s_per_token=0.1))
    (found,) = ranked([short, long], GOODPUT, serving).other_bests
    assert (found.scheme.words, found.configuration.k) == ("the time of K=2 for all K", 8)


def test_goodput_depends_on_no_price():
    """Whatever is charged."""
    configurations = [exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)]
    assert ranked(configurations, GOODPUT, replace(APART, prices=Prices(usd_per_gpu_hour=9.0))).other_bests == ()


def test_a_best_that_is_tied_here_is_called_so():
    """Two cells whose prompts do not tell them apart, and of which one drafts more."""
    prompts = [(10, 9), (10, 2), (10, 6), (10, 8)]
    short = sampled("1b", 1, [(rounds, accepted) for rounds, accepted in prompts], [0.1, 0.1, 0.1])
    long = sampled("1b", 2, [(rounds, 2 * accepted + 7) for rounds, accepted in prompts], [0.2, 0.2, 0.2])
    ranking = ranked([short, long], COST, APART)
    tied = {one.configuration.id: one.tied_with_best for one in ranking.choices}
    assert ranking.other_bests
    assert all(one.tied_here == tied[one.configuration.id] for one in ranking.other_bests)


@pytest.mark.filterwarnings("error")
def test_a_scheme_under_which_a_round_costs_nothing_is_no_scheme():
    """A verifier that takes no time, alone charged by its seconds."""
    serving = Serving(verify_s=0.0, prices=Prices(usd_per_gpu_hour=3.0))
    configurations = [exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)]
    assert ranked(configurations, COST, serving).other_bests == ()


def test_it_is_not_asked_where_the_rules_do_not_want_it():
    """As in a history, which holds what was chosen."""
    rules = replace(QUICK, other_schemes=False)
    configurations = [exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)]
    (ranking,) = Query(objectives=(COST,), rules=rules).answer([(one, APART) for one in configurations])
    assert ranking.other_bests == ()


def test_a_table_that_is_cut_short_is_asked_whole():
    """The other best is behind the cut."""
    configurations = [exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)]
    query = Query(objectives=(COST,), rules=replace(QUICK, top=1))
    (ranking,) = query.answer([(one, APART) for one in configurations])
    assert (len(ranking.choices), ranking.other_bests[0].configuration.k) == (1, 8)
