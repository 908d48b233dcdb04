"""The levels of a series of nights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.regression.steps import Level, levels

values = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=9)


def _cost(series: list[float], found: tuple[Level, ...], penalty: float) -> float:
    parts = (np.abs(np.array(series[one.begin : one.end]) - one.value).sum() for one in found)
    return float(sum(parts)) + penalty * (len(found) - 1)


@given(values, st.floats(0.1, 5), st.integers(1, 3))
def test_no_other_way_to_cut_costs_less(series: list[float], penalty: float, shortest: int) -> None:
    """All cuts of up to nine nights are tried."""
    n = len(series)
    found = levels(series, penalty=penalty, shortest=shortest)
    costs = []
    for count in range(n):
        for cuts in itertools.combinations(range(1, n), count):
            ends = list(zip((0, *cuts), (*cuts, n), strict=True))
            if count and min(end - begin for begin, end in ends) < shortest:
                continue
            parts = tuple(Level(begin=a, end=b, value=float(np.median(series[a:b]))) for a, b in ends)
            costs.append(_cost(series, parts, penalty))
    assert _cost(series, found, penalty) == pytest.approx(min(costs))


@given(values)
def test_levels_follow_one_another(series: list[float]) -> None:
    """From the first night to the last, each from where the one before ended."""
    found = levels(series)
    assert [one.begin for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == len(series)


def test_a_step_is_found_where_it_is() -> None:
    """5 % lower from night 40 of 80 on, in noise of 1 %."""
    noise = 0.01 * np.random.default_rng(1).standard_normal(80)
    found = levels((noise - 0.05 * (np.arange(80) >= 40)).tolist())
    assert len(found) == 2
    assert found[1].begin == pytest.approx(40, abs=1)
    assert found[1].value - found[0].value == pytest.approx(-0.05, abs=0.01)


def test_a_single_odd_night_is_no_level() -> None:
    """Half the speed in one night."""
    noise = 0.01 * np.random.default_rng(2).standard_normal(60)
    noise[30] -= 0.7
    assert len(levels(noise.tolist())) == 1


@pytest.mark.parametrize("nights", [20, 60, 365])
def test_noise_alone_has_one_level_mostly(nights: int) -> None:
    """In at least 95 % of series without a step."""
    drawn = np.random.default_rng(3).standard_normal((20 if nights == 365 else 200, nights)).tolist()
    assert np.mean([len(levels(one)) == 1 for one in drawn]) >= 0.95


def test_nothing_a_constant_and_two_nights_have_no_steps() -> None:
    """Whatever the penalty is made of."""
    assert levels([]) == ()
    assert [len(levels(one)) for one in ([1.0], [1.0, 9.0], [2.0] * 50)] == [1, 1, 1]


def test_a_step_without_noise_is_found() -> None:
    """Its penalty is 0, and it is cut once."""
    found = levels([1.0] * 10 + [2.0] * 10)
    assert [(one.begin, one.end) for one in found] == [(0, 10), (10, 20)]


def test_what_is_not_finite_is_refused() -> None:
    """A NaN has no level."""
    with pytest.raises(ValueError, match="finite"):
        levels([1.0, float("nan")])
