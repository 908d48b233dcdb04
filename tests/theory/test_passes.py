"""Passes over one cell: which agree, which count, and how wide the interval is."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.passes import APART, any_disagree, counting, disagree, over_passes
from configspec.theory.statistics import median_estimate

seconds = st.floats(min_value=1e-6, max_value=1e3)
rounds = st.lists(seconds, min_size=1, max_size=12).map(tuple)


def test_a_pass_that_is_evenly_slow_does_not_count():
    """The kind that nothing within a pass shows: all of its rounds took 1.6 times as long."""
    quiet, slow = [0.010, 0.0101, 0.0102] * 4, [0.016, 0.0161, 0.0162] * 4
    assert disagree(quiet, slow)
    assert counting([slow, quiet, quiet]) == (False, True, True)
    assert counting([quiet, slow, slow]) == (True, False, False)


def test_passes_within_their_noise_or_within_some_per_cent_agree():
    """Wide intervals overlap; narrow ones may lie apart by less than opening a model anew moves."""
    assert not disagree([1.0, 1.3] * 6, [1.2, 1.5] * 6)
    assert not disagree([1.0] * 12, [1 + APART * 0.9] * 12)
    assert disagree([1.0] * 12, [1 + APART * 1.1] * 12)


@given(rounds, rounds)
def test_two_passes_agree_or_disagree_whichever_came_first(one, other):
    """And a pass agrees with itself."""
    assert disagree(one, other) == disagree(other, one)
    assert not disagree(one, one)


@given(st.lists(rounds, min_size=1, max_size=4))
def test_the_fastest_pass_always_counts(passes):
    """So there is a figure, and it is of rounds that were timed."""
    counted = counting(passes)
    assert counted[min(range(len(passes)), key=lambda place: median(passes[place]))]
    assert any_disagree(passes) == (False in counted)


@given(st.lists(rounds, min_size=1, max_size=4))
def test_the_interval_holds_the_median_of_every_pass(passes):
    """The spread between passes is in it, and the figure stays where it was."""
    pooled = median_estimate([sample for one in passes for sample in one])
    wide = over_passes(pooled, passes)
    assert wide.holds
    assert wide.value == pooled.value
    assert all(wide.low <= median(one) <= wide.high for one in passes)
