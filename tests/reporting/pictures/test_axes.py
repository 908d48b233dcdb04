"""Axes: round ticks, and every value in its place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.reporting.pictures.axes import MOST_TICKS, scale_for, tick_words

values = st.lists(st.floats(min_value=1e-9, max_value=1e12), min_size=1, max_size=20)


@given(values, st.booleans())
def test_every_value_is_on_the_axis_and_the_order_stays(found, by_ratio):
    """Between both ends; a larger value is never to the left of a smaller one."""
    scale = scale_for(found, 10, 110, by_ratio=by_ratio)
    assert scale.low <= min(found) * (1 + 1e-9)
    assert scale.high >= max(found) * (1 - 1e-9)
    places = [scale.at(one) for one in sorted(found)]
    assert all(10 - 1e-6 <= one <= 110 + 1e-6 for one in places)
    assert all(one <= other + 1e-9 for one, other in pairwise(places))


@given(values, st.booleans())
def test_ticks_are_few_ascending_and_on_the_axis(found, by_ratio):
    """One at least, eight at most: an axis of seven steps has both ends."""
    scale = scale_for(found, 0, 100, by_ratio=by_ratio)
    ticks = scale.ticks
    assert 1 <= len(ticks) <= MOST_TICKS + 1
    assert all(one < other for one, other in pairwise(ticks))
    assert all(scale.low * (1 - 1e-6) - 1e-12 <= one <= scale.high * (1 + 1e-6) + 1e-12 for one in ticks)


@pytest.mark.parametrize("found", [[0.0], [5.0], [5.0, 5.0], [0.0, 0.0], [-2.0, 3.0], [1e-300], [1e17, 1e17 + 16]])
def test_an_axis_of_one_value_or_of_hardly_any_difference_is_one(found):
    """There is a span, and a place in it for every value."""
    scale = scale_for(found, 0, 100)
    assert scale.low < scale.high
    assert all(0 <= scale.at(one) <= 100 for one in found)
    assert scale.ticks


def test_known_ticks():
    """Steps of 1, 2 and 5 times a power of ten."""
    assert scale_for([0.3, 4.2], 0, 1).ticks == (0, 1, 2, 3, 4, 5)
    assert scale_for([90, 100], 0, 1).ticks == (90, 92, 94, 96, 98, 100)
    assert scale_for([0.01, 2], 0, 1, by_ratio=True).ticks == pytest.approx((0.01, 0.03, 0.1, 0.3, 1))


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_a_tick_is_said_shortly(value):
    """No tick is wider than the room beside an axis."""
    assert len(tick_words(value)) <= 12
