"""Medians of resamples without sorting: the definition, sorting each, is the law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.selection import drawn_medians as module
from configspec.selection.drawn_medians import MedianDraws

law = settings(deadline=None, max_examples=60)


def drawn_medians(samples: np.ndarray, *, resamples: int, rng: np.random.Generator) -> np.ndarray:
    draws = MedianDraws(resamples)
    draws.draw(samples, rng)
    (found,) = draws.medians()
    return found


def by_definition(samples: list[list[float]], resamples: int, seed: int) -> list[list[float]]:
    drawn = np.random.default_rng(seed).integers(len(samples[0]), size=(resamples, len(samples[0])))
    return [np.median(np.array(one)[drawn], axis=1).tolist() for one in samples]


@law
@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 40), st.integers(0, 2**32), st.data())
def test_each_is_numpys_median_of_the_same_draws(n: int, lists: int, resamples: int, seed: int, data) -> None:
    """To the last digit, of even and odd numbers of samples, with equal ones among them."""
    one = st.lists(st.one_of(st.sampled_from([0.1, 0.2, 0.3]), st.floats(0, 1e3)), min_size=n, max_size=n)
    samples = [data.draw(one) for _ in range(lists)]
    found = drawn_medians(np.array(samples), resamples=resamples, rng=np.random.default_rng(seed))
    assert found.tolist() == by_definition(samples, resamples, seed)


@pytest.mark.parametrize("n", [255, 256, 300])
def test_counts_hold_as_many_samples_as_there_are(n: int) -> None:
    """Also where a byte does not."""
    samples = [np.random.default_rng(n).uniform(size=n).tolist(), [0.5] * n]
    found = drawn_medians(np.array(samples), resamples=50, rng=np.random.default_rng(1))
    assert found.tolist() == by_definition(samples, 50, 1)


@law
@given(st.integers(2, 9), st.integers(1, 30), st.integers(1, 50))
def test_how_much_is_drawn_at_a_time_changes_nothing(n: int, resamples: int, at_a_time: int) -> None:
    """A generator that is asked in parts gives the same numbers, and is left at the same place."""
    samples = np.random.default_rng(0).uniform(size=(2, n))
    whole, parts = np.random.default_rng(7), np.random.default_rng(7)
    found = drawn_medians(samples, resamples=resamples, rng=whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "DRAWN", at_a_time)
        assert drawn_medians(samples, resamples=resamples, rng=parts).tolist() == found.tolist()
    assert whole.integers(2**40) == parts.integers(2**40)


@law
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=6), st.integers(0, 500))
def test_several_are_each_as_it_is_alone(shapes: list[tuple[int, int]], waiting_bytes: int) -> None:
    """In the order in which they were given, however many counts may wait."""
    samples = [np.random.default_rng(n).uniform(size=shape) for n, shape in enumerate(shapes)]
    together, alone = np.random.default_rng(7), np.random.default_rng(7)
    draws = MedianDraws(20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WAITING_BYTES", waiting_bytes)
        for one in samples:
            draws.draw(one, together)
        found = draws.medians()
    assert [one.tolist() for one in found] == [drawn_medians(one, resamples=20, rng=alone).tolist() for one in samples]


def test_without_a_list_only_the_generator_moves() -> None:
    """As far as it does with lists: the draws of the next cell are the same."""
    some, none = np.random.default_rng(7), np.random.default_rng(7)
    drawn_medians(np.ones((3, 5)), resamples=10, rng=some)
    assert drawn_medians(np.empty((0, 5)), resamples=10, rng=none).shape == (0, 10)
    assert some.integers(2**40) == none.integers(2**40)
