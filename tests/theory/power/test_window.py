"""How long to measure, by the meter and by the time that there is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.power.samples import MeterTraits
from configspec.theory.power.window import needed_s, plan

short = st.floats(0, 30)
traits = st.builds(MeterTraits, period_s=short, lag_s=short, step=short)
shown = st.sampled_from(["watts", "joules"])


@pytest.mark.parametrize(
    ("meter", "seconds"),
    [
        (MeterTraits(period_s=0.1, lag_s=0.43), 10.0),  # INA3221 of a Jetson board
        (MeterTraits(period_s=0.2), 10.0),  # PMIC of a Raspberry Pi 5
        (MeterTraits(period_s=0.5), 60.0),  # UM25C
        (MeterTraits(period_s=1.0), 60.0),  # a plug
        (MeterTraits(period_s=10.0), 100.0),  # a service that is asked every ten seconds
        (MeterTraits(period_s=0.1, lag_s=1.0), 20.0),  # a slow low-pass
        (MeterTraits(), 60.0),  # nobody says
    ],
)
def test_a_meter_of_power_needs_a_window_by_its_pace_and_lag(meter, seconds):
    """10 s on the board, 60 s of a plug, 20 lags, 10 periods."""
    assert needed_s(meter, "watts") == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("meter", "watts", "seconds"),
    [
        (MeterTraits(step=6.1e-5, period_s=0.001), 20.0, 1.0),  # RAPL
        (MeterTraits(step=0.001, period_s=0.1), 100.0, 10.0),  # NVML: what it counts in a period is a step too
        (MeterTraits(step=60.0), 12.0, 500.0),  # Shelly Gen1, watt-minutes
        (MeterTraits(step=60.0), None, 6000.0),  # the same, where nobody knows the load
        (MeterTraits(step=1.0), 0.0, 100.0),  # a meter that shows nothing yet
    ],
)
def test_a_counter_needs_a_hundred_of_its_steps(meter, watts, seconds):
    """One step is then 1 % of the energy; and 1 s at least."""
    assert needed_s(meter, "joules", watts) == pytest.approx(seconds)


@given(traits, shown, st.floats(0.1, 100))
def test_nothing_is_cut_without_a_budget(meter, shows, watts):
    """The window is what the meter needs, after 5 lags, and idle is half as long."""
    found = plan(meter, shows, watts=watts)
    assert found.cut is None
    assert found.window_s == found.needed_s == needed_s(meter, shows, watts)
    assert found.settle_s == 5 * meter.lag_s
    assert found.idle_s >= found.window_s / (2 if shows == "watts" else 4)


@given(traits, shown, st.floats(0, 1000))
def test_a_plan_stays_within_its_budget_or_has_no_window(meter, shows, budget_s):
    """What is cut is said; settling never is."""
    whole, found = plan(meter, shows), plan(meter, shows, budget_s=budget_s)
    assert found.settle_s == whole.settle_s
    assert found.total_s <= budget_s + 1e-6 or found.window_s == 0
    if whole.total_s > budget_s:
        assert found.cut is not None
        assert (found.cut["needed"], found.cut["given"]) == (whole.total_s, budget_s)
        assert found.window_s < whole.window_s
    else:
        assert found == whole


def test_the_owners_window_is_taken():
    """Longer or shorter; what the meter needs stays known, so that a short one can be flagged."""
    found = plan(MeterTraits(period_s=1.0), "watts", asked_s=5.0)
    assert (found.window_s, found.needed_s, found.cut) == (5.0, 60.0, None)
    assert plan(MeterTraits(period_s=0.1), "watts", asked_s=300.0).window_s == 300.0


@pytest.mark.parametrize("asked_s", [0.0, -1.0, math.nan, math.inf])
def test_no_window_is_refused(asked_s):
    """It is some time."""
    with pytest.raises(ValueError, match="above 0 s"):
        plan(MeterTraits(), "watts", asked_s=asked_s)


@pytest.mark.parametrize("traits", [{"period_s": -1.0}, {"lag_s": math.nan}, {"step": math.inf}, {"supply_w": -5.0}])
def test_traits_that_no_meter_has_are_refused(traits):
    """Before anything is computed of them."""
    with pytest.raises(ValueError, match="0 or more"):
        MeterTraits(**traits)
