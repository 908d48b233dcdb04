"""What runs of one build tell, and the smallest loss that is seen."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from configspec.errors import UsageError
from configspec.regression.calibrate import calibrate, floor_warning
from configspec.regression.metrics import GOODPUT
from configspec.regression.nightly import NightlyRules
from configspec.regression.release import ReleaseRules
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.spread import Spread
from configspec.regression.visible import visible_nightly, visible_release
from configspec.theory.ids import configuration_id

SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=GOODPUT)
TINY = 1e-4  # a spread so small that shares and logarithms are alike


def runs(logs: list[list[float]]) -> list[Measured]:
    return [
        Measured(series=SERIES, value=20 * math.exp(log), setup=(("cores", "4"),), at_s=100.0 * n + i, night=f"n{n}")
        for n, night in enumerate(logs)
        for i, log in enumerate(night)
    ]


def test_spread_and_night_share_are_found() -> None:
    """300 nights of three runs: 3 %, of which 40 % of the square is of the night."""
    rng = np.random.default_rng(2)
    logs = 0.03 * (math.sqrt(0.4) * rng.standard_normal((300, 1)) + math.sqrt(0.6) * rng.standard_normal((300, 3)))
    found = calibrate(runs(logs.tolist()))
    assert found.spread.log_sd == pytest.approx(0.03, rel=0.06)
    assert found.night_share == pytest.approx(0.4, abs=0.08)
    assert not found.drifts
    assert (found.runs, found.nights) == (900, 300)


def test_one_run_a_night_tells_no_night_share() -> None:
    """Nor do two nights."""
    rng = np.random.default_rng(3)
    assert calibrate(runs((0.01 * rng.standard_normal((12, 1))).tolist())).night_share is None
    assert calibrate(runs((0.01 * rng.standard_normal((2, 6))).tolist())).night_share is None


def test_a_drift_is_shown_and_noise_has_none() -> None:
    """4 % over 20 runs in noise of 1 %; of 200 calibrations without any, about one in a hundred shows one."""
    rng = np.random.default_rng(4)
    drifting = calibrate(runs((0.01 * rng.standard_normal(20) - np.linspace(0, 0.04, 20)).reshape(-1, 1).tolist()))
    assert drifting.drifts
    assert drifting.drift_log == pytest.approx(-0.04, abs=0.02)
    still = [calibrate(runs((0.01 * rng.standard_normal((12, 1))).tolist())).drifts for _ in range(200)]
    assert np.mean(still) <= 0.03


def test_the_drifts_p_is_scipys() -> None:
    """Against scipy.stats.linregress."""
    stats = pytest.importorskip("scipy.stats")
    logs = (0.01 * np.random.default_rng(5).standard_normal(9)).tolist()
    assert calibrate(runs([[one] for one in logs])).drift_p == pytest.approx(
        float(stats.linregress(np.arange(9), logs).pvalue), rel=1e-6
    )


def test_constant_runs_have_no_spread_and_no_drift() -> None:
    """A count, say."""
    found = calibrate(runs([[0.0], [0.0], [0.0], [0.0], [0.0]]))
    assert (found.spread.log_sd, found.drifts) == (0.0, False)
    assert calibrate(runs([[0.0, 0.0]] * 6)).night_share is None


def test_what_is_no_calibration_is_refused() -> None:
    """Too few undisturbed runs, or two setups."""
    five = runs([[0.0]] * 5)
    with pytest.raises(UsageError, match="found 4"):
        calibrate([*five[:4], replace(five[4], disturbed=("throttled",))])
    with pytest.raises(UsageError, match="cores was 4, is 8"):
        calibrate([*five, replace(five[0], at_s=1e6, setup=(("cores", "8"),))])


# In units of the spread, floor apart.
@pytest.mark.parametrize(("history", "spreads"), [(5, 6.5), (8, 4.1), (14, 3.2), (30, 2.8)])
def test_the_nightly_rule_sees_what_it_was_planned_to(history: int, spreads: float) -> None:
    """In 80 % of cases, in the first night."""
    rules = NightlyRules(floor=0.0)
    found = visible_nightly(Spread(log_sd=TINY, degrees=10), history, rules, np.random.default_rng(1)) / TINY
    assert found == pytest.approx(spreads, abs=0.2)


@pytest.mark.parametrize(
    ("runs_a_side", "alone", "of_five"), [(6, 1.6, 2.3), (8, 1.4, 1.9), (12, 1.1, 1.4), (16, 0.9, 1.2)]
)
def test_a_release_sees_what_it_was_planned_to(runs_a_side: int, alone: float, of_five: float) -> None:
    """In 80 % of cases, for one declared series and as one of five."""
    spread = Spread(log_sd=TINY, degrees=10)
    for series, expected in ((1, alone), (5, of_five)):
        found = (
            visible_release(spread, runs_a_side, ReleaseRules(floor=0.0), np.random.default_rng(1), series=series)
            / TINY
        )
        assert found == pytest.approx(expected, abs=0.15)


def test_a_known_spread_more_nights_and_fewer_series_see_more() -> None:
    """And a night that runs share less."""
    spread = Spread(log_sd=0.03, degrees=math.inf)

    def seen(history: int, share: float = 0.0, series: int = 1, *, known: bool = False) -> float:
        rules, rng = NightlyRules(night_share=share), np.random.default_rng(1)
        return visible_nightly(spread, history, rules, rng, series=series, known=known)

    assert seen(14, known=True) < seen(14) < seen(8) < seen(5)
    assert seen(14) < seen(14, series=500)
    assert seen(14) < seen(14, share=0.5)
    assert seen(14, series=500, known=True) < 0.1 < seen(14, series=500)


def test_with_little_noise_the_floor_is_what_is_seen() -> None:
    """3 %, and hardly more."""
    quiet = Spread(log_sd=TINY, degrees=10)
    assert visible_nightly(quiet, 14, NightlyRules(), np.random.default_rng(1)) == pytest.approx(0.03, abs=0.001)
    assert visible_release(quiet, 8, ReleaseRules(), np.random.default_rng(1)) == pytest.approx(0.03, abs=0.001)


def test_a_release_that_cannot_succeed_sees_nothing() -> None:
    """Five a side among 13."""
    assert (
        visible_release(Spread(log_sd=0.01, degrees=9), 5, ReleaseRules(), np.random.default_rng(1), series=13) == 1.0
    )


def test_a_floor_below_what_is_seen_is_warned_of() -> None:
    """And one above it is not."""
    assert "mostly not seen" in (floor_warning(0.01, 0.05) or "")
    assert floor_warning(0.05, 0.05) is None
