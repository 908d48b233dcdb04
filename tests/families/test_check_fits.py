"""Whether a model fits into a memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from configspec.families.memory import check_fits

sizes = st.integers(0, 10**15)


@given(sizes, sizes)
def test_only_what_is_larger_is_refused(needed_bytes: int, memory_bytes: int) -> None:
    """To the byte."""
    assert (check_fits("m", needed_bytes, memory_bytes) is None) == (needed_bytes <= memory_bytes)


@given(sizes)
def test_a_memory_that_is_not_known_refuses_nothing(needed_bytes: int) -> None:
    """Not knowing is no reason."""
    assert check_fits("m", needed_bytes, None) is None


def test_both_figures_are_told() -> None:
    """And that the context comes on top."""
    told = check_fits("llama/", 282_000_000_000, 64_000_000_000, machine="orin")
    assert told is not None
    assert told.startswith(
        "llama/ needs 282 GB for its weights alone, and the cache for its context on top; orin has 64.0 GB"
    )
