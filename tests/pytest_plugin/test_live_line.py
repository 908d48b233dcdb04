"""A line below pytest's output: on a terminal in memory it is there when drawn, and has never been there afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from terminal_screen import Screen

from configspec.pytest_plugin.live_line import LiveLine

LIVE = "7/12 cells"
# What pytest writes: dots, names and whole lines, also longer than the terminal is wide.
PIECES = st.lists(
    st.one_of(
        st.sampled_from([".", "\n", "\x1b[32m.\x1b[0m", " [ 97%]\n", "t.py::test[dev:a:-b-K4] ", "PASSED\n", "終わり"]),
        st.text("ab ", min_size=1, max_size=50),
    ),
    max_size=40,
)


@dataclass
class Pytest:
    """Writes to a terminal, and knows how much of its line is written, without colours and in columns."""

    screen: Screen
    written: int = 0
    line: LiveLine = field(init=False)

    def __post_init__(self) -> None:
        size = self.screen.columns, self.screen.lines
        self.line = LiveLine(self.screen.feed, lambda: size, lambda: self.written, lambda columns: LIVE[: columns - 1])

    def write(self, piece: str) -> None:
        beside = Screen(100_000, 2)
        beside.column = 0 if "\n" in piece else self.written
        beside.feed(piece.rpartition("\n")[2])
        self.written = beside.column
        self.screen.feed(piece)


@given(PIECES, st.integers(11, 40), st.integers(2, 6))
def test_what_pytest_writes_looks_as_if_the_line_had_never_been_there(pieces: list[str], columns: int, lines: int):
    """However long its lines are, wherever they end, and though the terminal scrolls."""
    plain, lived = Screen(columns, lines), Pytest(Screen(columns, lines))
    for piece in pieces:
        plain.feed(piece.replace("\n", "\r\n"))
        lived.line.hide()
        lived.write(piece.replace("\n", "\r\n"))
        lived.line.show()
        lived.line.draw()
    lived.line.hide()
    assert lived.screen.text == plain.text
    assert lived.screen.row == plain.row


@given(PIECES, st.integers(11, 40), st.integers(2, 6))
def test_the_line_is_the_last_one_while_it_is_shown(pieces: list[str], columns: int, lines: int):
    """Right below what pytest has written, but where that ends at the terminal's edge."""
    lived = Pytest(Screen(columns, lines))
    for piece in pieces:
        lived.line.before(lambda piece=piece: lived.write(piece.replace("\n", "\r\n")))  # type: ignore[misc]
        lived.line.show()
        if not lived.written or lived.written % columns:
            assert lived.screen.text[-1] == LIVE[: columns - 1]
            assert len(lived.screen.text) == lived.screen.row + 2


def test_it_is_not_drawn_while_somebody_else_writes():
    """A thread that wants to draws nothing until it may be seen again."""
    screen = Screen()
    line = Pytest(screen).line
    line.draw()
    line.show()
    line.hide()
    line.draw()
    assert screen.text == []
    line.show()
    assert screen.text == ["", LIVE]


def test_a_workers_own_line_stays_whole():
    """It is written past the controller, which draws its line again below whatever is there."""
    screen = Screen(80, 6)
    lived = Pytest(screen)
    lived.write("..")
    lived.line.show()
    screen.feed("\n\x1b[Jconfigspec: rpi5: busy\n".replace("\n", "\r\n"))
    lived.line.draw()
    lived.line.hide()
    assert screen.text == ["..", "configspec: rpi5: busy"]


def test_a_terminal_of_one_line_has_none():
    """There is nowhere to write it."""
    screen = Screen(80, 1)
    Pytest(screen).line.show()
    assert screen.text == []
