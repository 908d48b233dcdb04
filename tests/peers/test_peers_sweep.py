"""Which prompts are decoded for real."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sweep import evenly


def test_prompts_are_taken_evenly() -> None:
    """4 of 24 are every sixth; asking for more than there are gives all."""
    assert evenly(24, 4) == [0, 6, 12, 18]
    assert evenly(24, None) == evenly(24, 99) == list(range(24))


@given(st.integers(1, 200), st.integers(1, 200))
def test_no_prompt_is_taken_twice(total: int, count: int) -> None:
    """Whatever is asked of however many."""
    assert sorted(set(evenly(total, count))) == evenly(total, count)
    assert len(evenly(total, count)) == min(total, count)
