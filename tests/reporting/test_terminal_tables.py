"""Tables that fit are drawn without rich, and as rich draws them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from configspec.reporting.terminal_tables import fitting_table, folding_table

LETTERS = st.characters(min_codepoint=32, max_codepoint=126)
CELLS = (
    st.text(LETTERS, max_size=12) | st.text(max_size=8) | st.sampled_from(["", "[red]", ":smile:", "a\tb", "é", "漢"])
)


@st.composite
def tables(draw):
    """Titles, rows and alignments of as many columns, and a width."""
    columns = draw(st.integers(1, 4))
    line = st.lists(CELLS, min_size=columns, max_size=columns)
    return (
        draw(line),
        draw(st.lists(line, max_size=4)),
        draw(st.lists(st.booleans(), min_size=columns, max_size=columns)),
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")]


@given(tables(), st.integers(1, 80))
@example((["a", "b"], [["1", ""]], [False, True]), 4)
@example((["a", "b"], [["", ""]], [True, True]), 5)
def test_a_table_that_fits_is_as_rich_draws_it(table, width):
    """Whatever is in it, also markup, which is text; what could be drawn otherwise is left to rich."""
    titles, rows, right = table
    found = fitting_table(titles, rows, right, width)
    if found is not None:
        assert _lines(found.rstrip()) == _lines(folding_table(titles, rows, right, width).rstrip())


def test_an_ordinary_table_needs_no_rich():
    """It has a third of the time of a short command."""
    assert fitting_table(["name", "value"], [["a", "1.5"], ["bc", "10.25"]], [False, True], 120) == (
        "name  value\na       1.5\nbc    10.25"
    )


def test_what_does_not_fit_and_what_is_wide_is_left_to_rich():
    """A cell then continues below, and a wide sign counts twice."""
    assert fitting_table(["name"], [["x" * 9]], [False], 8) is None
    assert fitting_table(["name"], [["漢"]], [False], 80) is None
