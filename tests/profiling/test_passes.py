"""In which order cells are visited, and how often; and what their visits say together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visits import MODEL, visit

from configspec.devices.replies.board import ProcessorCounts
from configspec.errors import TestbedError
from configspec.profiling.drafting_speed import over_visits
from configspec.profiling.passes import complete, way_there
from configspec.profiling.visit import Timing, Visit, load_between
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.flags import flag
from configspec.theory.slowness import ProcessorLoad

QUIET, SLOW = (0.010, 0.0101, 0.0102) * 4, (0.016, 0.0161, 0.0162) * 4
TIMING = Timing(context=(1, 2), ks=(1,), sweep=SweepSpec(rounds=12), separate=False)


@given(st.integers(1, 6), st.integers(1, 5))
def test_each_pass_goes_the_other_way_so_that_no_model_is_loaded_twice_in_a_row(cells, passes):
    """Every cell once a pass; where a pass ends, the next begins; the last pass begins with the first cell."""
    there = list(way_there(range(cells), passes))
    assert sorted(there) == [(number, cell) for number in range(1, passes) for cell in range(cells)]
    visited = [*there, *((passes, cell) for cell in range(cells))]
    turns = [(one[1], other[1]) for one, other in pairwise(visited) if one[0] != other[0]]
    assert len(turns) == passes - 1
    assert all(last == first for last, first in turns)


@pytest.mark.parametrize(
    ("timed", "expected"),
    [
        ([QUIET, QUIET, SLOW], [QUIET, QUIET]),
        ([SLOW, QUIET, QUIET], [SLOW, QUIET, QUIET]),
        ([QUIET, SLOW, SLOW], [QUIET, SLOW, SLOW]),
    ],
)
def test_a_cell_whose_passes_disagree_is_timed_once_more(timed, expected):
    """And only once: what was found is flagged, whatever the third says."""
    waiting = [visit(rounds_s) for rounds_s in timed]
    wanted = [visit(rounds_s) for rounds_s in expected]
    assert list(complete((), 2, lambda: waiting.pop(0))) == wanted


def test_what_was_timed_before_is_not_timed_again():
    """A run that was killed between passes, or after the third."""
    before = (visit(QUIET), visit(SLOW), visit(QUIET))

    def never() -> Visit:
        raise AssertionError

    assert complete(before, 2, never) == before
    assert complete(before[:1], 2, lambda: visit(QUIET)) == (visit(QUIET), visit(QUIET))
    assert complete((), 1, lambda: visit(SLOW)) == (visit(SLOW),)


def test_the_figures_are_of_the_passes_that_agree_with_the_fastest_and_the_interval_of_all():
    """One of three was 1.6 times too slow in all its rounds: it is in the record and does not count."""
    times = over_visits(MODEL, [visit(SLOW), visit(QUIET), visit(QUIET)], TIMING, where="orin, xs.gguf")
    found = times.drafting(1)
    assert found.round_s.value == pytest.approx(0.0101)
    assert found.round_s.high == pytest.approx(0.0161)
    assert found.rounds == 24
    assert found.passes is not None
    assert [one.counted for one in found.passes] == [False, True, True]
    assert [one.round_samples_s for one in found.passes] == [pytest.approx(one) for one in (SLOW, QUIET, QUIET)]
    (told,) = times.flags(1)
    assert (told.code, told["passes"], told["counted"]) == ("passes_disagree", 3, 2)
    assert [told["fastest"], told["slowest"]] == pytest.approx([0.0101, 0.0161])


def test_the_prompts_speed_is_of_the_passes_that_count_and_its_interval_of_all():
    """Seven tokens in a tenth of a second; in the pass that was disturbed, in half a second."""
    visits = [visit(SLOW, prefills_s=[0.5] * 3), visit(QUIET, prefills_s=[0.1] * 3), visit(QUIET, prefills_s=[0.1] * 3)]
    found = over_visits(MODEL, visits, TIMING, where="orin, xs.gguf").drafting(1)
    assert found.prefill is not None
    assert found.prefill_reason is None
    assert found.prefill.tokens == 7
    assert found.prefill.samples_s == pytest.approx([0.1] * 6)
    speed = found.prefill.tokens_per_s
    assert (speed.value, speed.low, speed.high) == pytest.approx((70.0, 14.0, 70.0))
    assert speed.confidence == pytest.approx(1 - 2**-5)
    assert speed.n == 6


def test_a_visit_of_before_prompts_were_timed_leaves_the_figure_to_the_others():
    """A run of an earlier version is resumed: its visits have none."""
    of_two = [visit(QUIET), visit(SLOW, prefills_s=[0.1])]
    found = over_visits(MODEL, of_two, TIMING, where="orin, xs.gguf").drafting(1).prefill
    assert found is not None
    assert found.samples_s == pytest.approx([0.1])
    assert found.tokens_per_s.confidence == 0
    none = over_visits(MODEL, [visit(QUIET)], TIMING, where="orin, xs.gguf").drafting(1)
    assert (none.prefill, none.prefill_reason) == (None, "recorded before configspec timed prompts")


def test_a_prompt_that_took_no_time_names_the_device_and_the_draft():
    """The clock is too coarse."""
    with pytest.raises(TestbedError, match=r"orin, xs\.gguf, its prompt"):
        over_visits(MODEL, [visit(QUIET, prefills_s=[0.0])], TIMING, where="orin, xs.gguf").prefill()


def test_passes_that_agree_raise_no_doubt():
    """Their rounds are pooled."""
    times = over_visits(MODEL, [visit(QUIET), visit(QUIET)], TIMING, where="orin, xs.gguf")
    assert times.flags(1) == ()
    assert len(times.samples_s(1)) == 24


def test_passes_that_drafted_other_tokens_are_not_deterministic():
    """Each alone repeats itself."""
    times = over_visits(MODEL, [visit(QUIET), visit(QUIET, tokens=8)], TIMING, where="orin, xs.gguf")
    assert times.flags(1) == (flag("other_tokens", rounds=12),)


def test_even_slowness_of_a_pass_that_counts_is_flagged():
    """Another program had one of two processors; in a pass that does not count it does not matter."""
    busy = ProcessorLoad(window_s=2.0, processors=1, own_s=1.0, others_s=1.0, stolen_s=0.0)
    counted = over_visits(MODEL, [replace(visit(QUIET), load=busy), visit(QUIET)], TIMING, where="orin, xs.gguf")
    assert [one.code for one in counted.flags(1)] == ["processors_taken"]
    slow = [replace(visit(SLOW), load=busy), visit(QUIET), visit(QUIET)]
    not_counted = over_visits(MODEL, slow, TIMING, where="orin, xs.gguf")
    assert [one.code for one in not_counted.flags(1)] == ["passes_disagree"]


def test_where_each_k_was_timed_on_its_own_each_has_its_own_passes_that_count():
    """A pause in the rounds of one K says nothing of the others."""
    timing = replace(TIMING, ks=(1, 2), separate=True)
    visits = [
        replace(visit(QUIET), rounds={1: visit(at_1).rounds[1], 2: visit(at_2, k=2).rounds[2]})
        for at_1, at_2 in ((SLOW, QUIET), (QUIET, QUIET))
    ]
    times = over_visits(MODEL, visits, timing, where="orin, xs.gguf")
    assert (len(times.samples_s(1)), len(times.samples_s(2))) == (12, 24)
    assert [one.code for one in times.flags(1)] == ["passes_disagree"]
    assert times.flags(2) == ()


def test_who_had_the_processors_is_the_difference_of_two_counts():
    """Counters that go back, as in some containers, count as none."""
    before = ProcessorCounts(
        t_s=10.0,
        own_s=1.0,
        processors=2,
        busy_s=50.0,
        stolen_s=3.0,
        waiting_s=None,
        throttled_s=0.5,
        throttled_periods=4,
        reason="no /proc/pressure/cpu",
    )
    after = replace(before, t_s=12.0, own_s=2.5, busy_s=53.0, stolen_s=2.0, throttled_s=0.75, throttled_periods=6)
    assert load_between(before, after) == ProcessorLoad(
        window_s=2.0, processors=2, own_s=1.5, others_s=1.5, stolen_s=0.0, throttled_s=0.25, throttled_periods=2
    )
