"""A meter is read in a thread: evenly enough, without inventing values, and given up where it fails for ever."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from configspec.agent.power.meter import WATTS, Channel, MeterFacts, Reading, ReadingError
from configspec.agent.power.sampler import MOST_FAILURES, Sampler, moments

FACTS = MeterFacts(meter="made up", shows=WATTS, boundary="board", channels=(Channel("a"), Channel("b")), period_s=0.05)


class MadeUpMeter:
    """Answers with what `show` returns or raises; `asked` is set at the number of readings that a test waits for."""

    def __init__(self, show: Callable[[int], tuple[float, float]], count: int) -> None:
        self.facts = FACTS
        self.readings = 0
        self.asked = threading.Event()
        self._show = show
        self._count = count

    def read(self) -> Reading:
        self.readings += 1
        if self.readings >= self._count:
            self.asked.set()
        return Reading(time.monotonic(), self._show(self.readings))

    def close(self) -> None:
        self.asked.set()


def sampled(show: Callable[[int], tuple[float, float]], count: int) -> dict[str, Any]:
    meter = MadeUpMeter(show, count)
    sampler = Sampler(meter)
    sampler.start()
    assert meter.asked.wait(30.0)
    sampler.stop()
    return sampler.take()


@pytest.mark.real
def test_every_reading_is_handed_out_once_in_order() -> None:
    """As columns; a second `take` has nothing more."""
    meter = MadeUpMeter(lambda number: (float(number), 2.0 * number), 4)
    sampler = Sampler(meter)
    sampler.start()
    assert meter.asked.wait(30.0)
    sampler.stop()
    taken: dict[str, Any] = sampler.take()
    more = sampler.take()
    first, second = taken["values"]
    assert first[:3] == [1.0, 2.0, 3.0]
    assert second == [2.0 * one for one in first]
    assert taken["t_s"] == sorted(taken["t_s"])
    assert more["t_s"] == [] == more["failures"]


@pytest.mark.real
def test_a_channel_that_failed_is_null_and_not_zero() -> None:
    """JSON knows no NaN."""
    assert sampled(lambda _: (1.0, math.nan), 1)["values"] == [[1.0], [None]]


@pytest.mark.real
def test_a_reading_that_fails_is_counted_with_its_reason() -> None:
    """And leaves no value."""

    def show(number: int) -> tuple[float, float]:
        if number == 2:
            raise ReadingError("the plug is off")
        return 1.0, 1.0

    taken = sampled(show, 3)
    assert taken["failed"] == 1
    assert [reason for _, reason in taken["failures"]] == ["the plug is off"]
    assert taken["ended"] is None


@pytest.mark.real
def test_a_meter_that_fails_for_ever_is_given_up() -> None:
    """It is not asked again and again; the reason says how often it failed."""

    def show(_: int) -> tuple[float, float]:
        raise ReadingError("gone")

    meter = MadeUpMeter(show, MOST_FAILURES)
    sampler = Sampler(meter)
    sampler.start()
    assert meter.asked.wait(60.0)
    sampler.stop()
    assert sampler.take()["ended"] == f"{MOST_FAILURES} readings failed one after another"
    assert meter.readings == MOST_FAILURES


@pytest.mark.parametrize("period_s", [0.05, 0.5, 1.0])
def test_moments_keep_their_pace_and_are_uneven(period_s: float) -> None:
    """N readings take n periods, within one; neighbours lie 0.6 to 1.7 periods apart."""
    found = [moments(number, period_s) for number in range(1000)]
    steps = [after - before for before, after in pairwise(found)]
    assert all(abs(one - number * period_s) <= period_s for number, one in enumerate(found))
    assert min(steps) >= 0.6 * period_s
    assert max(steps) <= 1.7 * period_s
    assert max(steps) - min(steps) > 0.3 * period_s


def test_a_load_as_regular_as_the_readings_is_met_at_every_point() -> None:
    """Of a square wave of one period, half of the readings are high; even moments would all be high or all low."""
    high = [math.floor(2 * moments(number, 0.05) / 0.05) % 2 for number in range(400)]
    assert 0.35 < sum(high) / len(high) < 0.65
