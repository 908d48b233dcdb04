"""What fails, what was compared, and what makes two setups differ."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.regression.metrics import ENERGY, GOODPUT, METRICS, Metric, metric
from configspec.regression.series import SeriesKey, first_difference
from configspec.regression.states import COMPARED, MAY_FAIL, STATES, State, Verdict, chosen_states, outcome, unmatched
from configspec.theory.ids import configuration_id


def key(k: int) -> SeriesKey:
    return SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", k), metric=GOODPUT)


def verdict(state: State) -> Verdict:
    return Verdict(series=key(4), state=state, reason="")


@pytest.mark.parametrize("state", STATES)
def test_only_a_regression_fails_by_itself(state: State) -> None:
    """Beside a series that passes."""
    assert outcome([verdict("PASS"), verdict(state)]).ok == (state != "REGRESSED")


@pytest.mark.parametrize("state", MAY_FAIL)
def test_a_user_lets_further_states_fail(state: State) -> None:
    """By choice, and beside regressions."""
    found = outcome([verdict("PASS"), verdict(state), verdict("REGRESSED")], chosen_states([state]))
    assert [one.state for one in found.failed] == [state, "REGRESSED"]


@pytest.mark.parametrize("state", STATES)
def test_nothing_compared_is_no_pass(state: State) -> None:
    """A comparison of which nothing is left has failed."""
    found = outcome([verdict(state)] * 3)
    assert found.compared == (3 if state in COMPARED else 0)
    assert found.ok == (state in COMPARED and state != "REGRESSED")
    assert not outcome([]).ok


def test_states_are_counted_in_their_order() -> None:
    """Those that nobody is in are left out."""
    found = outcome([verdict("NEW"), verdict("PASS"), verdict("NEW")])
    assert found.counts == (("PASS", 1), ("NEW", 2))


@pytest.mark.parametrize("name", ["PASS", "SUSPECT", "missing", "x"])
def test_what_may_not_fail_by_choice_is_refused(name: str) -> None:
    """A suspicion is wrong once in twenty."""
    with pytest.raises(UsageError, match="MISSING"):
        chosen_states([name])


def test_series_of_one_side_are_missing_or_new() -> None:
    """Before without now, now without before."""
    found = unmatched([key(1), key(2)], [key(2), key(3)])
    assert [(one.series, one.state) for one in found] == [(key(1), "MISSING"), (key(3), "NEW")]


setups = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("12")), unique_by=lambda pair: pair[0]).map(tuple)


@given(setups, setups)
def test_setups_differ_where_their_fields_do(
    then: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]
) -> None:
    """Whatever the order; a field that is on one side only differs."""
    found = first_difference(then, now)
    assert (found is None) == (dict(then) == dict(now))
    if found is not None:
        assert dict(then).get(found.field) == found.then != found.now == dict(now).get(found.field)


def test_a_difference_is_shown_harmless_and_short() -> None:
    """What a board says of itself may be long, or an escape sequence."""
    found = str(first_difference((("a", "x" * 500),), (("a", "\x1b[2J"),)))
    assert "\x1b" not in found
    assert len(found) < 100
    assert str(first_difference((), (("a", "1"),))) == "a was not there, is 1"


@given(st.sampled_from([one for one in METRICS if one.better != "exact"]), st.floats(0.001, 0.5))
def test_a_floor_is_a_share_of_the_base(of: Metric, floor: float) -> None:
    """3 % fewer tokens, or 3 % more joules."""
    worst = 1 + floor if of.better == "lower" else 1 - floor
    assert of.gain_log(math.log(worst)) == pytest.approx(of.loss_at(floor))
    assert of.loss_at(floor) < 0 < of.gain_at(floor)


def test_metrics_are_found_by_name() -> None:
    """And an unknown one names those that are known."""
    assert metric("energy") == ENERGY
    with pytest.raises(UsageError, match="Did you mean 'goodput'"):
        metric("godput")
