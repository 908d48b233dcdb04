"""Medians, their intervals, and the flag that a machine was disturbed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.theory.flags import Flag, flag
from configspec.theory.statistics import (
    disturbed,
    median_estimate,
    relative_spread,
    resample_weights,
    row_quantiles,
    samples_needed,
    too_few,
)

law = settings(deadline=None)
durations = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60)


@law
@given(durations, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_is_made_of_samples_and_holds_the_median(samples: list[float], confidence: float) -> None:
    """Both ends are samples, and at least the confidence asked for is attained, or the interval is min..max."""
    found = median_estimate(samples, confidence)
    assert found.value == pytest.approx(float(np.median(samples)))
    assert found.low <= found.value <= found.high
    assert {found.low, found.high} <= set(samples)
    assert found.confidence >= confidence or (found.low, found.high) == (min(samples), max(samples))


@law
@given(durations, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_attained_confidence_is_the_binomial_one(samples: list[float], confidence: float) -> None:
    """Against scipy: X(r)..X(n+1-r) covers with 1 - 2 * P(Bin(n, 1/2) <= r - 1), r the largest that will do."""
    n = len(samples)
    coverages = [1 - 2 * float(scipy.stats.binom.cdf(r - 1, n, 0.5)) for r in range(1, (n + 1) // 2 + 1)]
    r = max([r for r, coverage in enumerate(coverages, 1) if coverage >= confidence], default=1)
    found = median_estimate(samples, confidence)
    assert found.confidence == pytest.approx(coverages[r - 1], abs=1e-12)
    assert (found.low, found.high) == (sorted(samples)[r - 1], sorted(samples)[n - r])


@law
@given(durations, st.sampled_from([0.8, 0.95]))
def test_the_interval_is_that_of_scipys_quantile_test(samples: list[float], confidence: float) -> None:
    """Against scipy.stats.quantile_test, where that has an interval at all and n is large enough for ours."""
    if len(samples) < samples_needed(confidence):
        return
    theirs = scipy.stats.quantile_test(samples, p=0.5).confidence_interval(confidence)
    found = median_estimate(samples, confidence)
    assert (found.low, found.high) == (theirs.low, theirs.high)


@law
@given(durations, st.floats(2, 1000))
def test_one_pause_of_the_machine_moves_no_interval_beyond_the_samples_that_were_there(
    samples: list[float], times: float
) -> None:
    """A tenth repetition that took ever so long leaves the interval of ten where the nine others put it."""
    nine = (samples * 9)[:9]
    found = median_estimate([*nine, max(nine) * times])
    assert min(nine) <= found.low <= found.high <= max(nine)


@pytest.mark.parametrize(("n", "confidence"), [(1, 0.0), (2, 0.5), (5, 0.9375), (6, 0.96875), (10, 0.978515625)])
def test_known_confidences(n: int, confidence: float) -> None:
    """1 - 2^(1-n) where min..max is all there is; ten samples use the second and the ninth."""
    assert median_estimate([float(i) for i in range(n)]).confidence == confidence


@law
@given(st.integers(1, 30_000), st.sampled_from([0.5, 0.95, 0.999]))
def test_many_samples_attain_what_scipys_binomial_says(n: int, confidence: float) -> None:
    """Also where 2**n is beyond every float: the same place in order, and its confidence to 1e-12."""
    covered = 1 - 2 * scipy.stats.binom.cdf(np.arange((n + 1) // 2), n, 0.5)
    r = max(int(np.count_nonzero(covered >= confidence)), 1)
    found = median_estimate(np.arange(n, dtype=np.float64).tolist(), confidence)
    assert found.confidence == pytest.approx(covered[r - 1], abs=1e-12)
    assert (found.low, found.high) == (r - 1, n - r)


@pytest.mark.parametrize("n", [20_000, 20_001])
def test_counting_in_floats_is_counting_in_whole_numbers(n: int) -> None:
    """P(Bin(n, 1/2) < r) in exact fractions, at the place that the interval of 95 % has."""
    found = median_estimate(np.arange(n, dtype=np.float64).tolist())
    ways = [1]
    for i in range(round(found.low)):
        ways.append(ways[-1] * (n - i) // (i + 1))
    assert found.confidence == pytest.approx(float(1 - Fraction(2 * sum(ways), 2**n)), abs=1e-12)


def test_six_samples_give_a_95_percent_interval() -> None:
    """As 1 - 2^-5 is the first of 1 - 2^(1-n) above 0.95."""
    assert samples_needed(0.95) == 6
    assert too_few([1.0] * 6) is None
    assert too_few([1.0] * 5) == flag("few_samples", samples=5, needed=6, confidence=0.95)


@law
@given(durations, st.floats(0.01, 100))
def test_the_relative_spread_has_no_unit(samples: list[float], factor: float) -> None:
    """Milliseconds spread as seconds do."""
    assert relative_spread([factor * s for s in samples]) == pytest.approx(relative_spread(samples), abs=1e-9)


@law
@given(durations)
def test_the_relative_spread_agrees_with_scipy(samples: list[float]) -> None:
    """Against scipy's median absolute deviation, scaled for the normal distribution."""
    mad = scipy.stats.median_abs_deviation(samples, scale="normal")
    assert relative_spread(samples) == pytest.approx(mad / np.median(samples), rel=1e-4, abs=1e-12)


