"""Who is the best in how many draws, whatever the blocks that the values come in."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from configspec.selection.contest import Contest

some_values = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(1, 4))


def shares(values: NDArray[np.float64], order: list[int], at_a_time: int, *, higher: bool) -> dict[int, float] | None:
    contest = Contest(higher_is_better=higher)
    for begin in range(0, len(order), at_a_time):
        block = order[begin : begin + at_a_time]
        contest.enter(block, values[block])
    return contest.shares()


@given(some_values.filter(lambda values: values.shape[1] > 1), st.randoms(), st.integers(1, 6), st.booleans())
def test_shares_are_those_of_all_values_at_once(
    values: NDArray[np.float64], luck: Random, at_a_time: int, higher: bool
) -> None:
    """In each draw the best have one share between them, in whatever blocks and order they came."""
    order = list(range(len(values)))
    luck.shuffle(order)
    best = values == (values.max(axis=0) if higher else values.min(axis=0))
    wanted = (best / best.sum(axis=0)).mean(axis=1)
    found = shares(values, order, at_a_time, higher=higher)
    assert found is not None
    assert [found.get(position, 0.0) for position in range(len(values))] == pytest.approx(wanted)
    assert sum(found.values()) == pytest.approx(1)


def test_where_nothing_was_drawn_nobody_can_say() -> None:
    """One value each is no draw."""
    assert shares(np.array([[1.0], [2.0]]), [0, 1], 1, higher=True) is None


def test_what_was_not_drawn_competes_with_its_one_value() -> None:
    """A bounded configuration stands against the draws of the others, whoever comes first."""
    contest = Contest(higher_is_better=True)
    contest.enter([0], np.array([[2.0]]))
    contest.enter([1], np.array([[1.0, 3.0, 3.0, 1.0]]))
    assert contest.shares() == {0: 0.5, 1: 0.5}
