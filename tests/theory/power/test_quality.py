"""What is wrong with a measured power: each rule, and its sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.power import doubts
from configspec.theory.power.doubts import REASONS, WORDS, Code, Doubt, doubt, in_words, reason
from configspec.theory.power.energy_figures import Idle
from configspec.theory.power.quality import (
    clock_moved,
    counter_coarse,
    gap,
    idle_drift,
    implausible,
    no_response,
    sensor_error,
    short_window,
    stale,
    wrong_unit,
)
from configspec.theory.power.samples import MeterTraits, Samples, Window

WINDOW = Window(begin_s=0, end_s=20)
ON_BOARD = MeterTraits(period_s=0.1, lag_s=0.43, step=0.04)
PLUG = MeterTraits(period_s=1.0, step=1.0)


def sampled(values: Sequence[float], period_s: float = 1.0, **parts: Any) -> Samples:
    return Samples(t_s=tuple(place * period_s for place in range(len(values))), values=(tuple(values),), **parts)


def code(found: Doubt | None) -> str | None:
    return None if found is None else found.code


def table() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Code, kind and numbers of each line of the module's table."""
    lines = re.findall(r"^    (\w+) +(reason|flag) +((?:\w+, )*\w+)  ", doubts.__doc__ or "", re.MULTILINE)
    return {name: (kind, tuple(numbers.split(", "))) for name, kind, numbers in lines}


@pytest.mark.parametrize("name", get_args(Code))
def test_each_code_has_its_line_and_its_sentence(name):
    """The table, the reasons and the words speak of the same codes with the same numbers."""
    kind, numbers = table()[name]
    assert (kind == "reason") == (name in REASONS)
    used = set(re.findall(r"{(\w+)", WORDS[name]))
    assert used <= set(numbers)
    sentence = in_words(doubt(name, **{number: "before" if number == "side" else 1.5 for number in numbers}))
    assert "{" not in sentence
    assert not sentence.endswith(".")


def test_reasons_are_told_and_flags_are_not():
    """A figure with flags alone has no reason to be missing."""
    drift = doubt("idle_drift", before=3.0, after=4.0)
    assert reason([drift]) is None
    told = reason([drift, doubt("stale", samples=200, seconds=10.0)])
    assert told == "the meter showed nothing new (one value, or one time stamp) in 200 samples, for 10 s"


@pytest.mark.parametrize(("samples", "needed", "found"), [(200, 20, None), (200, 20.1, 1), (9, 5, 1), (10, 5, None)])
def test_a_window_is_too_short_for_its_meter_or_has_too_few_samples(samples, needed, found):
    """Of 20 s."""
    assert (short_window(WINDOW, samples, needed) is None) == (found is None)


@pytest.mark.parametrize(
    ("longest_s", "period_s", "found"),
    [(0.29, 0.1, None), (0.31, 0.1, "gap"), (1.1, 0.5, "gap"), (2.0, 2.0, None), (1.0, 0.4, None)],
)
def test_silence_beyond_three_periods_or_a_twentieth_is_a_gap(longest_s, period_s, found):
    """A slow meter's pace is none."""
    assert code(gap(longest_s, period_s, WINDOW)) == found


def test_a_meter_that_shows_one_value_stands_still():
    """From ten samples on, where it showed the same while idle, or where nobody looked."""
    assert code(stale(sampled([9.2] * 10), WINDOW, ON_BOARD, Idle())) == "stale"
    assert code(stale(sampled([9.2] * 10), WINDOW, ON_BOARD, Idle(before_w=9.2, after_w=9.2))) == "stale"
    assert code(stale(sampled([9.2] * 10), WINDOW, ON_BOARD, Idle(before_w=3.2, after_w=9.2))) == "stale"
    assert stale(sampled([9.2] * 9), WINDOW, ON_BOARD, Idle()) is None
    assert stale(sampled([9.2] * 9 + [9.24]), WINDOW, ON_BOARD, Idle()) is None


def test_a_steady_load_on_a_coarse_meter_does_not_stand_still():
    """It showed something else while idle, before and after."""
    assert stale(sampled([12.0] * 20), WINDOW, PLUG, Idle(before_w=4.0, after_w=4.0)) is None


