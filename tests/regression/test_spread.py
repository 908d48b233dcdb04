"""Spreads of runs, alone and of many series together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.regression.spread import Spread, digamma, mean_of_runs, pooled_spread, robust_sd, spread_of, trigamma

nights = st.lists(st.lists(st.floats(-1, 1), min_size=1, max_size=3), min_size=1, max_size=6)


@given(nights)
def test_without_a_night_share_all_runs_weigh_the_same(of_nights: list[list[float]]) -> None:
    """Their mean, with a variance of one over their number."""
    runs = [one for night in of_nights for one in night]
    found = mean_of_runs(of_nights)
    assert found.mean_log == pytest.approx(float(np.mean(runs)), abs=1e-12)
    assert found.weight == pytest.approx(1 / len(runs))


@given(nights)
def test_nights_whose_runs_are_all_alike_weigh_the_same(of_nights: list[list[float]]) -> None:
    """With a night share of 1 a further run of a night tells nothing."""
    found = mean_of_runs(of_nights, 1.0)
    assert found.mean_log == pytest.approx(float(np.mean([np.mean(night) for night in of_nights])), abs=1e-12)
    assert found.weight == pytest.approx(1 / len(of_nights))


def test_the_variance_of_a_mean_is_what_drawing_shows() -> None:
    """Nights of 1, 3 and 2 runs, half of the square in common."""
    rng, counts, share = np.random.default_rng(8), (1, 3, 2), 0.5
    luck, own = rng.standard_normal((20_000, 3)), rng.standard_normal((20_000, 3, 3))
    drawn = math.sqrt(share) * luck[:, :, None] + math.sqrt(1 - share) * own
    means = [
        mean_of_runs([night[:count] for night, count in zip(case, counts, strict=True)], share).mean_log
        for case in drawn.tolist()
    ]
    assert np.var(means) == pytest.approx(mean_of_runs([[0.0] * count for count in counts], share).weight, rel=0.04)


def test_what_was_known_before_counts_by_its_degrees() -> None:
    """Equal degrees: the mean of the squares. Infinite: what was known, alone."""
    own = Spread(log_sd=0.01, degrees=10)
    assert own.joined(None) == own
    both = own.joined(Spread(log_sd=0.03, degrees=10))
    assert (both.log_sd, both.degrees) == pytest.approx((math.sqrt(5e-4), 20))
    assert own.joined(Spread(log_sd=0.03, degrees=math.inf)).log_sd == 0.03


@given(st.floats(1e-3, 1e4))
def test_digamma_and_trigamma_are_scipys(x: float) -> None:
    """Against scipy.special."""
    special = pytest.importorskip("scipy.special")
    assert digamma(x) == pytest.approx(float(special.digamma(x)), rel=1e-8, abs=1e-8)
    assert trigamma(x) == pytest.approx(float(special.polygamma(1, x)), rel=1e-7)


def test_digamma_and_trigamma_of_one_are_the_known_constants() -> None:
    """Minus Euler's constant, and pi squared over 6."""
    assert digamma(1.0) == pytest.approx(-0.5772156649, abs=1e-9)
    assert trigamma(1.0) == pytest.approx(math.pi**2 / 6, abs=1e-9)


@pytest.mark.parametrize("true_degrees", [4.0, 20.0, math.inf])
def test_series_that_differ_have_less_in_common(true_degrees: float) -> None:
    """Of 2000 series whose own squares are drawn as the method assumes, with 14 nights each, both numbers are found."""
    rng = np.random.default_rng(6)
    factor = np.ones(2000) if math.isinf(true_degrees) else true_degrees / rng.chisquare(true_degrees, 2000)
    squares = 9e-4 * factor * rng.chisquare(13, 2000) / 13
    found = pooled_spread([Spread(log_sd=math.sqrt(one), degrees=13) for one in squares])
    assert found is not None
    assert found.log_sd == pytest.approx(0.03, rel=0.05)
    assert found.degrees > 150 if math.isinf(true_degrees) else found.degrees == pytest.approx(true_degrees, rel=0.25)


def test_too_few_or_constant_series_have_nothing_in_common() -> None:
    """Two, or counts that never change."""
    one = Spread(log_sd=0.03, degrees=5)
    assert pooled_spread([one, one]) is None
    assert pooled_spread([Spread(log_sd=0.0, degrees=5)] * 50) is None


def test_an_odd_run_hardly_moves_the_robust_spread() -> None:
    """Of -3 .. 3 the MAD is 2, and stays it with one value far out."""
    assert robust_sd([-3, -2, -1, 0, 1, 2, 3]) == pytest.approx(1.4826 * 2)
    assert robust_sd([-3, -2, -1, 0, 1, 2, 1e9]) == pytest.approx(1.4826 * 2)


def test_one_run_has_no_spread() -> None:
    """It takes two."""
    with pytest.raises(ValueError, match="two runs"):
        spread_of([0.1])
    with pytest.raises(ValueError, match="a spread is finite"):
        Spread(log_sd=math.nan, degrees=3)
