"""Expected counts of sampled speculative decoding: what `replay` is where chance decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from configspec.theory.acceptance.chain import pooled, replay
from configspec.theory.acceptance.expected import accept_probability, expected_counts
from configspec.theory.decoding import RULES, AcceptanceRule

law = settings(deadline=None)
ks = st.integers(1, 12)
chances = st.lists(st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0), max_size=60)
ROUNDING = 1e-9


@law
@given(st.lists(st.booleans(), max_size=80), st.integers(1, 90))
def test_without_chance_it_is_the_replay(matches: list[bool], k: int) -> None:
    """Probabilities of 0 and 1 give the replay's whole numbers, exactly."""
    expected, counted = expected_counts(matches, k), replay(matches, k)
    assert (expected.rounds, expected.accepted, expected.drafted) == (counted.rounds, counted.accepted, counted.drafted)


def average_of_replays(accept: Sequence[float], k: int) -> NDArray[np.float64]:
    """(rounds, accepted) over all 2^T ways in which the positions may accept, each with its probability."""
    total = np.zeros(2)
    for outcome in np.ndindex(*(2,) * len(accept)):
        chance = np.prod([m if matched else 1 - m for m, matched in zip(accept, outcome, strict=True)])
        counts = replay([bool(matched) for matched in outcome], k)
        total += chance * np.array([counts.rounds, counts.accepted])
    return total


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 1.0), max_size=7), st.integers(1, 8))
def test_it_is_the_average_of_all_replays(accept: list[float], k: int) -> None:
    """Each position is tried once at most, so expectation is the replay's over independent matches."""
    expected = expected_counts(accept, k)
    np.testing.assert_allclose((expected.rounds, expected.accepted), average_of_replays(accept, k), atol=ROUNDING)


def test_a_known_answer() -> None:
    """By hand, 0.5, 0.25, 0.8 at K=2: s = 1, 0.5, 0.75 and 0.3 behind the end; accepted 0.5 + 0.25 + 0.7."""
    found = expected_counts((0.5, 0.25, 0.8), 2)
    assert (found.rounds, found.accepted, found.drafted) == pytest.approx((2.25, 1.45, 4.5))


@law
@given(chances, ks)
def test_a_round_yields_between_one_and_k_plus_one_tokens(accept: list[float], k: int) -> None:
    """Rounds and accepted tokens add up to the text, or one more; no more is accepted than drafted."""
    found = expected_counts(accept, k)
    assert len(accept) - ROUNDING <= found.rounds + found.accepted <= len(accept) + 1 + ROUNDING
    assert 0 <= found.accepted <= found.drafted == k * found.rounds


@law
@given(chances, ks)
def test_the_laws_of_the_replay_hold_on_average(accept: list[float], k: int) -> None:
    """Longer rounds are never more; K=1 drafts least; one token more saves at most half of the rounds."""
    one, shorter, longer = (expected_counts(accept, length) for length in (1, k, k + 1))
    assert longer.rounds <= shorter.rounds + ROUNDING
    assert one.drafted <= shorter.drafted + ROUNDING
    assert shorter.rounds <= 2 * longer.rounds + ROUNDING


@law
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=60), ks)
def test_a_better_draft_never_takes_more_rounds(pairs: list[tuple[float, float]], k: int) -> None:
    """Where no position accepts less often, the rounds do not rise."""
    worse, better = ([f(pair) for pair in pairs] for f in (min, max))
    assert expected_counts(better, k).rounds <= expected_counts(worse, k).rounds + ROUNDING


@pytest.mark.parametrize("accept", [[0.5, 1.5], [-0.1], [float("nan")]])
def test_what_is_no_probability_is_our_own_mistake(accept: list[float]) -> None:
    """A probability lies in 0..1."""
    with pytest.raises(ValueError, match=r"0\.\.1"):
        expected_counts(accept, 2)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("match-greedy-draft", [1.0, 0.0, 1.0, 0.0]),
        ("match-sample", [0.8, 0.1, 0.5, 0.0]),
        ("rejection", [1.0, 0.25, 1.0, 0.0]),
    ],
)
def test_how_often_a_token_is_accepted_given_the_text(rule: AcceptanceRule, expected: list[float]) -> None:
    """By hand: the draft likes a token more, less, as much, and not at all."""
    found = accept_probability(
        rule, p_of_y=[0.4, 0.4, 0.5, 1.0], q_of_y=[0.8, 0.1, 0.5, 0.0], same_argmax=[True, False, True, False]
    )
    np.testing.assert_allclose(found, expected)


P = np.array([[0.6, 0.3, 0.1, 0.0], [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [0.0, 0.9, 0.0, 0.1]])
Q = np.array([[0.5, 0.2, 0.2, 0.1], [0.2, 0.4, 0.1, 0.3], [0.7, 0.1, 0.1, 0.1], [0.1, 0.5, 0.2, 0.2]])


def speculative_text(rule: AcceptanceRule, k: int, length: int, rng: np.random.Generator) -> tuple[list[int], int, int]:
    """A text of a Markov target (rows of P) with a Markov draft (rows of Q), from token 0: (text, rounds, accepted)."""
    text, rounds, accepted = [0], 0, 0
    while len(text) <= length:
        rounds += 1
        good = True
        for _ in range(k):
            p, q = P[text[-1]], Q[text[-1]]
            drafted = int(q.argmax()) if rule == "match-greedy-draft" else int(rng.choice(4, p=q))
            own = int(rng.choice(4, p=p))
            if rule == "rejection":
                good = bool(rng.random() < p[drafted] / q[drafted])
                if not good:
                    left = np.maximum(p - q, 0)
                    own = int(rng.choice(4, p=left / left.sum()))
            else:
                good = drafted == own
            accepted += good and len(text) <= length
            text.append(drafted if good else own)
            if not good:
                break
        if good:
            text.append(int(rng.choice(4, p=P[text[-1]])))
    return text[: length + 1], rounds, accepted


@pytest.mark.parametrize("k", [1, 2, 4, 8])
@pytest.mark.parametrize("rule", RULES)
def test_simulated_rounds_find_the_expected_counts(rule: AcceptanceRule, k: int) -> None:
    """A Markov pair, 250 texts of 30 tokens: counts differ by chance only from what their own text makes expect."""
    rng = np.random.default_rng(k)
    differences = []
    for _ in range(250):
        text, rounds, accepted = speculative_text(rule, k, 30, rng)
        before, y = text[:-1], text[1:]
        accept = accept_probability(
            rule, p_of_y=P[before, y], q_of_y=Q[before, y], same_argmax=Q[before].argmax(1) == y
        )
        expected = expected_counts(accept, k)
        differences.append((rounds - expected.rounds, accepted - expected.accepted))
    found = np.array(differences)
    standard_error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0)) <= 4 * standard_error).all()


def test_expected_counts_are_pooled_as_counted_ones_are() -> None:
    """Ratio of sums, with the counts as they are; whole counts stay whole."""
    found = pooled([(2.5, 1.25), (1.5, 2.75)], 2, rng=np.random.default_rng(0))
    assert (found.rate.value, found.rounds, found.accepted, found.drafted) == (0.5, 4.0, 4.0, 8.0)
    assert found.by_prompt == ((2.5, 1.25), (1.5, 2.75))
    counted = pooled([(2, 1), (1, 2)], 2, rng=np.random.default_rng(0))
    assert all(type(count) is int for count in (counted.rounds, counted.accepted, counted.drafted))