@law
@given(st.lists(st.floats(0.97, 1.03), min_size=1, max_size=50), st.floats(1e-4, 1e3))
def test_a_quiet_machine_is_not_called_disturbed(samples: list[float], scale: float) -> None:
    """Repetitions within 3 % of one another are what a quiet board gives."""
    assert disturbed([scale * s for s in samples]) is None


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([1.0] * 8 + [2.5, 11.0], flag("pauses", samples=10, slow=2, times=2.0)),
        ([1.0, 1.01, 9.0], flag("pauses", samples=3, slow=1, times=2.0)),
    ],
)
def test_pauses_are_counted(samples: list[float], expected: Flag) -> None:
    """More than one in ten samples far above the median, though the rest are close together."""
    assert disturbed(samples) == expected


def test_a_wide_spread_is_told_with_its_limit() -> None:
    """By hand: the median is 1.1, the deviations' median 0.15, so the spread 1.4826 * 0.15 / 1.1."""
    found = disturbed([1.0, 1.0, 1.2, 1.4, 0.8, 1.3], "end_to_end")
    assert found is not None
    assert (found.code, found.part, found["samples"], found["limit"]) == ("spread", "end_to_end", 6, 0.10)
    assert found["spread"] == pytest.approx(1.4826 * 0.15 / 1.1)


def test_one_slow_sample_of_ten_is_no_disturbance() -> None:
    """The median shrugs it off."""
    assert disturbed([1.0] * 9 + [10.0]) is None


def test_two_samples_say_nothing_about_the_machine() -> None:
    """Which of the two was disturbed cannot be known."""
    assert disturbed([1.0, 3.0]) is None


@law
@given(st.integers(1, 30), st.integers(0, 2**32))
def test_each_resample_draws_as_many_as_there_are(n: int, seed: int) -> None:
    """The bootstrap draws n of n with replacement."""
    weights = resample_weights(n, 20, np.random.default_rng(seed))
    assert weights.shape == (20, n)
    assert (weights.sum(axis=1) == n).all()
    assert (weights >= 0).all()


@law
@given(st.integers(1, 5), st.integers(1, 60), st.integers(0, 2**32), st.floats(0, 1))
def test_quantiles_of_rows_are_numpys(rows: int, n: int, seed: int, share: float) -> None:
    """To the last bit."""
    drawn = np.random.default_rng(seed).lognormal(size=(rows, n))
    (found,) = row_quantiles(drawn, share)
    assert found.tolist() == np.quantile(drawn, share, axis=1).tolist()


@pytest.mark.parametrize("samples", [[], [1.0, float("nan")], [float("inf")]])
def test_samples_are_finite_and_there_are_some(samples: list[float]) -> None:
    """Anything else should have been refused where it was measured."""
    with pytest.raises(ValueError, match="finite numbers"):
        median_estimate(samples)
