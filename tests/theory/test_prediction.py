"""Predicting real decoding from profiles, and saying how wrong that was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from configspec.theory.acceptance.chain import replay
from configspec.theory.objectives.goodput import goodput_tokens_per_s
from configspec.theory.prediction import (
    RoundCost,
    TextCost,
    predicted_goodput_tokens_per_s,
    predicted_s,
    prediction_error,
    rank_correlation,
    text_cost,
)

law = settings(deadline=None)
seconds = st.floats(1e-6, 10.0)
goodputs = st.lists(st.floats(0.1, 1e5), min_size=1, max_size=20)


@law
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 12))
def test_a_certain_text_takes_the_rounds_of_the_replay(matches, k):
    """Where each token is accepted or not, the expected rounds are the counted ones."""
    assert text_cost([float(one) for one in matches], k).rounds == replay(matches, k).rounds


@pytest.mark.parametrize(
    ("accept", "k", "rounds", "catch_ups"),
    [
        ("11111", 2, 2, 1),  # 2 accepted + 1 own, then 2 accepted: the text has ended
        ("111111", 2, 2, 1),  # twice 3 tokens: nothing follows the second
        ("1111111", 2, 3, 2),
        ("0000", 2, 4, 0),
        ("110110", 2, 2, 1),
    ],
)
def test_a_catch_up_follows_a_round_that_was_accepted_whole(accept, k, rounds, catch_ups):
    """Unless the text has ended: by hand."""
    cost = text_cost([float(one) for one in accept], k)
    assert (cost.rounds, cost.catch_ups, cost.tokens) == (rounds, catch_ups, len(accept))


def test_expected_rounds_of_a_text_that_samples():
    """With m = (0.5, 0.25, 0.8) and K = 2: rounds 2.25, worked by hand."""
    assert text_cost([0.5, 0.25, 0.8], 2).rounds == pytest.approx(2.25)


@law
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(1, 8))
def test_rounds_and_catch_ups_stay_within_their_bounds(accept, k):
    """No more catch-ups than rounds, and between T / (K + 1) and T rounds."""
    cost = text_cost(accept, k)
    assert cost.catch_ups <= cost.rounds + 1e-9
    assert len(accept) / (k + 1) - 1e-9 <= cost.rounds <= len(accept) + 1e-9


def test_rounds_and_catch_ups_agree_with_drawing():
    """10,000 texts drawn position by position have the expected rounds and catch-ups within 4 standard errors."""
    rng = np.random.default_rng(1)
    accept, k = rng.random(30).tolist(), 3
    drawn = np.array([_draw(accept, k, rng) for _ in range(10_000)], dtype=np.float64)
    cost = text_cost(accept, k)
    error = drawn.std(axis=0) / 100
    assert np.all(np.abs(drawn.mean(axis=0) - (cost.rounds, cost.catch_ups)) < 4 * error)


def _draw(accept: list[float], k: int, rng: np.random.Generator) -> tuple[int, int]:
    rounds = catch_ups = t = 0
    while t < len(accept):
        rounds += 1
        good = 0
        while good < k and t + good < len(accept) and rng.random() < accept[t + good]:
            good += 1
        t += good + 1
        catch_ups += good == k and t < len(accept)
    return rounds, catch_ups


@law
@given(st.integers(1, 10), st.integers(1, 50), st.floats(0, 1), seconds, seconds)
def test_without_catch_ups_and_with_one_verification_time_it_is_eq_1(k, rounds, alpha, round_s, verify_s):
    """The paper's goodput is the special case."""
    text = TextCost(tokens=rounds * (k * alpha + 1), rounds=rounds, catch_ups=0)
    cost = RoundCost(round_s=round_s, catch_up_s=1.0, verify_s=verify_s, exchange_s=0.0)
    expected = goodput_tokens_per_s(float(k), alpha, round_s, verify_s)
    assert predicted_goodput_tokens_per_s([text], cost) == pytest.approx(expected)


def test_the_time_of_a_text_is_the_sum_of_its_parts():
    """10 rounds of 1 + 2 + 0.5 s, 3 catch-ups of 0.1 s."""
    cost = RoundCost(round_s=1.0, catch_up_s=0.1, verify_s=2.0, exchange_s=0.5)
    assert predicted_s(TextCost(tokens=20, rounds=10, catch_ups=3), cost) == pytest.approx(35.3)


@law
@given(goodputs)
def test_a_perfect_prediction_has_no_error(measured):
    """Nothing wrong, nothing lost."""
    found = prediction_error(measured, measured)
    assert (found.median_error, found.worst_error, found.regret) == (0, 0, 0)


def test_errors_are_shares_of_the_measured_and_regret_of_the_best():
    """Predicted 11, 9, 5 of 10, 12, 5: errors 10 %, 25 %, 0; the predicted best makes 10 of 12."""
    found = prediction_error([11, 9, 5], [10, 12, 5])
    assert found.median_error == pytest.approx(0.1)
    assert found.worst_error == pytest.approx(0.25)
    assert found.regret == pytest.approx(1 / 6)
    assert found.configurations == 3
    assert found.rank_correlation == pytest.approx(0.5)


@law
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=20))
def test_rank_correlation_is_spearmans(pairs):
    """As scipy has it, ties included; None where one side does not vary."""
    one, other = zip(*pairs, strict=True)
    found = rank_correlation(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(one, other).statistic)
