"""Places taken evenly from many."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.spacing import evenly


@given(st.integers(0, 500), st.integers(0, 500))
def test_places_are_as_many_as_there_are_and_ascend(total: int, count: int) -> None:
    """Each once, all within, and neighbours differ in distance by one at most."""
    places = evenly(total, count)
    assert len(places) == min(total, count)
    assert sorted(set(places)) == places
    assert all(0 <= place < total for place in places)
    steps = {after - before for before, after in pairwise(places)}
    assert not steps or max(steps) - min(steps) <= 1


def test_without_a_number_all_are_taken() -> None:
    """None is all of them; so is any number that is not below."""
    assert evenly(24, 4) == [0, 6, 12, 18]
    assert evenly(24) == evenly(24, 24) == evenly(24, 99) == list(range(24))
