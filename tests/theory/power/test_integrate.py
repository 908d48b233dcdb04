"""Energy of a window: the trapezoid rule, counters, and when there is none."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.power.doubts import Doubt
from configspec.theory.power.integrate import energy_j
from configspec.theory.power.samples import Samples, Window

watts = st.floats(min_value=0, max_value=100)


@st.composite
def series(draw, rails=(1, 3), value=watts):
    """Samples at uneven times, of one rail or several, and a window that they cover."""
    steps_s = draw(st.lists(st.floats(min_value=0.01, max_value=2), min_size=3, max_size=20))
    begin_s = draw(st.floats(min_value=0, max_value=1e6))
    t_s = [begin_s]
    for step_s in steps_s:
        t_s.append(t_s[-1] + step_s)
    count = draw(st.integers(*rails))
    values = tuple(tuple(draw(st.lists(value, min_size=len(t_s), max_size=len(t_s)))) for _ in range(count))
    places = sorted(draw(st.tuples(st.floats(0, 0.45), st.floats(0.55, 1))))
    edges_s = [t_s[0] + place * (t_s[-1] - t_s[0]) for place in places]
    window = Window(begin_s=edges_s[0], end_s=min(edges_s[1], t_s[-1]))
    return Samples(t_s=tuple(t_s), values=values), window


def joules(samples: Samples, window: Window) -> float:
    found = energy_j(samples, window)
    assert not isinstance(found, Doubt), found
    return found


def counted(samples: Samples) -> Samples:
    """The same as a counter: what the trapezoid rule gives up to each sample."""
    rails = []
    for rail in samples.values:
        total = [0.0]
        for place in range(1, len(rail)):
            step_s = samples.t_s[place] - samples.t_s[place - 1]
            total.append(total[-1] + (rail[place] + rail[place - 1]) / 2 * step_s)
        rails.append(tuple(total))
    return replace(samples, values=tuple(rails), shows="joules")


@given(series(), watts)
def test_constant_power_gives_power_times_length(case, power_w):
    """Wherever the samples lie."""
    samples, window = case
    flat = replace(samples, values=((power_w,) * len(samples.t_s),))
    assert joules(flat, window) == pytest.approx(power_w * window.length_s, rel=1e-9, abs=1e-9)


@given(series(), st.floats(0.01, 0.99), st.booleans())
def test_a_split_window_adds_up(case, place, counts):
    """Wherever it is split, on samples or between them; of counters too."""
    samples, window = case
    samples = counted(samples) if counts else samples
    middle_s = window.begin_s + place * window.length_s
    parts = [replace(window, end_s=middle_s), replace(window, begin_s=middle_s)]
    whole = joules(samples, window)
    assert sum(joules(samples, part) for part in parts) == pytest.approx(whole, rel=1e-6, abs=1e-6)


@given(series(), st.floats(0, 1000))
def test_scaled_power_scales_the_energy(case, times):
    """A gain of the meter is a gain of the energy."""
    samples, window = case
    scaled = replace(samples, values=tuple(tuple(times * one for one in rail) for rail in samples.values))
    assert joules(scaled, window) == pytest.approx(times * joules(samples, window), rel=1e-9, abs=1e-9)


@given(series(), st.data())
def test_more_samples_on_the_line_change_nothing(case, data):
    """As many as one wants, between any two."""
    samples, window = case
    place = data.draw(st.integers(1, len(samples.t_s) - 1))
    share = data.draw(st.floats(0.01, 0.99))

    def more(values: tuple[float, ...]) -> tuple[float, ...]:
        on_line = values[place - 1] + share * (values[place] - values[place - 1])
        return (*values[:place], on_line, *values[place:])

    denser = replace(samples, t_s=more(samples.t_s), values=tuple(map(more, samples.values)))
    assert joules(denser, window) == pytest.approx(joules(samples, window), rel=1e-6, abs=1e-6)


@given(series(rails=(1, 1)))
def test_the_energy_lies_between_least_and_greatest_power(case):
    """Nothing is invented beyond what was shown."""
    samples, window = case
    found = joules(samples, window) / window.length_s
    assert min(samples.values[0]) - 1e-6 <= found <= max(samples.values[0]) + 1e-6


@given(series())
def test_rails_are_integrated_each_and_added(case):
    """The sum of the rails' energies, and a channel that does not add is no part of it."""
    samples, window = case
    alone = [replace(samples, values=(rail,)) for rail in samples.values]
    assert joules(samples, window) == pytest.approx(sum(joules(one, window) for one in alone), rel=1e-9, abs=1e-9)
    first = (True,) + (False,) * (len(samples.values) - 1)
    assert joules(replace(samples, adds=first), window) == pytest.approx(joules(alone[0], window))


@given(series(rails=(1, 2)), st.floats(1e3, 1e5), st.floats(0, 1))
def test_a_counter_that_wraps_counts_on(case, range_j, begin):
    """From any value on, at any range that one reading does not use half of; at its edges it counts evenly."""
    samples, window = case
    counter = counted(samples)
    wrapped = tuple(tuple((begin * range_j * 0.99 + one) % range_j for one in rail) for rail in counter.values)
    found = joules(replace(counter, values=wrapped, range_j=range_j), window)
    assert found == pytest.approx(joules(counter, window), rel=1e-6, abs=1e-6)


