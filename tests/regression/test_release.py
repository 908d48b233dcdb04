"""A release: its plan, its order, and its verdicts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.regression.metrics import ENERGY, GOODPUT, Metric
from configspec.regression.release import Pair, ReleaseRules, check_plan, interleaved, judge_release, mean_ratio
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.ids import configuration_id

RULES = ReleaseRules()


def key(k: int = 4, metric: Metric = GOODPUT) -> SeriesKey:
    return SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", k), metric=metric)


def runs(logs: NDArray[np.float64], series: SeriesKey) -> tuple[Measured, ...]:
    return tuple(
        Measured(series=series, value=20 * math.exp(log), setup=(("version", "1"),), at_s=float(i), night="n")
        for i, log in enumerate(logs)
    )


def pair(loss: float, *, k: int = 4, n: int = 8, spread: float = 0.01, seed: int = 0, metric: Metric = GOODPUT) -> Pair:
    drawn = spread * np.random.default_rng(seed).standard_normal((2, n))
    series = key(k, metric)
    return Pair(series=series, base=runs(drawn[0], series), candidate=runs(drawn[1] + math.log1p(-loss), series))


def test_both_sides_share_heat_and_time() -> None:
    """Each side has its runs, and the same mean place in the order for an even number of them."""
    order = interleaved(8)
    assert order[:4] == ("base", "candidate", "candidate", "base")
    assert Counter(order) == {"base": 8, "candidate": 8}
    places = {side: np.mean([i for i, one in enumerate(order) if one == side]) for side in ("base", "candidate")}
    assert places["base"] == places["candidate"]
    assert Counter(interleaved(7)) == {"base": 7, "candidate": 7}


def test_what_cannot_succeed_is_refused() -> None:
    """Six runs a side among 47 series; seven would do."""
    check_plan(6, 46, RULES)
    with pytest.raises(UsageError, match="Declare 46 at most, or make 7 runs a side"):
        check_plan(6, 47, RULES)
    with pytest.raises(UsageError, match="6 to 60"):
        check_plan(5, 1, RULES)
    with pytest.raises(UsageError, match="one declared series"):
        check_plan(8, 0, RULES)


def test_a_loss_regresses_a_small_one_is_within_the_floor() -> None:
    """8 %, 2.5 % and none in noise of 1 %, and a gain."""
    found = judge_release([pair(0.08), pair(0.025, k=2, seed=1), pair(0.0, k=8, seed=2), pair(-0.08, k=6)], RULES)
    assert [one.state for one in found] == ["REGRESSED", "WORSE_WITHIN_FLOOR", "PASS", "IMPROVED"]
    assert found[0].ratio == pytest.approx(0.92, abs=0.02)
    assert (found[0].low or 1) < (found[0].ratio or 0) < (found[0].high or 0) < 0.97
    assert found[0].p == pytest.approx(4 / math.comb(16, 8))


def test_less_is_better_for_energy() -> None:
    """8 % fewer joules are a gain."""
    down, up = pair(0.08, metric=ENERGY), pair(-0.08, metric=ENERGY)
    assert [one.state for one in judge_release([down, up], RULES)] == ["IMPROVED", "REGRESSED"]


def test_what_was_not_declared_is_shown_and_never_fails() -> None:
    """And takes nothing from the declared ones."""
    shown = replace(pair(0.3, k=2), declared=False)
    alone, together = judge_release([pair(0.08)], RULES), judge_release([shown, pair(0.08)], RULES)
    assert together[0].state == "UNDECIDED"
    assert together[0].p is None
    assert together[1] == alone[0]


def test_a_declared_series_that_is_missing_still_counts() -> None:
    """Else a broken board would make the gate of the others more lenient."""
    absent = replace(pair(0.0, k=2), candidate=())
    found = judge_release([pair(0.08), absent], RULES)
    assert found[1].state == "MISSING"
    assert found[0].p == pytest.approx(2 / math.comb(16, 8))


def test_disturbed_runs_are_left_out() -> None:
    """With six left it is judged; with five it is unstable."""
    whole = pair(0.08)
    hot = [replace(one, disturbed=("throttled",)) for one in whole.base]
    two, three = (replace(whole, base=(*hot[:n], *whole.base[n:])) for n in (2, 3))
    assert [one.state for one in judge_release([two], RULES)] == ["REGRESSED"]
    assert [one.state for one in judge_release([three], RULES)] == ["UNSTABLE"]


def test_the_runtime_may_differ_where_that_is_said() -> None:
    """It is what a release changes; the board stays the same."""
    whole = pair(0.08)
    newer = replace(whole, candidate=tuple(replace(one, setup=(("version", "2"),)) for one in whole.candidate))
    assert judge_release([newer], RULES)[0].reason == "version was 1, is 2"
    assert judge_release([newer], ReleaseRules(varies=("version",)))[0].state == "REGRESSED"


def test_equal_runs_of_both_sides_pass() -> None:
    """All values tied."""
    same = pair(0.0, spread=0.0)
    found = judge_release([same], RULES)[0]
    assert (found.state, found.ratio, found.p) == ("PASS", 1.0, 1.0)


def test_more_runs_than_are_counted_are_refused() -> None:
    """61 a side."""
    with pytest.raises(UsageError, match="at most 60"):
        judge_release([pair(0.0, n=61)], RULES)


def test_nothing_to_judge_is_no_error() -> None:
    """And has no mean."""
    assert judge_release([], RULES) == ()
    assert mean_ratio([]) is None


@pytest.mark.parametrize(("series", "power"), [(1, 0.88), (5, 0.69)])
def test_the_power_is_what_was_planned_with(series: int, power: float) -> None:
    """5 % in noise of 3 %, floor 3 %, eight a side: .88 alone, .69 where it is one of five."""
    seen = []
    for seed in range(300):
        others = [pair(0.0, k=k + 8, spread=0.03, seed=1000 * k + seed + 5000) for k in range(series - 1)]
        seen.append(judge_release([pair(0.05, spread=0.03, seed=seed), *others], RULES)[0].state == "REGRESSED")
    assert np.mean(seen) == pytest.approx(power, abs=0.07)


def test_false_alarms_among_five_series_are_as_rare_as_is_said() -> None:
    """At most one release in twenty, without a floor."""
    alarms = []
    for seed in range(300):
        five = [pair(0.0, k=k + 1, seed=1000 * k + seed) for k in range(5)]
        found = judge_release(five, ReleaseRules(floor=0.0))
        alarms.append(any(one.state in ("REGRESSED", "WORSE_WITHIN_FLOOR") for one in found))
    assert np.mean(alarms) <= 0.07
