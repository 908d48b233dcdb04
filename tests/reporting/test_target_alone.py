"""The target without a draft: what is derived, and what is said of speculation against it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import measured_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.row import Row
from configspec.records.verification import TimedPass, Verification
from configspec.reporting.alone_words import alone_lines
from configspec.reporting.profile_cells import FamilyProfile, family_profiles
from configspec.reporting.rows_to_rank import ranked_row
from configspec.reporting.target_alone import round_of, target_alone
from configspec.selection.query import Query
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving

MEASURED = Serving(verify_s=1.0, verify="measured", verify_s_by_k=((2, 1.0), (4, 1.0)))


def about(value: float) -> Estimate:
    return Estimate(value=value, low=0.9 * value, high=1.1 * value, confidence=0.95, n=11)


def timed(seconds: float, *, context: int = 128, requests: int = 1) -> TimedPass:
    return TimedPass(context_tokens=context, requests=requests, seconds=about(seconds), samples_s=(seconds,))


def passes(*each: TimedPass) -> Verification:
    return Verification(clock="here", passes=each)


def row(k: int, seconds: float | None, *, device: str = "board", serving: Serving = MEASURED) -> Row:
    """Drafting takes 0.5 s and verifying 1 s a round, half of what is drafted is accepted."""
    verification = None if seconds is None else passes(timed(seconds))
    return replace(measured_row(k, device=device, verification=verification), serving=serving)


def family(*rows: Row, query: Query = Query()) -> FamilyProfile:  # noqa: B008 (frozen)
    (found,) = family_profiles(list(map(ranked_row(), rows)), query)
    return found


def test_it_is_derived_from_the_passes_of_the_smallest_k():
    """A token a pass: 0.5 s a pass are 2 tokens a second."""
    alone = target_alone([(4, passes(timed(9.0))), (2, passes(timed(0.5))), (3, passes(timed(9.0)))])
    assert alone is not None
    assert (alone.k, alone.context_tokens) == (2, 128)
    assert alone.tokens_per_s.value == pytest.approx(2.0)
    assert alone.tokens_per_s.low == pytest.approx(2.0 / 1.1)


def test_the_pass_is_of_one_text_at_the_usual_context():
    """Where the smallest K is the largest too, its passes are also of other contexts and of several texts."""
    of_largest = passes(timed(9.0, context=64), timed(0.5), timed(9.0, requests=2), timed(9.0, context=256))
    alone = target_alone([(4, of_largest)])
    assert alone is not None
    assert (alone.pass_s.value, alone.context_tokens) == (0.5, 128)


def test_without_passes_of_one_text_nothing_is_known():
    """Nor by a clock that stood still: no division by zero."""
    assert target_alone([]) is None
    assert target_alone([(1, passes())]) is None
    assert target_alone([(1, passes(timed(1.0, requests=2)))]) is None
    assert target_alone([(1, passes(timed(0.0)))]) is None


@given(st.floats(1e-6, 1e3))
def test_gain_and_loss_a_round_agree(seconds: float):
    """Times as fast is above 1 exactly where a round takes less time than the target alone for its tokens."""
    found = family(row(2, seconds))
    assert found.alone is not None
    spent = round_of(found.cells[0].best, found.cells[0].serving)
    times = spent.times_as_fast(found.alone)
    assert times.low <= times.value <= times.high
    assert (times.value > 1) == (spent.total_s < spent.alone_s(found.alone))


def test_a_loss_is_said_in_milliseconds_a_round():
    """At K = 2 a round of 1.5 s yields 2 tokens, which the target writes alone in 0.2 s."""
    lines = list(alone_lines(family(row(2, 0.1))))
    assert lines[0].startswith("10.0 tokens/s or more (9.09 to 11.1), derived: a token a pass")
    assert lines[1] == "that assumes: a pass over 1 token takes no longer than one over 3, and no link is waited for"
    assert lines[2].startswith(
        "board: speculation is slower than the target alone, by 1,300 ms a round or more: "
        "0.13 times as fast (0.12 to 0.15) or less; xs Q8_0 K=2: 2.00 tokens in 1,500 ms, alone 200 ms or less"
    )


def test_losses_come_first_and_the_undecided_are_called_so():
    """One device loses, one gains, and one lies within the doubt of the pass; each has its line."""
    slow = replace(MEASURED, verify_s_by_k=((2, 9.0),))
    same = replace(MEASURED, verify_s_by_k=((2, 1.5),))
    rows = [row(2, 1.0, device="gains"), row(2, 1.0, device="same", serving=same)]
    lines = list(alone_lines(family(*rows, row(2, 1.0, device="loses", serving=slow))))
    assert [line.partition(" as fast")[0] for line in lines[2:]] == [
        "loses: speculation is slower than the target alone, by 7,500 ms a round or more: 0.21 times",
        "same: speculation is not shown to be faster or slower than the target alone: 1.00 times",
        "gains: speculation is faster than the target alone: 1.33 times",
    ]
    assert "1.00 times as fast (0.90 to 1.10) or less" in lines[3]


def test_an_assumed_verification_is_not_compared_with_a_pass_of_this_host():
    """It is another machine's; the pass is told all the same."""
    lines = list(alone_lines(family(row(2, 0.1, serving=Serving(verify_s=0.5)))))
    assert lines[0].startswith("10.0 tokens/s or more")
    assert lines[-1] == (
        "board: not compared: xs Q8_0 K=2 yields a token in 500 ms with the assumed verification of 0.5 s a round"
    )
    assert "not compared" in list(alone_lines(family(row(2, 0.1), query=Query(assumed=Assumed(verify_s=0.2)))))[-1]


def test_what_was_not_timed_is_not_known():
    """Then the time of a token says above which the target would lose."""
    lines = list(alone_lines(family(row(2, None, serving=Serving(verify_s=0.5)))))
    assert lines[0] == "not known: no pass of the target was timed (serving: {verify: measured} times them)"
    assert lines[1].startswith("board: faster than the target alone only if that takes longer for a token: xs Q8_0 K=2")


def test_many_devices_are_counted():
    """A line for each of the first, and how many more there are."""
    lines = list(alone_lines(family(*(row(2, 0.1, device=f"board-{number}") for number in range(20)))))
    assert len(lines) == 2 + 12 + 1
    assert lines[-1] == "and 8 more devices"