def test_a_service_that_repeats_an_old_value_is_stale():
    """Its time stamp stays for more than three periods, whatever noise is added; a new one begins again."""
    values = [9.0 + place / 100 for place in range(12)]
    old = sampled(values, stamps=("a",) * 2 + ("b",) * 5 + ("c",) * 5)
    found = stale(old, WINDOW, PLUG, Idle())
    assert found is not None
    assert (found["samples"], found["seconds"]) == (5, 4.0)
    fresh = sampled(values, stamps=("a",) * 4 + ("b",) * 4 + ("a",) * 4)
    assert stale(fresh, WINDOW, PLUG, Idle()) is None
    assert stale(sampled(values, stamps=(None,) * 12), WINDOW, PLUG, Idle()) is None


@pytest.mark.parametrize(("load_w", "found"), [(3.5, "no_response"), (3.0, "no_response"), (3.6, None)])
def test_a_meter_that_does_not_see_the_load(load_w, found):
    """It is not above idle by more than idle varies."""
    assert code(no_response(load_w, Idle(before_w=3.3, after_w=3.3, spread_w=0.25))) == found
    assert no_response(load_w, Idle()) is None


@pytest.mark.parametrize(("after_w", "found"), [(3.29, None), (3.31, "idle_drift"), (2.7, "idle_drift")])
def test_idle_power_that_differs_by_a_tenth(after_w, found):
    """Before and after; one alone has nothing to differ from."""
    assert code(idle_drift(Idle(before_w=3.0, after_w=after_w))) == found
    assert idle_drift(Idle(after_w=after_w)) is None


def test_a_step_above_one_per_cent_of_the_energy_is_coarse():
    """60 J of 12 W need 500 s."""
    assert counter_coarse(60.0, 12 * 501.0) is None
    assert code(counter_coarse(60.0, 12 * 499.0)) == "counter_coarse"


def test_readings_that_failed_inside_the_window_are_counted():
    """Those before and after are not."""
    failed = sampled([9.0] * 5, failures=((-1.0, "early"), (2.5, "busy"), (21.0, "late")))
    found = sensor_error(failed, WINDOW)
    assert found is not None
    assert (found["failures"], found["samples"]) == (1, 5)


@pytest.mark.parametrize(
    ("values", "supply_w", "found"),
    [
        ([9.0, 9.1], 15.0, None),
        ([9.0, -0.169], 15.0, -0.169),  # an INA219 that is wired the wrong way
        ([9.0, -0.03], 15.0, None),  # less than a step below nothing
        ([0.0, 0.0], None, 0.0),  # a device draws more
        ([9000.0, 9100.0], 15.0, 9050.0),
        ([9.0, 17.0], 15.0, None),  # for a moment
        ([9.0, 19.0], 15.0, 19.0),
        ([2e5, 2e5], None, 2e5),
        ([1e308, 1e308, float("inf")], None, float("inf")),
    ],
)
def test_a_power_that_no_device_has(values, supply_w, found):
    """Negative, nothing at all, above the supply, absurd."""
    meter = replace(ON_BOARD, supply_w=supply_w)
    wrong = implausible(sampled(values), WINDOW, sum(values) / len(values), meter)
    assert (None if wrong is None else wrong["found"]) == found


def test_a_counters_bursts_are_not_implausible():
    """It rises by whole steps, of which one may come within a single reading."""
    bursts = sampled([0.0, 60.0, 60.0, 60.0], period_s=0.5, shows="joules")
    assert implausible(bursts, WINDOW, 12.0, replace(PLUG, supply_w=15.0)) is None


@pytest.mark.parametrize(
    ("found_w", "times"), [(9250.0, 1000), (0.00925, 1000), (92.5, 10), (555.0, 60), (9.9, None), (18.0, None)]
)
def test_a_mistaken_unit_shows_against_another_meter(found_w, times):
    """Milli, deci and minutes, either way; twice as much is another boundary, and no unit."""
    wrong = wrong_unit(found_w, 9.25)
    assert (None if wrong is None else wrong["times"]) == times
    assert wrong_unit(found_w, None) is None


@given(st.floats(-1e3, 1e3), st.floats(0, 0.1), st.floats(-0.1, 0.1))
def test_a_clock_moved_where_two_mappings_disagree(offset_s, uncertainty_s, by_s):
    """By more than both may be off."""
    moved = clock_moved(offset_s, offset_s + by_s, uncertainty_s)
    if abs(by_s) > 2 * uncertainty_s + 1e-9:
        assert moved is not None
    if abs(by_s) < 2 * uncertainty_s - 1e-9:
        assert moved is None
