"""Seconds a token from its bytes: laws, and the boards of the paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.token_bytes import fit_tokens, tokens_left_out

SMALL, LARGE = 0.81e9, 4.92e9  # Llama-3.2-1B and 3.1-8B, Q4_K_M
sizes = st.lists(st.integers(1, 1000).map(lambda count: 1e7 * count), min_size=3, max_size=6, unique=True)


@given(sizes, st.floats(0, 0.1), st.floats(1e9, 1e12))
def test_boards_of_the_law_are_found_and_leaving_one_out_shows_no_error(of_models, overhead_s, bandwidth):
    """It is t0 + bytes / b."""
    known = [(size, overhead_s + size / bandwidth) for size in of_models]
    found = fit_tokens(known)
    for size in of_models:
        assert found.token_s(size) == pytest.approx(overhead_s + size / bandwidth, rel=1e-6)


@given(st.floats(1e9, 1e12), sizes)
def test_leaving_one_out_shows_no_error_where_reading_is_all(bandwidth, of_models):
    """t0 = 0, so two models give the third."""
    assert tokens_left_out([(size, size / bandwidth) for size in of_models]).error == pytest.approx(0, abs=1e-6)


@given(st.lists(st.tuples(st.floats(1e6, 1e11), st.floats(1e-5, 100)), min_size=1, max_size=6))
def test_no_token_takes_less_than_nothing(known):
    """Whatever was measured: neither reading nor the rest gives time back."""
    found = fit_tokens(known)
    assert found.overhead_s >= 0
    assert found.s_per_byte >= 0
    assert found.token_s(1e9) > 0


def test_the_orin_reads_142_gb_s_and_says_what_nvidia_measured():
    """From the implied 1B and 8B: 51.5, 43.9 and 24.6 tokens/s for 3B, Qwen3-4B and 8B; NVIDIA has 52.6, 42.2, 26.5."""
    found = fit_tokens([(SMALL, 1 / 92.6), (LARGE, 1 / 25.1)])
    assert found.bytes_per_s == pytest.approx(142e9, rel=0.01)
    assert found.overhead_s == pytest.approx(0.0052, abs=0.0002)
    speeds = [1 / found.token_s(size) for size in (2.02e9, 2.50e9, 5.03e9)]
    assert speeds == pytest.approx([52.6, 42.2, 26.5], rel=0.09)


def test_the_pi_4_reads_3_6_gb_s():
    """With 17 ms a token besides."""
    found = fit_tokens([(SMALL, 1 / 4.13), (LARGE, 1 / 0.721)])
    assert found.bytes_per_s == pytest.approx(3.6e9, rel=0.02)
    assert found.overhead_s == pytest.approx(0.017, abs=0.002)


def test_the_pi_5_has_no_line_so_reading_is_all():
    """8.7 (8B) to 11.7 GB/s (1B): a line would give a negative t0."""
    found = fit_tokens([(SMALL, 1 / 14.44), (LARGE, 1 / 1.775)])
    assert found.overhead_s == 0
    assert 8.7e9 < found.bytes_per_s < 11.7e9


def test_leaving_one_of_two_out_is_the_error_of_taking_the_other_s_bandwidth():
    """11.7 for 8.7 GB/s is a third."""
    found = tokens_left_out([(SMALL, 1 / 14.44), (LARGE, 1 / 1.775)])
    assert found.count == 2
    assert found.error == pytest.approx(0.339, abs=0.01)
