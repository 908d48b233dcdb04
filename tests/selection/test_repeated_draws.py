"""Draws from memory are those that would be made, and leave the generator where it would be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from configspec.selection.repeated_draws import RepeatedDraws

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), max_size=12)


def _make(n: int) -> Callable[[np.random.Generator], NDArray[np.int64]]:
    return lambda rng: rng.integers(n, size=n)


@given(STEPS, st.integers(0, 3000))
def test_draws_from_memory_are_those_that_would_be_made(steps, most_bytes):
    """Whatever was drawn before, by other generators at the same states, and however little is kept."""
    repeated = RepeatedDraws(most_bytes)
    for seed, n in [*steps, *steps]:
        ours, plain = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(2):
            assert np.array_equal(repeated.draw(ours, n, _make(n)), _make(n)(plain))
        assert ours.bit_generator.state == plain.bit_generator.state


def test_what_was_drawn_is_not_made_again():
    """That is what it is for."""
    repeated, made = RepeatedDraws(), []

    def make(rng):
        made.append(1)
        return rng.integers(9, size=5)

    for _ in range(3):
        repeated.draw(np.random.default_rng(1), "nine", make)
    assert len(made) == 1


def test_what_is_kept_cannot_be_written_to():
    """Else the next one would be given what somebody made of it."""
    found = RepeatedDraws().draw(np.random.default_rng(1), 5, _make(5))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(0, 2000))
def test_no_more_bytes_are_kept_than_allowed(sizes, most_bytes):
    """The oldest go first."""
    repeated = RepeatedDraws(most_bytes)
    for seed, n in enumerate(sizes):
        repeated.draw(np.random.default_rng(seed), n, _make(n))
        kept = [made.nbytes for made, _ in repeated._known.values()]
        assert sum(kept) == repeated._bytes <= most_bytes


def test_a_generator_of_another_kind_draws_each_time():
    """Its state is not a few numbers."""
    repeated = RepeatedDraws()
    ours, plain = (np.random.Generator(np.random.MT19937(3)) for _ in range(2))
    assert [repeated.draw(ours, 7, _make(7)).tolist() for _ in range(2)] == [_make(7)(plain).tolist() for _ in range(2)]