def test_rapl_wraps_at_its_range():
    """As the kernel documents it: 262000000000 uJ, then 150000000 uJ, at a range of 262143328850 uJ: 293.32885 J."""
    counter = Samples(t_s=(0.0, 10.0), values=((262000.0, 150.0),), shows="joules", range_j=262143.328850)
    assert joules(counter, Window(begin_s=0, end_s=10)) == pytest.approx(293.32885)


@pytest.mark.parametrize(("values", "range_j"), [((500.0, 510.0, 3.0), None), ((500.0, 510.0, 400.0), 1000.0)])
def test_a_counter_that_begins_again_gives_no_energy(values, range_j):
    """Where nobody knows its range, and where no wrap-around explains the fall."""
    counter = Samples(t_s=(0.0, 1.0, 2.0), values=(values,), shows="joules", range_j=range_j)
    found = energy_j(counter, Window(begin_s=0.5, end_s=1.5))
    assert isinstance(found, Doubt)
    assert (found.code, found["fell"]) == ("counter_reset", 510.0 - values[-1])


def test_a_counter_that_began_again_before_the_window_is_no_matter():
    """Only what lies around the window is looked at."""
    counter = Samples(t_s=(0.0, 1.0, 2.0, 3.0), values=((900.0, 0.0, 5.0, 9.0),), shows="joules")
    assert joules(counter, Window(begin_s=1, end_s=3)) == 9.0


@given(series(rails=(2, 3)), st.data())
def test_a_rail_that_failed_gives_no_energy(case, data):
    """And no smaller one; one that does not add up may fail."""
    samples, window = case
    inside = [place for place, t_s in enumerate(samples.t_s) if window.begin_s < t_s < window.end_s]
    if not inside:
        return
    place = data.draw(st.sampled_from(inside))
    last = samples.values[-1]
    bad = data.draw(st.sampled_from([math.nan, math.inf]))
    broken = replace(samples, values=(*samples.values[:-1], (*last[:place], bad, *last[place + 1 :])))
    found = energy_j(broken, window)
    assert isinstance(found, Doubt)
    assert (found.code, found["channel"]) == ("rail_failed", len(samples.values) - 1)
    others = (True,) * (len(samples.values) - 1)
    kept = replace(samples, values=samples.values[:-1])
    assert joules(replace(broken, adds=(*others, False)), window) == joules(kept, window)


@pytest.mark.parametrize(
    ("begin_s", "end_s", "side", "away"),
    [(0.5, 2.0, "before", 0.5), (1.5, 3.5, "after", 0.5), (4.0, 5.0, "after", 2.0)],
)
def test_an_edge_without_a_neighbour_gives_no_energy(begin_s, end_s, side, away):
    """Nothing is extrapolated."""
    samples = Samples(t_s=(1.0, 2.0, 3.0), values=((5.0, 5.0, 5.0),))
    found = energy_j(samples, Window(begin_s=begin_s, end_s=end_s))
    assert isinstance(found, Doubt)
    assert (found.code, found["side"], found["away"]) == ("uncovered", side, away)


def test_no_samples_at_all_give_no_energy():
    """Nor a failure."""
    found = energy_j(Samples(t_s=(), values=((),)), Window(begin_s=0, end_s=1))
    assert isinstance(found, Doubt)
    assert found.code == "uncovered"


def test_a_clock_that_went_back_gives_no_energy():
    """By the worst step; two samples of one moment are none."""
    window = Window(begin_s=1, end_s=4)
    found = energy_j(Samples(t_s=(0.0, 2.0, 1.5, 5.0), values=((1.0,) * 4,)), window)
    assert isinstance(found, Doubt)
    assert (found.code, found["by"]) == ("clock_step", -0.5)
    assert joules(Samples(t_s=(0.0, 2.0, 2.0, 5.0), values=((1.0, 1.0, 3.0, 3.0),)), window) == 7.0


@pytest.mark.parametrize(
    "parts",
    [
        {"t_s": (0.0, math.nan)},
        {"values": ((1.0,),)},
        {"values": ()},
        {"stamps": ("a",)},
        {"adds": (True, True)},
        {"adds": (False,)},
        {"range_j": 0.0},
        {"range_j": math.inf},
    ],
)
def test_parts_that_do_not_fit_together_are_refused(parts):
    """Where they are made, and not where they are used."""
    with pytest.raises(ValueError, match=r"\w"):
        Samples(**{"t_s": (0.0, 1.0), "values": ((1.0, 2.0),), **parts})


@pytest.mark.parametrize(("begin_s", "end_s"), [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_a_window_is_some_time(begin_s, end_s):
    """It begins before it ends."""
    with pytest.raises(ValueError, match="begins before it ends"):
        Window(begin_s=begin_s, end_s=end_s)
