"""How far a transfer is, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from terminal_screen import Screen

from configspec.cli.status_line import CLEAR
from configspec.cli.transfer_progress import TransferProgress

MB = 1_000_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def moves(monkeypatch) -> None:
    """The terminal is one that moves its cursor, and nobody's CI."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)


def watch(stream: io.StringIO, times_s: list[float], had_mb: int = 0) -> str:
    """One megabyte more at each of `times_s`, of 100; the clock begins at 0."""
    clock = iter([0.0, *times_s])
    progress = TransferProgress("orin draft.gguf", stream, lambda: next(clock))
    for number, _ in enumerate(times_s):
        progress((had_mb + number) * MB, 100 * MB)
    progress.end()
    return stream.getvalue()


def test_elsewhere_lines_are_sparse() -> None:
    """One each ten seconds, with bytes, rate and what remains."""
    assert watch(io.StringIO(), [float(s) for s in range(25)]).splitlines() == [
        "orin draft.gguf: 10.0 MB of 100 MB, 1.00 MB/s, 1:30 left",
        "orin draft.gguf: 20.0 MB of 100 MB, 1.00 MB/s, 1:20 left",
    ]


def test_on_a_terminal_one_line_is_written_over() -> None:
    """And is gone at the end."""
    shown = watch(Terminal(), [0.0, 0.1, 0.5])
    assert shown == f"{CLEAR}orin draft.gguf: 2.00 MB of 100 MB, 4.00 MB/s, 0:24 left{CLEAR}"


def test_what_was_there_before_is_not_counted_as_fast() -> None:
    """A push that goes on has sent nothing of its beginning."""
    (line,) = watch(io.StringIO(), [0.0, 10.0], had_mb=50).splitlines()
    assert line == "orin draft.gguf: 51.0 MB of 100 MB, 0.10 MB/s, 8:10 left"


def test_a_quick_transfer_says_nothing() -> None:
    """What was brought is told by another line."""
    assert watch(io.StringIO(), [0.0, 0.1]) == ""


def test_a_narrow_terminal_shows_the_beginning(monkeypatch) -> None:
    """A line that wraps could not be written over: at 40 columns what was there is gone all the same."""
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(40, 5)
    stream = Terminal()
    shown = watch(stream, [0.0, 0.5, 1.0])
    screen.feed(shown)
    assert screen.text == []
    first = shown.split(CLEAR)[1]
    assert first.startswith("orin draft.gguf: 1.00 MB of 100 MB")
    assert cell_len(first) == 39


def test_a_terminal_that_moves_no_cursor_gets_lines(monkeypatch) -> None:
    """As a file does: of Emacs' shell, or of a CI."""
    monkeypatch.setenv("TERM", "dumb")
    assert watch(Terminal(), [float(s) for s in range(11)]) == (
        "orin draft.gguf: 10.0 MB of 100 MB, 1.00 MB/s, 1:30 left\n"
    )
