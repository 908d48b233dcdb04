"""A document as text and as Markdown: nothing lost, nothing that breaks a reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.reporting.document import Cell, Column, Document, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.markdown import as_markdown
from configspec.reporting.terminal import as_text, section_body

TABLE = Table(
    columns=(Column(title="draft"), Column(title="K", kind="count"), Column(title="value", kind="figure")),
    rows=(("xs", 2, 1234567.0), ("a|b<c", 10, 0.5)),
)
INNER = Section(heading="goodput", blocks=(TABLE, Notes(lines=("note on 1: disturbed",))))
OUTER = Section(heading="orin, llama", summary="0.5 s per round", blocks=(INNER, Paragraph(text="picking xs costs 2x")))
DOCUMENT = Document(sections=(Section(heading="rankings", blocks=(OUTER,)), Section(heading="last")))


def test_the_text_of_a_document() -> None:
    """Sections stand apart; a table belongs to its heading, and notes to what they are about."""
    assert as_text(DOCUMENT).splitlines() == [
        "rankings",
        "",
        "orin, llama: 0.5 s per round",
        "",
        "goodput",
        "draft   K      value",
        "xs      2  1,235,000",
        "a|b<c  10      0.500",
        "  note on 1: disturbed",
        "",
        "picking xs costs 2x",
        "",
        "last",
    ]


def test_the_markdown_of_a_document() -> None:
    """A heading level for each depth; numbers to the right; what would break a table is escaped."""
    assert as_markdown(DOCUMENT).splitlines() == [
        "## rankings",
        "",
        "### orin, llama",
        "",
        "0.5 s per round.",
        "",
        "#### goodput",
        "",
        "| draft | K | value |",
        "| --- | ---: | ---: |",
        "| xs | 2 | 1,235,000 |",
        "| a\\|b&lt;c | 10 | 0.500 |",
        "",
        "- note on 1: disturbed",
        "",
        "picking xs costs 2x.",
        "",
        "## last",
    ]


def test_the_body_of_a_section_has_no_heading() -> None:
    """For those that write the headings themselves, as pytest's summary does."""
    assert section_body(INNER) == "\n".join(as_text(Document(sections=(INNER,))).splitlines()[1:]) + "\n"


def test_nothing_is_written_of_nothing() -> None:
    """Not even a line break."""
    empty = Document(sections=())
    assert as_text(empty) == as_markdown(empty) == section_body(Section(heading="nothing")) == ""


def test_a_line_is_never_broken_but_a_table_fits_its_width() -> None:
    """The terminal breaks lines; a script finds them whole."""
    long = "word " * 60
    text = as_text(Document(sections=(Section(heading="h", blocks=(Paragraph(text=long), TABLE)),)), width=16)
    assert long.strip() in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("word")) <= 16


cells: st.SearchStrategy[Cell] = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8),
    st.integers(0, 9999),
    st.builds(Interval, low=st.floats(0, 1), high=st.floats(1, 2)),
)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_every_row_of_a_markdown_table_has_as_many_cells_as_columns(rows: list[tuple[Cell, Cell]]) -> None:
    """Whatever a name holds: devices and drafts may carry any letter that an inventory allows."""
    columns = (Column(title="a", kind="interval"), Column(title="b", kind="count"))
    table = Table(columns=columns, rows=tuple(rows))
    text = as_markdown(Document(sections=(Section(heading="h", blocks=(table,)),)))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(rows)
    assert all(line.count("|") - line.count("\\|") == 3 for line in lines)


def test_a_row_that_does_not_fit_its_columns_is_our_own_mistake() -> None:
    """It would be drawn under the wrong heading."""
    with pytest.raises(ValueError, match="2 cells"):
        Table(columns=(Column(title="a"), Column(title="b")), rows=(("x",),))
