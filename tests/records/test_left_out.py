"""What is left out is named, counted and bounded, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.errors import RecordError
from configspec.records.left_out import NAMED, SHOWN, LeftOutList

FILE = Path("r.json")


def test_the_first_are_named_and_all_are_counted():
    """However many there are."""
    left_out = LeftOutList()
    for number in range(NAMED + 5):
        left_out.add(FILE, f"row {number}", "it is bad")
    lines = list(left_out.lines())
    assert lines[0] == "r.json: row 0: it is bad"
    assert len(lines) == SHOWN + 1
    assert lines[-1] == f"and {NAMED + 5 - SHOWN} more"
    found = left_out.as_json()
    assert found["count"] == NAMED + 5
    assert isinstance(found["named"], list)
    assert len(found["named"]) == NAMED


def test_each_is_one_line():
    """A name cannot forge another, nor fill a screen."""
    left_out = LeftOutList()
    left_out.add(FILE, "a\nforged\x1b[31m" + "x" * 1000, "b\r" + "y" * 1000)
    (line,) = left_out.lines()
    assert line.isprintable()
    assert len(line) < 500


def test_a_list_that_refuses_makes_an_error_of_the_first():
    """With what would do."""
    with pytest.raises(RecordError, match=r"^r.json: row: it is bad\. Do something\.$"):
        LeftOutList(refuse="Do something.").add(FILE, "row", "it is bad")


def test_a_cleared_list_is_empty():
    """Where a file is read again from its beginning."""
    left_out = LeftOutList()
    left_out.add(FILE, "row", "it is bad")
    left_out.others = 3
    left_out.clear()
    assert (left_out.count, left_out.others, list(left_out.lines())) == (0, 0, [])
