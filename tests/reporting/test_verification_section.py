"""The times of verification as a person reads them."""

from __future__ import annotations

from example_rows import measured_row

from configspec.records.row import Row
from configspec.records.verification import TimedPass, Verification
from configspec.reporting.terminal import section_body
from configspec.reporting.verification_section import verification_section
from configspec.theory.figures import Estimate


def one_pass(context: int, requests: int, seconds: float) -> TimedPass:
    figure = Estimate(value=seconds, low=seconds, high=seconds, confidence=0.95, n=15)
    return TimedPass(context_tokens=context, requests=requests, seconds=figure, samples_s=())


def row(k: int, *passes: TimedPass) -> Row:
    return measured_row(k, verification=Verification(clock="here", passes=passes))


ROWS = [
    row(4, one_pass(64, 1, 0.004), one_pass(128, 1, 0.005), one_pass(128, 8, 0.02)),
    row(1, one_pass(128, 1, 0.003)),
]


def test_times_are_told_by_k_by_context_and_by_texts_at_once() -> None:
    """The usual context is the one at which every K was timed; the largest K varies the rest."""
    section = verification_section(ROWS)
    assert section is not None
    assert section.heading == "verification"
    assert section_body(section).splitlines() == [
        "pair: seconds of the target's pass over K + 1 tokens, on this host (median of 15)",
        "  after 128 tokens: K=1 0.003 s, K=4 0.005 s",
        "  K=4 after 64 tokens 0.004 s, 128 tokens 0.005 s",
        "  K=4 for 1 text 0.005 s, 8 texts 0.02 s at once",
    ]


def test_nothing_is_said_where_nothing_was_timed() -> None:
    """A declared time is not repeated as if it had been measured."""
    assert verification_section([measured_row(4)]) is None
