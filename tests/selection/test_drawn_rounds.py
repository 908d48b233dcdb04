"""Draws over passes: as wide as passes differ, and like those of one pass where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.selection.drawn_rounds import drawn_rounds

RESAMPLES = 400
lists = st.lists(st.lists(st.floats(min_value=0.01, max_value=10), min_size=1, max_size=6), min_size=1, max_size=4).map(
    lambda found: [np.array([one, [2 * sample for sample in one]]) for one in found]
)


def draws(passes: list[np.ndarray], seed: int = 1) -> np.ndarray:
    return drawn_rounds([passes], resamples=RESAMPLES, rng=np.random.default_rng(seed))


@given(lists)
def test_every_draw_is_within_what_was_timed(passes):
    """And what is common to all K of a cell is drawn in common: twice the times are twice the draws."""
    found = draws(passes)
    assert found.shape == (2, RESAMPLES)
    assert found[0].min() >= min(one[0].min() for one in passes) * (1 - 1e-12)
    assert found[0].max() <= max(one[0].max() for one in passes) * (1 + 1e-12)
    np.testing.assert_allclose(found[1], 2 * found[0])


def test_two_passes_a_little_apart_are_each_reached_by_the_draws():
    """Each pass by itself spreads by nothing: the interval is the distance of the two."""
    found = draws([np.full((1, 5), 1.0), np.full((1, 5), 1.04)])[0]
    assert set(found.round(6).tolist()) == {1.0, 1.02, 1.04}


def test_a_pass_that_was_evenly_slow_moves_few_draws_and_is_in_the_interval():
    """One of three: it is drawn three times in 1 of 27 resamples, which the 95 % interval has within it."""
    found = draws([np.full((1, 5), 1.6), np.full((1, 5), 1.0), np.full((1, 5), 1.0)])[0]
    assert np.quantile(found, 0.9) == 1.0
    assert np.quantile(found, 0.975) == pytest.approx(1.6)


@given(st.lists(lists, min_size=1, max_size=4), st.integers(0, 2**32))
def test_cells_that_are_drawn_together_are_as_one_after_another(cells, seed):
    """Whatever passes and lengths the others have: their draws follow one another, and only their medians do not."""
    together, alone = np.random.default_rng(seed), np.random.default_rng(seed)
    found = drawn_rounds(cells, resamples=30, rng=together)
    expected = [drawn_rounds([one], resamples=30, rng=alone) for one in cells]
    assert np.array_equal(found, np.concatenate(expected))
    assert together.integers(2**40) == alone.integers(2**40)
