"""Doubt about a figure is flagged where the figure is made, and travels with it."""

from __future__ import annotations

import pytest
from visits import MODEL

from configspec.devices.replies.model import TimedRounds
from configspec.errors import TestbedError
from configspec.profiling.drafting_speed import DraftingTimes
from configspec.testbed.sweep_spec import SweepSpec


def timing(durations_s: list[float], differ: int = 0) -> DraftingTimes:
    rounds = TimedRounds(
        k=1,
        depth=8,
        warmup=0,
        tokens=(1,),
        rounds_that_differ=differ,
        stamps_s=tuple((10.0, 10.0 + duration_s) for duration_s in durations_s),
    )
    sweep = SweepSpec(rounds=10)
    return DraftingTimes(model=MODEL, rounds={1: rounds}, separate=False, sweep=sweep, where="orin, xs.gguf")


def test_enough_equal_rounds_raise_no_doubt():
    """Ten equal rounds of ten asked for."""
    assert timing([0.5] * 10).flags(1) == ()


@pytest.mark.parametrize(
    ("durations_s", "differ", "codes"),
    [
        ([0.5] * 4, 0, ["few_samples", "rounds_cut"]),
        ([0.5] * 7 + [5.0] * 3, 0, ["pauses"]),
        ([0.5] * 10, 2, ["other_tokens"]),
    ],
)
def test_each_doubt_about_the_rounds_is_flagged(durations_s, differ, codes):
    """Too few, disturbed, not deterministic."""
    assert [flag.code for flag in timing(durations_s, differ).flags(1)] == codes


def test_a_clock_that_stands_still_names_the_device_and_the_draft():
    """A zero time is the testbed's failure, and says whose."""
    with pytest.raises(TestbedError, match=r"orin, xs\.gguf"):
        timing([0.0]).round_s(1)
