"""Holm's correction and the mean of ratios."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.regression.many import geometric_mean, holm

p_values = st.lists(st.floats(0, 1), max_size=20)


def test_holm_is_its_papers_procedure() -> None:
    """Four p: the smallest times 4, the next times 3, never falling below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(p_values, st.floats(0.001, 0.2))
def test_holm_rejects_between_bonferroni_and_none(ps: list[float], level: float) -> None:
    """Everything that Bonferroni rejects, and nothing that has not a p of at most the level itself."""
    for p, adjusted in zip(ps, holm(ps), strict=True):
        assert p <= adjusted <= min(1.0, len(ps) * p)


@given(p_values)
def test_holm_keeps_the_order(ps: list[float]) -> None:
    """A smaller p stays the smaller one, or they become equal."""
    pairs = sorted(zip(ps, holm(ps), strict=True))
    assert [adjusted for _, adjusted in pairs] == sorted(adjusted for _, adjusted in pairs)


def test_twice_and_half_are_no_change_together() -> None:
    """The geometric mean takes a ratio and its inverse alike."""
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1)


@pytest.mark.parametrize("bad", [[], [0.0], [-1.0, 2.0], [float("nan")], [float("inf")]])
def test_what_is_no_ratio_is_refused(bad: list[float]) -> None:
    """None at all, or one without a logarithm."""
    with pytest.raises(ValueError, match="ratios are"):
        geometric_mean(bad)
