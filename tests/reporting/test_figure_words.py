"""How numbers are written."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.reporting import figure_words
from configspec.reporting.document import Interval, Kind
from configspec.reporting.figure_words import figure, shown


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_a_figure_has_three_digits_and_no_exponent(value: float) -> None:
    """Whatever its size, and it stays within half a unit of the third digit."""
    text = figure(value)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (12, "count", "12"),
        (1234.5, "figure", "1,234"),
        (2.5, "ratio", "2.50"),
        (0.2, "share", "20%"),
        (0.1, "error", "+10.0%"),
        (Interval(low=0.0123, high=1999.0), "interval", "0.0123 to 1,999"),
        ("xs", "text", "xs"),
    ],
)
def test_each_kind_of_cell_is_shown_in_its_own_way(cell: str | float | Interval, kind: Kind, text: str) -> None:
    """By its column's kind."""
    assert shown(cell, kind) == text


def test_the_examples_in_the_docstrings_hold() -> None:
    """They are shown to readers."""
    assert doctest.testmod(figure_words).failed == 0
