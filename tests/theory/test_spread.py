"""A few of many, evenly taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.spread import evenly


def test_six_of_24_are_every_fourth() -> None:
    """Neighbours of a prompt set are of one kind."""
    assert evenly(24, 6) == [0, 4, 8, 12, 16, 20]


@given(st.integers(1, 100), st.integers(1, 100))
def test_they_rise_within_the_set(total: int, count: int) -> None:
    """As many as asked for, or all; each once."""
    places = evenly(total, count)
    assert len(places) == min(total, count)
    assert places == sorted(set(places))
    assert 0 <= places[0] <= places[-1] < total
