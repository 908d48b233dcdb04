"""One window judged, and the power of a cell over several of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.figures import Estimate
from configspec.theory.power.doubts import Doubt, doubt
from configspec.theory.power.energy_figures import EnergyFigures, Idle, idle_of
from configspec.theory.power.estimate import WindowPower
from configspec.theory.power.over_passes import PassPower, load_interval, over_passes, pass_power
from configspec.theory.power.samples import MeterTraits, Samples, Window

ON_BOARD = MeterTraits(period_s=0.1, step=0.01, supply_w=60.0)
WINDOW = Window(begin_s=10, end_s=22)


def run(load_w: float = 9.0, idle_w: float = 3.0, **parts: Any) -> Samples:
    """Idle until 10 s, a load until 22 s, idle until 32 s; ten samples a second, of a power that wanders a little."""
    t_s = [place / 10 for place in range(321)]
    power = [(load_w if 10 <= t <= 22 else idle_w) * (1 + 0.004 * math.sin(5 * t)) for t in t_s]
    return Samples(**{"t_s": tuple(t_s), "values": (tuple(power),), **parts})


def passed(
    mean_w: float = 9.0,
    half_w: float = 0.1,
    window_s: float = 10.0,
    above_j: float | None = None,
    doubts: Sequence[Doubt] = (),
) -> PassPower:
    energy = EnergyFigures(
        energy_j=mean_w * window_s,
        energy_above_idle_j=above_j,
        mean_w=mean_w,
        max_w=mean_w,
        window_s=window_s,
        idle_before_w=None,
        idle_after_w=None,
        n_samples=100,
        n_distinct=50,
        achieved_hz=10.0,
        max_gap_s=0.1,
        method="trapezoid",
    )
    watts = Estimate(value=mean_w, low=mean_w - half_w, high=mean_w + half_w, confidence=0.95, n=100)
    return PassPower(power=WindowPower(watts=watts, parts_w=(), energy=energy), doubts=tuple(doubts))


passes = st.lists(st.builds(passed, st.floats(1, 50), st.floats(0, 0.9), st.floats(1, 100)), min_size=1, max_size=5)


def test_a_good_window_has_watts_and_no_doubt():
    """And its energy above idle, which lies on both sides of it."""
    samples = run()
    idle = idle_of(samples, Window(begin_s=0, end_s=9), Window(begin_s=23, end_s=32), ON_BOARD)
    assert isinstance(idle, Idle)
    assert idle.mean_w == pytest.approx(3.0, rel=0.002)
    found = pass_power(samples, WINDOW, ON_BOARD, idle=idle, known_w=9.3)
    assert found.doubts == ()
    assert found.power is not None
    assert found.power.watts.value == pytest.approx(9.0, rel=0.003)
    energy = found.power.energy
    assert energy.energy_j == pytest.approx(108.0, rel=0.003)
    assert energy.energy_above_idle_j == pytest.approx(72.0, rel=0.005)
    assert (energy.n_samples, energy.method) == (121, "trapezoid")
    assert energy.achieved_hz == pytest.approx(10.0)
    assert energy.max_gap_s == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (run(values=((9.0,) * 321,)), "stale"),
        (run(idle_w=9.0), "no_response"),
        (run(load_w=-9.0), "implausible"),
        (run(load_w=9000.0), "implausible"),
        (run(values=((math.nan,) * 321,)), "rail_failed"),
        (run(t_s=tuple(place / 20 for place in range(321))), "uncovered"),
        (run(t_s=tuple(place * 10.0 for place in range(321))), "no_samples"),
        (run(t_s=tuple((place % 300) / 10 for place in range(321))), "clock_step"),
        (run(shows="joules"), "counter_reset"),
    ],
)
def test_a_meter_that_is_wrong_gives_no_watts_but_a_reason(samples, code):
    """Dead, frozen, blind, negative, absurd, silent, with a clock that moved or a counter that began again."""
    idle = Idle(before_w=9.0, after_w=9.0, spread_w=0.1)
    found = pass_power(samples, WINDOW, ON_BOARD, idle=idle)
    assert found.power is None
    assert code in [one.code for one in found.doubts]
    assert found.reason


def test_flags_stay_with_the_watts():
    """A short window, readings that failed, a gap, idle power that drifted."""
    whole = run()
    kept = [place for place, t_s in enumerate(whole.t_s) if not 12 < t_s < 12.9]
    samples = Samples(
        t_s=tuple(whole.t_s[place] for place in kept),
        values=(tuple(whole.values[0][place] for place in kept),),
        failures=((12.5, "busy"),),
    )
    window = replace(WINDOW, end_s=15)
    found = pass_power(samples, window, ON_BOARD, idle=Idle(before_w=3.0, after_w=3.5, spread_w=0.1))
    assert found.power is not None
    assert {one.code for one in found.doubts} == {"short_window", "gap", "sensor_error", "idle_drift"}
    assert found.reason is None


def test_a_mistaken_unit_takes_the_watts():
    """Milliwatts that were taken for watts, against what an independent meter shows."""
    found = pass_power(run(), WINDOW, ON_BOARD, known_w=0.0091)
    assert found.power is None
    assert "a factor of about 1000" in (found.reason or "")


@given(passes)
def test_the_interval_holds_every_pass(several):
    """The value is joules over seconds, and the spread between passes is in the interval."""
    cell = over_passes(several)
    assert cell.watts is not None
    assert cell.watts.holds
    for one in several:
        assert one.power is not None
        assert cell.watts.low <= one.power.watts.low
        assert cell.watts.high >= one.power.watts.high
    assert cell.energy_j is not None
    assert cell.watts.value == pytest.approx(cell.energy_j / cell.window_s)
    assert cell.watts.n == 100 * len(several)
    assert cell.left_out == (None,) * len(several)


def test_a_pass_without_watts_is_left_out_with_its_reason():
    """The others count."""
    dead = PassPower(power=None, doubts=(doubt("stale", samples=200, seconds=10.0),))
    cell = over_passes([dead, passed(9.0), passed(9.2)])
    assert cell.watts is not None
    assert cell.watts.value == pytest.approx(9.1)
    assert cell.left_out == (dead.reason, None, None)


def test_without_a_pass_there_are_no_watts_and_no_joules():
    """But a reason, each once; never 0."""
    dead = PassPower(power=None, doubts=(doubt("stale", samples=200, seconds=10.0),))
    cell = over_passes([dead, dead])
    assert (cell.watts, cell.energy_j, cell.energy_above_idle_j) == (None, None, None)
    assert cell.reason == dead.reason
    assert over_passes([]).reason == "its power was not measured"


def test_a_flagged_pass_counts_only_where_all_are_flagged():
    """Its flag then stays with the figure. Idle power that drifted says nothing against the watts."""
    short = passed(12.0, doubts=[doubt("short_window", window=5.0, needed=10.0)])
    drifted = passed(9.0, doubts=[doubt("idle_drift", before=3.0, after=4.0)])
    cell = over_passes([short, drifted])
    assert cell.watts is not None
    assert cell.watts.value == 9.0
    assert cell.left_out == ("the power was measured for 5 s; this meter needs 10 s", None)
    assert [one.code for one in cell.doubts] == ["idle_drift"]
    alone = over_passes([short, short])
    assert alone.watts is not None
    assert [one.code for one in alone.doubts] == ["short_window"]


def test_energy_above_idle_is_known_where_it_is_of_each_pass():
    """A sum that lacks one would be too small."""
    assert over_passes([passed(above_j=60.0), passed(above_j=61.0)]).energy_above_idle_j == 121.0
    assert over_passes([passed(above_j=60.0), passed()]).energy_above_idle_j is None


def test_a_load_that_wanders_is_less_sure_than_its_window():
    """In 95 of 100 runs its interval holds the mean of the load, of which the window is one part.

    A power that forgets itself within 0.5 s (a first-order autoregression), 30 s of it; 200 runs, less two spreads.
    """
    rng = np.random.default_rng(7)
    held, narrow = 0, 0
    for _ in range(200):
        kept = math.exp(-0.1 / 0.5)
        power = [0.0]
        for _ in range(319):
            power.append(kept * power[-1] + math.sqrt(1 - kept**2) * float(rng.standard_normal()))
        samples = run(values=(tuple(9 + 0.5 * one for one in [*power, 0.0]),))
        found = pass_power(samples, Window(begin_s=1, end_s=31), ON_BOARD).power
        assert found is not None
        low, high = load_interval(found)
        held += low <= 9.0 <= high
        narrow += found.watts.low <= 9.0 <= found.watts.high
    assert held >= 184
    assert narrow < 150
