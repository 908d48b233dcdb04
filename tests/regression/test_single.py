"""One run against one run."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from configspec.regression.metrics import GOODPUT
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.single import SingleRules, judge_single
from configspec.regression.spread import Spread
from configspec.theory.ids import configuration_id

SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=GOODPUT)
THEN = Measured(series=SERIES, value=100.0, setup=(("cores", "4"),), at_s=0.0, night="a")


def now(value: float) -> Measured:
    return replace(THEN, value=value, at_s=1.0, night="b")


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (97.1, "PASS"),
        (96.5, "UNDECIDED"),
        (93.5, "UNDECIDED"),
        (93.0, "SUSPECT"),
        (88.0, "SUSPECT"),
        (87.5, "REGRESSED"),
        (103.0, "PASS"),
        (120.0, "IMPROVED"),
    ],
)
def test_the_table_of_losses_is_true(value: float, state: str) -> None:
    """Of the spread that is assumed, and one series."""
    found = judge_single(now(value), THEN, SingleRules())
    assert found.state == state
    assert "nobody measured" in found.reason


def test_a_calibrated_spread_sees_more() -> None:
    """Of 0.5 %, well known, a loss of 5 % is beyond chance; nothing is said of an assumption."""
    found = judge_single(now(95.0), THEN, SingleRules(spread=Spread(log_sd=0.005, degrees=30)))
    assert found.state == "REGRESSED"
    assert not found.weak
    assert "nobody" not in found.reason


def test_among_many_series_it_takes_more() -> None:
    """12.5 % is beyond chance for one series, not for 500."""
    assert judge_single(now(87.5), THEN, SingleRules(), series=500).state == "SUSPECT"


def test_false_alarms_are_as_rare_as_is_said() -> None:
    """Of 40,000 pairs with the assumed spread, one in a thousand is REGRESSED."""
    pairs = 100 * np.exp(0.03 * np.random.default_rng(1).standard_normal((40_000, 2)))
    limit = next(
        v for v in np.arange(90, 80, -0.01) if judge_single(now(float(v)), THEN, SingleRules()).state == "REGRESSED"
    )
    assert np.mean(pairs[:, 0] / pairs[:, 1] < limit / 100) == pytest.approx(0.001, abs=0.0005)


def test_what_does_not_compare_is_said() -> None:
    """Another setup, or a disturbed run on either side."""
    assert judge_single(replace(now(90.0), setup=(("cores", "8"),)), THEN, SingleRules()).reason == "cores was 4, is 8"
    hot = replace(THEN, disturbed=("throttled", "unstable"))
    assert judge_single(now(90.0), hot, SingleRules()).reason == "the earlier run is throttled and unstable"
    assert judge_single(hot, THEN, SingleRules()).state == "UNSTABLE"


def test_two_series_are_not_compared() -> None:
    """That is our own mistake."""
    other = SeriesKey(configuration=SERIES.configuration.cell.at(8), metric=GOODPUT)
    with pytest.raises(ValueError, match="K=8"):
        judge_single(replace(now(1.0), series=other), THEN, SingleRules(floor=math.ulp(0.0)))
