"""What a row may hold of a prompt's speed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import whole_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.codec import NotARow, row_of, to_record
from configspec.records.prefill import NOT_RECORDED, Prefill
from configspec.theory.figures import Estimate
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

FAST = Estimate(value=84.0, low=84.0, high=84.0, confidence=0.97, n=6)
PREFILL = Prefill(tokens_per_s=FAST, tokens=126, samples_s=(1.5,) * 6)


@given(st.integers(1, 10**6), st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=9))
def test_the_speed_is_the_tokens_over_the_median_time(tokens, samples_s):
    """Whatever was timed, what is made of it can be kept."""
    speed = tokens_per_s(tokens, median_estimate(samples_s))
    assert Prefill(tokens_per_s=speed, tokens=tokens, samples_s=tuple(samples_s)).tokens == tokens


def test_a_row_keeps_it_and_its_configuration_has_the_speed():
    """Through the file's form, and into what objectives are computed from."""
    row = whole_row(4)
    row = row_of(to_record(replace(row, drafting=replace(row.drafting, prefill=PREFILL, prefill_reason=None))))
    assert row.drafting.prefill == PREFILL
    found = row.configuration
    assert (found.prompt_tokens_per_s, found.prompt_tokens, found.prompt_reason) == (FAST, 126, None)


def test_a_row_of_before_says_why_it_has_none():
    """Files of earlier versions lack the key."""
    record = to_record(whole_row(4))
    drafting = record["drafting"]
    assert isinstance(drafting, dict)
    del drafting["prefill"], drafting["prefill_reason"]
    found = row_of(record).configuration
    assert (found.prompt_tokens_per_s, found.prompt_reason) == (None, NOT_RECORDED)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"tokens": 0}, "tokens"),
        ({"tokens": None}, "does not say how long"),
        ({"tokens": 63}, "tokens and samples make 42"),
        ({"samples_s": [0.0] * 6}, "samples_s"),
        ({"samples_s": ["x"]}, "samples_s"),
    ],
)
def test_what_cannot_be_is_no_row(damage, told):
    """With the key in the message."""
    row = whole_row(4)
    record = to_record(replace(row, drafting=replace(row.drafting, prefill=PREFILL)))
    drafting = record["drafting"]
    assert isinstance(drafting, dict)
    drafting["prefill"] |= damage
    with pytest.raises(NotARow, match=told):
        row_of(record)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0, 1e17])
def test_a_speed_that_none_can_have_is_refused(value):
    """Not a number, none, below none, and beyond all."""
    with pytest.raises(ValueError, match="tokens_per_s cannot be"):
        Prefill(tokens_per_s=replace(FAST, value=value, low=value, high=value))
