"""Sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.testbed.written_sizes import size_bytes


@pytest.mark.parametrize(
    ("written", "bytes_"),
    [(7, 7), ("7 B", 7), ("2 KB", 2000), ("1.5MB", 1_500_000), ("2 GiB", 2**31), ("1 TiB", 2**40)],
)
def test_units_are_powers_of_ten_and_with_an_i_of_two(written: int | str, bytes_: int):
    """As IEC 80000-13 has them."""
    assert size_bytes(written) == bytes_


@given(st.integers(min_value=1, max_value=10**6), st.sampled_from(["B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB"]))
def test_a_size_grows_with_its_number_and_is_never_nothing(number: int, unit: str):
    """A demand of 0 bytes would demand nothing."""
    assert 0 < size_bytes(f"{number} {unit}") < size_bytes(f"{number + 1}{unit}")


@given(st.none() | st.booleans() | st.floats() | st.integers(max_value=0) | st.from_regex(r"\A[0-9]+ ?[kKgM]?i?b?\Z"))
def test_anything_else_is_refused_in_words(value: object):
    """The text continues the key's name."""
    with pytest.raises(ValueError, match=r"(?s)^is .*\. Write bytes, or"):
        size_bytes(value)
