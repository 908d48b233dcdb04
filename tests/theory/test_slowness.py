"""Even slowness, which no spread of rounds shows: who had the processors, quotas, and the memory's speed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.slowness import (
    ProcessorLoad,
    far_below_memory,
    processors_taken,
    processors_waited_for,
    quota_reached,
)

# The small family's smallest draft, and what a slow memory gives.
WEIGHTS_BYTES, MEMORY = 700_000, 2e9
# Recorded on two shared processors: rounds of one cell, 2,000 times as long as a quiet run's, and alike.
EVENLY_SLOW_S = (0.3999, 0.4079, 0.3919, 0.4039, 0.3999, 0.4199)
USUAL_S = 0.00016
seconds = st.floats(min_value=0, max_value=1e3)


def load(**figures: Any) -> ProcessorLoad:
    return ProcessorLoad(**{"window_s": 2.0, "processors": 2, "own_s": 2.0, **figures})


def test_a_cell_that_was_slowed_2000_times_evenly_is_flagged():
    """Whichever K its rounds are of: no token of a small model takes so long."""
    for round_s in EVENLY_SLOW_S:
        for k in (1, 2, 4, 8, 16):
            found = far_below_memory(token_s=round_s / k, weights_bytes=WEIGHTS_BYTES, memory_bytes_per_s=MEMORY)
            assert found is not None
            assert found["memory"] == MEMORY


def test_a_small_model_is_not_held_against_the_memory():
    """Its graph takes longer than its weights: a seventh of the memory's speed is usual, and a hundredth would be."""
    for token_s in (USUAL_S, 100 * WEIGHTS_BYTES / MEMORY / 8):
        assert far_below_memory(token_s=token_s, weights_bytes=WEIGHTS_BYTES, memory_bytes_per_s=MEMORY) is None


def test_a_large_model_is_flagged_from_a_tenth_of_the_memorys_speed_on():
    """1 GB at 10 GB/s is a tenth of a second: half the speed is usual, an eighth is a slow quantisation, a 12th not."""
    found = [
        far_below_memory(token_s=times * 0.1, weights_bytes=10**9, memory_bytes_per_s=1e10) is not None
        for times in (1, 2, 8, 12)
    ]
    assert found == [False, False, False, True]
    assert far_below_memory(token_s=100, weights_bytes=10**9, memory_bytes_per_s=None) is None


def test_processors_that_others_had_are_flagged_where_the_threads_needed_them():
    """Of two: another program on one of them stops two threads, and not one."""
    busy = load(others_s=2.0, stolen_s=0.0)
    flagged = processors_taken([busy], threads=2)
    assert flagged is not None
    assert dict(flagged.numbers) == {"taken": 1.0, "processors": 2, "threads": 2, "window": 2.0}
    assert processors_taken([busy], threads=1) is None
    assert processors_taken([load(others_s=0.1, stolen_s=0.0)], threads=2) is None
    assert processors_taken([load()], threads=2) is None


def test_a_hypervisor_takes_as_other_programs_do():
    """Stolen time counts, and of several windows the worst."""
    flagged = processors_taken([load(others_s=0.0), load(others_s=0.0, stolen_s=1.0)], threads=2)
    assert flagged is not None
    assert flagged["taken"] == 0.5


@given(seconds, st.integers(1, 64), st.integers(1, 64))
def test_more_threads_than_processors_alone_are_no_other_program(own_s, processors, threads):
    """Nobody else had any: that flag is of others."""
    quiet = ProcessorLoad(window_s=2.0, processors=processors, own_s=own_s, others_s=0.0, stolen_s=0.0)
    assert processors_taken([quiet], threads) is None


def test_ticks_are_too_coarse_for_a_short_window():
    """In 20 ms one tick of 10 ms is half a processor."""
    assert processors_taken([load(window_s=0.02, others_s=0.01)], threads=2) is None
    assert processors_taken([load(window_s=0.0, others_s=0.0)], threads=2) is None


def test_waiting_counts_where_nobody_says_who_had_the_processors():
    """And only over seconds: the kernel sums it up every two."""
    flagged = processors_waited_for([load(window_s=10.0, waiting_s=5.0)])
    assert flagged is not None
    assert flagged["share"] == 0.5
    assert processors_waited_for([load(window_s=10.0, waiting_s=5.0, others_s=0.0)]) is None
    assert processors_waited_for([load(window_s=1.0, waiting_s=1.0)]) is None


def test_a_quota_that_stopped_the_agent_is_flagged_with_how_long():
    """The worst window; a quota that was never reached is none."""
    flagged = quota_reached([load(throttled_s=0.0, throttled_periods=0), load(throttled_s=0.4, throttled_periods=7)])
    assert flagged is not None
    assert dict(flagged.numbers) == {"periods": 7, "seconds": 0.4, "window": 2.0}
    assert quota_reached([load(throttled_s=0.0, throttled_periods=0)]) is None
    assert quota_reached([]) is None
