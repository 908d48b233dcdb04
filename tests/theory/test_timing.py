"""The time of a round of k, from the beginning of rounds of the largest K."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.errors import TestbedError
from configspec.theory.timing import prefix_durations, round_estimate

law = settings(deadline=None)
token_times = st.lists(st.lists(st.integers(1, 1000), min_size=6, max_size=6), min_size=1, max_size=12)
starts = st.integers(0, 10**9)


@law
@given(token_times, starts, st.integers(1, 6))
def test_a_round_of_k_takes_the_time_of_its_first_k_tokens(rounds: list[list[int]], start: int, k: int) -> None:
    """Whatever the clock's zero: the stamps count from an arbitrary moment."""
    stamps = [list(accumulate(times, initial=start)) for times in rounds]
    assert prefix_durations(stamps, k) == tuple(sum(times[:k]) for times in rounds)


@law
@given(token_times, st.integers(1, 5))
def test_a_longer_round_takes_longer(rounds: list[list[int]], k: int) -> None:
    """As each token takes time, the median rises with K."""
    stamps = [list(accumulate(times, initial=0)) for times in rounds]
    assert round_estimate(stamps, k).value < round_estimate(stamps, k + 1).value


def test_the_estimate_is_the_median_over_rounds() -> None:
    """One slow round of three moves nothing but the interval."""
    found = round_estimate([[0.0, 1.0, 2.0], [5.0, 6.0, 7.5], [9.0, 30.0, 90.0]], 2)
    assert (found.value, found.low, found.high, found.n) == (2.5, 2.0, 81.0, 3)


@pytest.mark.parametrize(
    "stamps", [[0.0, 0.0], [1.0, 0.5], [0.0, float("nan")], [0.0, float("inf")]], ids=["zero", "back", "nan", "inf"]
)
def test_a_duration_that_cannot_be_is_the_testbeds(stamps: list[float]) -> None:
    """Zero, negative and non-finite device time are named with the round; they are never recorded."""
    with pytest.raises(TestbedError, match=r"orin 1b: round 2 took .* s for 1 tokens by the device's own clock"):
        prefix_durations([[0.0, 1.0], stamps], 1, where="orin 1b")


def test_a_round_that_stopped_early_is_the_testbeds() -> None:
    """K tokens need K + 1 stamps."""
    with pytest.raises(TestbedError, match="round 1 has 3 stamps, and 3 tokens need 4"):
        prefix_durations([[0.0, 1.0, 2.0]], 3)


def test_no_round_at_all_is_the_testbeds() -> None:
    """A cell whose seconds ran out before the first round has no time."""
    with pytest.raises(TestbedError, match="no round was timed"):
        prefix_durations([], 1)


def test_k_below_one_is_our_own_mistake() -> None:
    """A round drafts at least one token."""
    with pytest.raises(ValueError, match="1 or more"):
        prefix_durations([[0.0, 1.0]], 0)
