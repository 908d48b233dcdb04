"""Doubt about a figure is worded where the figure is made, and travels with it."""

from __future__ import annotations

import pytest

from configspec.devices.device import TimedRounds
from configspec.errors import TestbedError
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.drafting_speed import DraftingTimes
from configspec.records.facts import ModelFacts
from configspec.testbed.specs import SweepSpec
from configspec.theory.decoding import Decoding

MODEL = ModelFacts(
    architecture="llama",
    description="made up",
    parameters=1,
    weights_bytes=1,
    file_bytes=1,
    file_sha256="00",
    vocabulary=1,
    vocabulary_sha256="00",
    trained_context=1,
    context=1,
    batch=1,
    threads=1,
    gpu_layers=0,
    load_s=0.0,
    metadata={},
)


def timing(durations_s: list[float], differ: int = 0) -> DraftingTimes:
    rounds = TimedRounds(
        k=1,
        depth=8,
        warmup=0,
        tokens=(1,),
        rounds_that_differ=differ,
        stamps_s=tuple((10.0, 10.0 + duration_s) for duration_s in durations_s),
    )
    return DraftingTimes(model=MODEL, rounds={1: rounds}, separate=False, where="orin, xs.gguf")


def test_enough_equal_rounds_raise_no_doubt():
    """Ten equal rounds of ten asked for."""
    assert timing([0.5] * 10).flags(1, SweepSpec(rounds=10)) == ()


@pytest.mark.parametrize(
    ("durations_s", "differ", "words"),
    [
        ([0.5] * 4, 0, ["4 samples", "4 of 10 rounds"]),
        ([0.5] * 7 + [5.0] * 3, 0, ["disturbed"]),
        ([0.5] * 10, 2, ["not deterministic"]),
    ],
)
def test_each_doubt_about_the_rounds_is_worded(durations_s, differ, words):
    """Too few, disturbed, not deterministic."""
    text = "; ".join(timing(durations_s, differ).flags(1, SweepSpec(rounds=10)))
    assert all(word in text for word in words)


def scores(prompts: int) -> AcceptanceTrace:
    of_each = {"accept": ((1.0,),) * prompts, "gaps": ((1.0,),) * prompts, "argmax": ((7,),) * prompts}
    return AcceptanceTrace(**of_each, prompts_sha256="00", decoding=Decoding())  # type: ignore[arg-type]


def test_few_prompts_are_worded():
    """One prompt has no interval but 0..1, and the reader is told; a whole set is not remarked on."""
    assert "1 prompt" in scores(1).flags()[0]
    assert scores(24).flags() == ()


def test_a_clock_that_stands_still_names_the_device_and_the_draft():
    """A zero time is the testbed's failure, and says whose."""
    with pytest.raises(TestbedError, match=r"orin, xs\.gguf"):
        timing([0.0]).round_s(1)
