"""A document as text and as Markdown: nothing lost, nothing that breaks a reader."""

from __future__ import annotations

import pytest
from damage import HOSTILE_TEXTS
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from configspec.printable import printable
from configspec.reporting.document import Cell, Column, Document, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.markdown import as_markdown
from configspec.reporting.terminal import as_lines, as_text, section_body
from configspec.reporting.terminal_tables import folded_table

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


def test_each_line_says_what_it_is() -> None:
    """Whoever shows colours gives headings, titles and notes theirs."""
    assert [look for text, look in as_lines(DOCUMENT) if text] == [
        *["heading"] * 3,
        "titles",
        *["plain"] * 2,
        "note",
        "plain",
        "heading",
    ]


def test_a_row_looks_like_its_state() -> None:
    """The one that failed is found among hundreds; a draft that is called like a state in part is none."""
    table = Table(
        columns=(Column(title="draft"), Column(title="state")),
        rows=(("xs", "PASS"), ("xs", "REGRESSED"), ("xs", "SUSPECT"), ("xs", "IMPROVED"), ("REGRESSED-xs", "PASS")),
    )
    lines = as_lines(Document(sections=(Section(heading="all", blocks=(table,)),)))
    assert [line.look for line in lines[2:]] == ["plain", "bad", "doubtful", "good", "plain"]


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


WITHOUT_A_MEANING = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
SIGNS = r"<img src=x onerror=alert(1)> <!-- &lt; [a](b) ![ ` `` ** __ ~~ | \ http://x.y www.x.y a@b.c @me #1 - 1. > ---"
markup = st.lists(
    st.sampled_from([*SIGNS.split(), *HOSTILE_TEXTS[:-1], "# ", "- ", "1. ", "> ", "\n", " ", "x"]), max_size=6
).map("".join)
PLAIN = {"text", "code_inline"}
STRUCTURE = {"heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td"}


def without_full_stops(texts: list[str]) -> list[str]:
    """A sentence gets one; what is empty says nothing."""
    return [text.rstrip(".") for text in texts if text.rstrip(".")]


def said(tokens: list[Token]) -> str:
    """What a reader sees of inline Markdown."""
    return "".join(token.content for token in tokens)


@given(st.lists(markup | WITHOUT_A_MEANING, min_size=5, max_size=5))
@example(["", "", "", "", "0"])  # with its full stop it would begin a list
def test_what_is_rendered_is_what_the_texts_say(texts: list[str]) -> None:
    """No markup, HTML or link: a parser of Markdown finds our headings, tables and lists, and plain text in them."""
    heading, summary, cell, note, paragraph = texts
    table = Table(columns=(Column(title="a"), Column(title="b")), rows=((cell, "end"),))
    blocks = (table, Notes(lines=(f"x {note}", note)), Paragraph(text=paragraph))
    text = as_markdown(Document(sections=(Section(heading=f"x {heading}", summary=f"X {summary}", blocks=blocks),)))
    assert all(line.isprintable() for line in text.split("\n"))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert kinds <= STRUCTURE | {"inline"}
    inner = [token.children or [] for token in tokens if token.type == "inline"]
    assert {child.type for children in inner for child in children} <= PLAIN
    shown = [said(children) for children in inner]
    expected = [
        *(f"x {printable(heading)}".strip(), f"X {printable(summary)}".strip(), "a", "b"),
        *(printable(cell, at_most=120).strip(), "end", f"x {printable(note)}".strip(), printable(note).strip()),
        printable(paragraph).strip(),
    ]
    assert without_full_stops(shown) == without_full_stops(expected)


LINKED = ["www.evil.example", "http://evil.example", "pi@rpi5", "@somebody", "see #12", "see :bomb:", "see $x$"]


@pytest.mark.parametrize("text", LINKED)
def test_what_github_would_make_a_link_of_stands_as_code(text: str) -> None:
    """There it looks for nothing."""
    found = as_markdown(Document(sections=(Section(heading="h", blocks=(Paragraph(text=f"{text} x"),)),)))
    assert f"`{text.removeprefix('see ')}` x." in found


def test_ids_names_and_figures_need_no_escape() -> None:
    """What our own reports hold is read as it stands, also by those who do not render it."""
    plain = "orin: tiny-llama-xs-Q4_K_M-K4: 5.32 tokens/s (-3%), 1.00 to 2.00; 0.5 s per round, 2-3 days"
    found = as_markdown(Document(sections=(Section(heading=plain, blocks=(Paragraph(text=plain),)),)))
    assert found == f"## {plain}\n\n{plain}.\n"


@given(st.lists(markup, min_size=4, max_size=4))
def test_text_for_a_terminal_is_printable_line_by_line(texts: list[str]) -> None:
    """As many lines as without what came from outside."""
    heading, cell, note, paragraph = texts
    table = Table(columns=(Column(title="a"),), rows=((cell,),))
    section = Section(heading=f"x{heading}", blocks=(table, Notes(lines=(note,)), Paragraph(text=f"x{paragraph}")))
    lines = as_text(Document(sections=(section,)), width=10_000).split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) <= 6


def test_a_folded_table_has_no_colours_and_no_pictures() -> None:
    """Also on a terminal that has colours: the text is printed by others."""
    table = folded_table(("device", "what"), [("orin", ":bomb: [red]x[/red] \x1b[31m")], None)
    assert r":bomb: [red]x[/red] \x1b[31m" in table
    assert table.replace("\n", "").isprintable()


def test_a_cell_is_cut_where_a_table_would_be_none() -> None:
    """A name of 100,000 letters."""
    table = Table(columns=(Column(title="a"),), rows=(("x" * 100_000,),))
    assert len(as_text(Document(sections=(Section(heading="h", blocks=(table,)),)))) < 300
