"""Places taken evenly from many."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.spacing import evenly, spread


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


@given(st.integers(0, 300))
def test_places_in_a_spread_order_are_all_of_them(total: int) -> None:
    """Each once."""
    assert sorted(spread(total)) == list(range(total))


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_beginning_of_a_spread_order_is_evenly_spaced(bits: int, of_them: int) -> None:
    """Of a power of two, the first so many powers of two."""
    total, first = 2**bits, 2 ** min(of_them, bits)
    assert sorted(spread(total)[:first]) == evenly(total, first)
