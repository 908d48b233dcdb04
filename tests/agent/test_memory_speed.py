"""The memory's reading speed: how much is taken for it, and that it is of the passes that were made."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.board.memory_speed import ALL_BYTES, ARRAY_BYTES, LEAST_BYTES, SHARE, array_bytes, memory_speed
from configspec.agent.protocol import AgentError, Deadline

MIB = 1 << 20


@given(st.integers(1, 512), st.none() | st.integers(0, 1 << 40))
def test_no_more_than_an_eighth_of_the_free_memory_is_taken(threads, available):
    """Whole MiB a thread, or nothing: a board without room for it is not read."""
    each = array_bytes(threads, available)
    assert each % MIB == 0
    assert each == 0 or LEAST_BYTES <= each <= ARRAY_BYTES
    assert threads * each <= (ALL_BYTES if available is None else available // SHARE)


def test_the_speed_is_that_of_the_best_pass_over_all_arrays():
    """No pass is faster than it, and together they took no longer than was waited."""
    deadline = Deadline()
    deadline.at_s = time.monotonic() + 60
    began_s = time.monotonic()
    found = memory_speed(np, 2, 1e-6, 128 * MIB, deadline)
    waited_s = time.monotonic() - began_s
    assert (found["threads"], found["bytes"], found["passes"]) == (2, 16 * MIB, 1)
    speed, elapsed_s = found["bytes_per_s"], found["elapsed_s"]
    assert isinstance(speed, float)
    assert isinstance(elapsed_s, float)
    assert 16 * MIB / speed <= elapsed_s <= waited_s


def test_a_full_board_is_not_read():
    """It is told, as a usage error, and nothing is lost by it."""
    with pytest.raises(AgentError, match="too little memory"):
        memory_speed(np, 4, 0.1, 8 * MIB, Deadline())
