"""Timing a target's verification: which passes, in which order, within which bound. The target here is a clockwork."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.profiling.verification import PassShape, VerificationTimes, pass_shapes, time_verification
from configspec.targets.target import Target


class Clockwork:
    """A target whose passes take a known time by a clock that only they move."""

    context: int | None = 512

    def __init__(self, seconds_a_token: float = 0.001) -> None:
        self.now_s = 0.0
        self.passes: list[PassShape] = []
        self._seconds_a_token = seconds_a_token

    def pass_s(self, *, context: int, tokens: int, requests: int) -> float:
        self.passes.append(PassShape(tokens=tokens, context=context, requests=requests))
        took_s = self._seconds_a_token * tokens * requests
        self.now_s += took_s
        return took_s


def timed(clockwork: Clockwork, seconds: float = 1e9, repeats: int = 7) -> VerificationTimes:
    return time_verification(
        cast(Target, clockwork), (1, 2, 4), 64, seconds=seconds, repeats=repeats, now_s=lambda: clockwork.now_s
    )


def test_every_k_has_its_own_distribution():
    """K drafted tokens are verified with the one before them: K + 1 tokens a pass."""
    times = timed(Clockwork())
    for k in (1, 2, 4):
        found = times.verify_s(k)
        assert found.value == pytest.approx(0.001 * (k + 1))
        assert found.n == 7


def test_context_and_requests_are_varied_for_the_largest_k():
    """Half, twice and four times the usual context; 2, 4 and 8 texts at once."""
    passes = timed(Clockwork()).record(4).passes
    assert {(one.context_tokens, one.requests) for one in passes} == {
        *((32, 1), (64, 1), (128, 1), (256, 1)),
        *((64, 2), (64, 4), (64, 8)),
    }
    assert all(len(one.samples_s) == 7 for one in passes)


def test_the_shapes_of_pass_take_turns():
    """A pause of the machine spoils one sample of each shape, not all samples of one."""
    clockwork = Clockwork()
    timed(clockwork, repeats=3)
    shapes = pass_shapes((1, 2, 4), 64, 512)
    twice = [shape for shape in shapes for _ in range(2)]  # untimed, then timed: the shape is as in decoding
    assert clockwork.passes == [*shapes, *twice * 3]  # one turn of warming up


def test_the_bound_ends_it_after_a_whole_turn():
    """Each shape has a sample at least, and as many as every other."""
    times = timed(Clockwork(), seconds=0.0)
    assert {len(samples) for samples in times.samples_s.values()} == {1}
    assert [(flag.code, flag.part) for flag in times.flags(1)] == [("few_samples", "verification")]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 100), st.integers(50, 300))
def test_no_pass_is_longer_than_a_text_may_be(ks, context, longest):
    """Whatever is asked for, and no shape twice."""
    shapes = pass_shapes(ks, context, longest)
    assert all(one.context + one.tokens <= longest for one in shapes)
    assert len(set(shapes)) == len(shapes)
