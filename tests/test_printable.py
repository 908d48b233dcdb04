"""Text that others wrote, shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from configspec.printable import printable, printable_line, printable_lines

any_text = st.text(st.characters(), max_size=60)


@given(any_text)
def test_what_is_shown_is_one_printable_line_that_any_terminal_can_encode(text: str):
    """No control, bidi mark, line end or lone surrogate is left, whatever the text."""
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_plain_text_stays_as_it_is(text: str):
    """Letters of every script, signs and emoji are shown as they are."""
    assert printable(text) == text


def test_escape_sequences_and_bidi_marks_are_seen_as_escapes():
    """A reader sees what stands in the name."""
    assert printable("\x1b[31mRED\x07") == r"\x1b[31mRED\x07"
    assert printable("a\u202eb\u2028c") == r"a\u202eb\u2028c"


@given(any_text, st.integers(3, 40))
def test_a_bound_holds_after_escaping(text: str, at_most: int):
    """Escapes are longer than what they stand for, and count."""
    assert len(printable(text, at_most=at_most)) <= at_most


@given(any_text)
def test_lines_stay_lines(text: str):
    """As many lines as there were, each printable."""
    lines = printable_lines(text).split("\n")
    assert len(lines) == text.count("\n") + 1
    assert all(line.isprintable() for line in lines)


@given(st.lists(st.sampled_from(["::", "##[", "#", "[", " ", ":", "error", "\n", "\u2003"])).map("".join))
def test_no_line_is_a_command_to_a_runner(text: str):
    """GitHub's takes lines that begin with `::` after white space, and `##[` anywhere."""
    for line in printable_lines(text).split("\n"):
        assert not line.strip().startswith("::")
        assert "##[" not in line


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_all_other_lines_stay_as_they_are(text: str):
    """Ids with colons in them included."""
    line = f"dev:orin:{text}".replace("##[", "")
    assert printable_line(line) == line
