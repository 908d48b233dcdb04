"""Student's t distribution, against printed tables and against scipy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.student import NEARLY_NORMAL, t_quantile, t_tail

degrees = st.one_of(st.floats(0.5, 500), st.integers(1, 60).map(float), st.just(math.inf))


@given(st.floats(0.501, 0.9999))
def test_one_and_two_degrees_have_a_formula(probability: float) -> None:
    """tan(pi (p - 1/2)), the Cauchy distribution's, and (2p - 1) / sqrt(2p (1 - p))."""
    assert t_quantile(probability, 1) == pytest.approx(math.tan(math.pi * (probability - 0.5)), rel=1e-8)
    of_two = (2 * probability - 1) / math.sqrt(2 * probability * (1 - probability))
    assert t_quantile(probability, 2) == pytest.approx(of_two, rel=1e-8)


# https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
@pytest.mark.parametrize(
    ("freedom", "at_95", "at_999"), [(4, 2.132, 7.173), (13, 1.771, 3.852), (29, 1.699, 3.396), (100, 1.660, 3.174)]
)
def test_quantiles_are_those_of_the_handbook(freedom: int, at_95: float, at_999: float) -> None:
    """Of few and of many degrees of freedom, to the digits that are printed."""
    assert t_quantile(0.95, freedom) == pytest.approx(at_95, abs=6e-4)
    assert t_quantile(0.999, freedom) == pytest.approx(at_999, abs=6e-4)


def test_infinite_degrees_are_the_normal_distribution() -> None:
    """1.959964 at 97.5 %, and 3.719016 at 99.99 %."""
    assert t_quantile(0.975, math.inf) == pytest.approx(1.959964, abs=1e-6)
    assert t_quantile(0.9999, math.inf) == pytest.approx(3.719016, abs=1e-6)
    assert t_quantile(0.9999, NEARLY_NORMAL / 2) == pytest.approx(3.719016, abs=1e-5)


@given(st.floats(1e-6, 1 - 1e-6), degrees)
def test_a_quantile_is_where_its_tail_is_left(probability: float, freedom: float) -> None:
    """P(T > t) of the quantile of p is 1 - p, on both sides of 0."""
    assert t_tail(t_quantile(probability, freedom), freedom) == pytest.approx(1 - probability, rel=1e-7, abs=1e-12)


@given(st.floats(1e-5, 1 - 1e-5), st.floats(0.5, 1e6))
def test_quantiles_are_scipys(probability: float, freedom: float) -> None:
    """Against scipy.stats.t."""
    stats = pytest.importorskip("scipy.stats")
    assert t_quantile(probability, freedom) == pytest.approx(
        float(stats.t.ppf(probability, freedom)), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize(("probability", "freedom"), [(0, 5), (1, 5), (math.nan, 5), (0.9, 0), (0.9, math.nan)])
def test_what_is_no_probability_or_no_freedom_is_refused(probability: float, freedom: float) -> None:
    """Neither has a quantile."""
    with pytest.raises(ValueError, match=r"probability|degrees"):
        t_quantile(probability, freedom)
