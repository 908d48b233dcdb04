"""The line of a terminal about work that goes on: it fits, whatever is told."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from configspec.reporting.live_text import AtWork, drawn, fitted, is_live

WORK = AtWork(began_s=0.0, done=3, cells=12, ends_s=240.0, doing="rpi5: qwen3-32b 0.6b Q4_K_M K=4")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_says_what_is_done_what_is_left_and_what_is_measured():
    """In this order: the end is cut where there is no room."""
    assert WORK.line(0.0) == "3/12 cells, about 4 min left, rpi5: qwen3-32b 0.6b Q4_K_M K=4"
    assert drawn(WORK, 0.0, 80, coloured=False) == WORK.line(0.0)
    assert drawn(WORK, 0.0, 40, coloured=False) == "3/12 cells, about 4 min left, rpi5: qw…"


def test_the_time_that_is_left_passes():
    """It is told anew without anything having been finished; never less than none."""
    assert WORK.line(200.0).startswith("3/12 cells, about 40 s left")
    assert WORK.line(1000.0).startswith("3/12 cells, under 10 s left")


def test_where_nobody_can_say_what_is_left_the_time_so_far_is_told():
    """And no counts before the tests are known."""
    assert AtWork(began_s=10.0, doing="rpi5").line(135.0) == "2:05, rpi5"


@given(st.text(), st.integers(20, 200), st.integers(0, 12))
def test_it_never_wraps(doing: str, columns: int, done: int):
    """Letters that take two columns, and signs that move a cursor, are no exception."""
    work = AtWork(began_s=0.0, done=done, cells=12, doing=doing)
    line = drawn(work, 5.0, columns, coloured=False)
    assert cell_len(line) < columns
    assert line.isprintable()


def test_a_wide_terminal_has_a_bar():
    """A tenth of it for each tenth of the cells."""
    assert drawn(WORK, 0.0, 120, coloured=False) == f"[##........] {WORK.line(0.0)}"
    assert "\x1b[36m##" in drawn(WORK, 0.0, 120, coloured=True)


def test_a_line_that_fits_is_left_alone():
    """The last column stays free."""
    assert fitted("abc", 4) == "abc"
    assert fitted("abcd", 4) == "ab…"


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}, {"TERM": ""}, {"TERM": "xterm", "CI": "true"}])
def test_nothing_is_rewritten_in_a_log(environment: dict[str, str]):
    """Of a terminal that moves no cursor, of a CI, of a pipe."""
    assert not is_live(Terminal(), environment)
    assert not is_live(io.StringIO(), {"TERM": "xterm"})


def test_without_colours_a_terminal_still_rewrites():
    """NO_COLOR says nothing about movement."""
    assert is_live(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})
