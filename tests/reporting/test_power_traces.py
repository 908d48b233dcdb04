"""Readings of a meter as they are drawn: sums of channels, counters as watts, and why there is nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from drawn import material_of
from example_rows import measured_row
from hypothesis import given
from hypothesis import strategies as st
from metered_visits import COUNTER, FACTS

from configspec.records.meter import MeterFacts
from configspec.records.power import Power
from configspec.records.row import Row, SampleRefs
from configspec.records.samples import MeterReadings, PowerSamples, samples_folder, write_samples
from configspec.reporting.power_traces import MOST_POINTS, NoTrace, PowerTrace, power_traces
from configspec.theory.figures import Estimate

WATTS = Power(watts=Estimate(value=6.0, low=5.9, high=6.1, confidence=0.95, n=9), reason=None, meter=FACTS)


def readings(*values: tuple[float | None, ...], step_s: float = 1.0) -> MeterReadings:
    count = len(values[0])
    t_s = tuple(100.0 + step_s * place for place in range(count))
    return MeterReadings(t_s=t_s, values=values, spans_s={"window": (t_s[0], t_s[-1])})


def traced(tmp_path: Path, samples: PowerSamples, meter: MeterFacts = FACTS) -> object:
    """What is drawn of a row whose side file holds these."""
    sha256 = write_samples(samples_folder(tmp_path / "r.json"), samples)
    row = replace(measured_row(2), power=replace(WATTS, meter=meter), samples=SampleRefs(power=sha256))
    return of(row, tmp_path)


def of(row: Row, tmp_path: Path) -> object:
    (found,) = power_traces(material_of([row]).profiles, tmp_path / "r.json")
    return found


def test_channels_that_add_up_are_added(tmp_path):
    """And those that do not are not."""
    meter = replace(FACTS, channels=("a", "b", "c"), adds=(True, False, True))
    samples = PowerSamples(
        shows="watts", channels=("a", "b", "c"), passes=(readings((1.0, 2.0), (9.0, 9.0), (0.5, 0.5)),)
    )
    found = traced(tmp_path, samples, meter)
    assert isinstance(found, PowerTrace)
    assert found.points == ((0.0, 1.5), (1.0, 2.5))
    assert found.spans[0].watts == (1.5, 2.5)


def test_a_counter_that_begins_again_shows_watts(tmp_path):
    """Joules between two readings over the time between them; at its range it begins at 0."""
    samples = PowerSamples(shows="joules", channels=("c",), passes=(readings((8.0, 14.0, 4.0), step_s=2.0),))
    found = traced(tmp_path, samples, replace(COUNTER, channels=("c",), adds=(True,), range_j=16.0))
    assert isinstance(found, PowerTrace)
    assert found.points == ((1.0, 3.0), (3.0, 3.0))


def test_a_reading_that_failed_is_left_out(tmp_path):
    """A sum without it would be a smaller one."""
    samples = PowerSamples(shows="watts", channels=("a",), passes=(readings((1.0, None, 3.0)),))
    found = traced(tmp_path, samples)
    assert isinstance(found, PowerTrace)
    assert found.points == ((0.0, 1.0), (2.0, 3.0))


@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=900))
def test_many_readings_are_drawn_as_few_with_the_same_ends(tmp_path_factory, watts):
    """No more than a picture takes, each between the least and the greatest that was read."""
    samples = PowerSamples(shows="watts", channels=("a",), passes=(readings(tuple(watts)),))
    found = traced(tmp_path_factory.mktemp("t"), samples)
    assert isinstance(found, PowerTrace)
    assert len(found.points) <= MOST_POINTS
    assert found.readings == len(watts)
    assert all(min(watts) - 1e-9 <= each <= max(watts) + 1e-9 for _, each in found.points)


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (PowerSamples(shows="watts", channels=("a",), passes=()), "has no pass"),
        (PowerSamples(shows="watts", channels=("a",), passes=(readings((1.0,)),)), "fewer than two readings"),
        (PowerSamples(shows="watts", channels=("a",), passes=(readings((None, None)),)), "fewer than two readings"),
    ],
)
def test_a_pass_of_nothing_is_told(tmp_path, samples, why):
    """It is no picture, and no failure."""
    found = traced(tmp_path, samples)
    assert isinstance(found, NoTrace)
    assert why in found.why


def test_a_side_file_that_is_gone_is_told(tmp_path):
    """With what to copy."""
    row = replace(measured_row(2), power=WATTS, samples=SampleRefs(power="ab" * 32))
    found = of(row, tmp_path)
    assert isinstance(found, NoTrace)
    assert "copy the folder configspec-samples" in found.why


def test_without_power_the_rows_own_reason_is_told(tmp_path):
    """Nobody looks for a file."""
    found = of(measured_row(2), tmp_path)
    assert isinstance(found, NoTrace)
    assert found.why == "no meter"
