"""Acceptance by position: the first, the second, ... token of a round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.acceptance.by_position import reached_by_position, shares_of_rate
from configspec.theory.acceptance.chain import replay
from configspec.theory.acceptance.expected import expected_counts

MATCHES = st.lists(st.booleans(), max_size=60)
KS = st.integers(1, 12)


def walked(matches: list[bool], k: int) -> tuple[int, list[int]]:
    """The rounds one after another, as a decoder walks them."""
    rounds, reached, at = 0, [0] * k, 0
    while at < len(matches):
        gained = 0
        while gained < k and at + gained < len(matches) and matches[at + gained]:
            reached[gained] += 1
            gained += 1
        rounds, at = rounds + 1, at + gained + 1
    return rounds, reached


@given(MATCHES, KS)
def test_it_counts_what_a_decoder_counts(matches, k):
    """Of a greedy text: each round walked, each accepted token put down by its place."""
    rounds, reached = reached_by_position(matches, k)
    walked_rounds, walked_reached = walked(matches, k)
    assert (rounds, *reached) == pytest.approx((walked_rounds, *walked_reached))


@given(MATCHES, KS)
def test_positions_add_up_to_what_was_accepted(matches, k):
    """And the rounds are those of the replay."""
    rounds, reached = reached_by_position(matches, k)
    counts = replay(matches, k)
    assert (rounds, sum(reached)) == pytest.approx((counts.rounds, counts.accepted))


@given(st.lists(st.floats(0, 1), max_size=40), KS)
def test_where_chance_decides_they_add_up_to_what_is_expected(accept, k):
    """And no position is accepted more often than the one before it, nor than there are rounds."""
    rounds, reached = reached_by_position(accept, k)
    counts = expected_counts(accept, k)
    assert (rounds, sum(reached)) == pytest.approx((counts.rounds, counts.accepted))
    assert np.all(np.diff((rounds, *reached)) <= 1e-9)


def test_counts_of_several_k_do_not_tell_it():
    """Two texts with equal counts at K = 1, 2 and 3, of which one accepts a third token of 3 and one does not."""
    one, other = [True, True, False, True], [True, True, True, True, False]
    for k in (1, 2, 3):
        assert replay(one, k) == replay(other, k)
    assert reached_by_position(one, 3) == (2.0, (2.0, 1.0, 0.0))
    assert reached_by_position(other, 3) == (2.0, (1.0, 1.0, 1.0))


@given(st.lists(st.booleans(), min_size=1, max_size=60), KS)
def test_a_rate_tells_it_at_one_token_and_where_all_or_nothing_is_accepted(matches, k):
    """What it tells is what the text says."""
    counts = replay(matches, k)
    shares = shares_of_rate(k, counts.accepted / counts.drafted)
    if shares is not None:
        rounds, reached = reached_by_position(matches, k)
        assert shares == pytest.approx([each / rounds for each in reached])
    else:
        assert k > 1
        assert 0 < counts.accepted < counts.drafted


def test_a_text_without_tokens_has_no_round():
    """And a K below 1, or a probability above 1, is nobody's."""
    assert reached_by_position([], 3) == (0.0, (0.0, 0.0, 0.0))
    for accept, k in (([1.0], 0), ([1.5], 1), ([float("nan")], 1)):
        with pytest.raises(ValueError, match=r"K is|probability"):
            reached_by_position(accept, k)
