"""What a rejection costs a draft whose memory cannot be cut: counts by law, costs that are never below 0."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.acceptance.expected import expected_counts
from configspec.theory.figures import Estimate
from configspec.theory.going_back import (
    MOST_POINTS,
    ReturnCost,
    expected_returns,
    going_back_s,
    pending_points,
    return_cost,
    total_returns,
)
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.objective import figures_of
from configspec.theory.prediction import RoundCost, TextCost, predicted_s, text_cost
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

ks = st.integers(1, 9)
matches = st.lists(st.booleans(), min_size=1, max_size=60)
seconds = st.floats(0, 1e6)
below = st.floats(max_value=-1e-12) | st.just(math.nan) | st.just(math.inf)
beginnings = st.dictionaries(st.integers(2, 40), seconds, max_size=6)


def walked(accepted: list[bool], k: int) -> list[int]:
    """How many rounds accept 0, 1, .. K-2 tokens and are followed by another: one round after the other."""
    found = [0] * (k - 1)
    t = 0
    while t < len(accepted):
        good = 0
        while good < k and t + good < len(accepted) and accepted[t + good]:
            good += 1
        t += good + 1
        if t < len(accepted) and good < k - 1:
            found[good] += 1
    return found


@given(matches, ks)
def test_a_certain_text_goes_back_where_its_rounds_do(accepted, k):
    """Where each token is accepted or not, the expected returns are counted ones."""
    assert expected_returns([float(one) for one in accepted], k).tolist() == walked(accepted, k)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]), min_size=1, max_size=7), st.integers(1, 5))
def test_where_chance_decides_they_are_the_mean_over_all_that_may_happen(accept, k):
    """Every way in which a text's tokens may be accepted, by its probability."""
    mean = np.zeros(k - 1)
    for way in itertools.product((False, True), repeat=len(accept)):
        probability = math.prod(one if yes else 1 - one for one, yes in zip(accept, way, strict=True))
        mean += probability * np.array(walked(list(way), k))
    assert expected_returns(accept, k) == pytest.approx(mean, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), ks)
def test_no_more_rounds_go_back_than_there_are(accept, k):
    """Those that were accepted whole are others."""
    counts, returns = expected_counts(accept, k), expected_returns(accept, k)
    assert (returns >= 0).all()
    assert returns.sum() + counts.catch_ups <= counts.rounds + 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_rounds_of_one_token_take_nothing_back(accept):
    """None of what they drafted was evaluated."""
    assert expected_returns(accept, 1).size == 0


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=20), max_size=4), ks)
def test_texts_add_up(texts, k):
    """Together they go back as often as each of them."""
    assert total_returns(texts, k) == pytest.approx(sum((expected_returns(one, k) for one in texts), np.zeros(k - 1)))


@given(seconds, seconds, beginnings, st.integers(0, 60))
def test_going_back_never_costs_less_than_nothing(restore_s, once_s, others_s, accepted):
    """Whatever a clock says; and the more was accepted, the more is evaluated again."""
    cost = return_cost(restore_s, {1: once_s, **others_s})
    assert cost.seconds(0) == restore_s
    assert 0 <= cost.seconds(accepted) <= cost.seconds(accepted + 1)


def test_what_is_evaluated_again_lies_on_straight_lines_between_what_was_timed():
    """10 ms to go back; 2 ms a token up to three, 1 ms up to five, and no more."""
    cost = return_cost(0.010, {1: 0.100, 3: 0.104, 5: 0.106})
    assert [cost.seconds(accepted) for accepted in range(7)] == pytest.approx(
        [0.010, 0.012, 0.014, 0.015, 0.016, 0.016, 0.016]
    )


@given(below)
def test_a_cost_below_0_is_refused_wherever_it_stands(cost_s):
    """In each part of a round, and of going back."""
    parts = {"round_s": 1.0, "catch_up_s": 0.1, "verify_s": 1.0, "exchange_s": 0.1}
    for part in parts:
        with pytest.raises(ValueError, match=f"{part} is .*; a cost is finite, and 0 or more"):
            RoundCost(**{**parts, part: cost_s})
    with pytest.raises(ValueError, match="restore_s is"):
        ReturnCost(restore_s=cost_s)
    with pytest.raises(ValueError, match="again_s of 3 is"):
        ReturnCost(restore_s=0.0, again_s=((1, 0.0), (3, cost_s)))


@pytest.mark.parametrize("again_s", [(), ((0, 0.0),), ((2, 0.1), (1, 0.0)), ((1, 0.0), (1, 0.0))])
def test_numbers_of_pending_tokens_rise(again_s):
    """And there is one at least."""
    with pytest.raises(ValueError, match="rising numbers"):
        ReturnCost(restore_s=0.0, again_s=again_s)


@given(st.integers(1, 300))
def test_few_numbers_of_pending_tokens_are_timed_and_both_ends_are_among_them(k):
    """One, and as many as K - 1; none where nothing is ever taken back."""
    points = pending_points(k)
    assert len(points) <= MOST_POINTS
    assert points == () if k == 1 else (points[0], points[-1]) == (1, k - 1)
    assert list(points) == sorted(set(points))


def test_the_time_of_a_text_counts_what_going_back_took():
    """10 rounds of 3.5 s; three go back behind nothing, two behind one token: 5 * 0.2 s, and 2 * 0.1 s again."""
    cost = RoundCost(
        round_s=1.0,
        catch_up_s=0.1,
        verify_s=2.0,
        exchange_s=0.5,
        going_back=ReturnCost(restore_s=0.2, again_s=((1, 0.0), (2, 0.1))),
    )
    text = TextCost(tokens=20, rounds=10, catch_ups=0, returns=(3, 2))
    assert predicted_s(text, cost) == pytest.approx(35 + 1.2)
    assert predicted_s(text, replace(cost, going_back=None)) == pytest.approx(35)


@given(matches, ks, seconds, beginnings)
def test_a_draft_that_goes_back_is_never_predicted_to_be_faster(accepted, k, restore_s, others_s):
    """Than one of the same speed whose memory is cut."""
    text = text_cost([float(one) for one in accepted], k)
    cost = RoundCost(round_s=1.0, catch_up_s=0.1, verify_s=2.0, exchange_s=0.5)
    back = replace(cost, going_back=return_cost(restore_s, {1: 1.0, **others_s}))
    assert predicted_s(text, back) >= predicted_s(text, cost)


def test_the_mean_cost_of_a_round_is_in_what_rankings_see():
    """A round of 0.5 s that spends 0.25 s on going back is one of 0.75 s."""
    half = Estimate(value=0.5, low=0.5, high=0.5, confidence=1.0, n=0)
    one = Configuration(
        id=configuration_id("orin", "f", "d", "F16", 4),
        round_s=half,
        acceptance=Acceptance(rate=half, rounds=None, drafted=None, accepted=None),
        power_w=None,
        provenance="derived",
        going_back_s=0.25,
    )
    assert figures_of(one, Serving()).round_s == 0.75


def test_seconds_of_going_back_are_weighted_by_how_much_was_accepted():
    """Twice behind nothing, once behind two tokens."""
    cost = ReturnCost(restore_s=1.0, again_s=((1, 0.0), (3, 0.5)))
    assert going_back_s((2, 0, 1), cost) == pytest.approx(3.5)
