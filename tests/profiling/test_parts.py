"""The seconds of each part are its own."""

from __future__ import annotations

import pytest

from configspec.profiling.parts import Parts
from configspec.progress import Finished


class Work:
    """What takes time."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.finished: list[Finished] = []
        self.waited_s = 5.0
        self.parts = Parts(lambda: self.now_s, self.finished.append, lambda: self.waited_s)

    def seconds(self) -> dict[str, float | None]:
        """By the part's name."""
        return {one.name: one.seconds for one in self.finished}


def test_what_the_host_does_first_is_no_part_of_a_cells_time():
    """A text of an hour within a draft of a minute, within a cell of ten seconds."""
    work = Work()
    with work.parts.timed("cell", "c", "a"):
        work.now_s += 4.0
        with work.parts.timed("draft", "d", None):
            work.now_s += 50.0
            with work.parts.timed("text", "t", None):
                work.now_s += 3600.0
            work.now_s += 10.0
        work.now_s += 6.0
    with work.parts.timed("cell", "next", "a"):
        work.now_s += 7.0
    assert work.seconds() == {"t": 3600.0, "d": 60.0, "c": 10.0, "next": 7.0}


def test_waiting_for_a_board_is_no_part_of_a_cells_time():
    """Eight minutes until another run let it go; it is waited for once."""
    work = Work()
    with work.parts.timed("cell", "c", "a"):
        work.now_s += 487.0
        work.waited_s += 480.0
    assert work.seconds() == {"c": 7.0}


def test_what_fails_is_over_and_says_nothing_of_time():
    """The error passes."""
    work = Work()
    with pytest.raises(ZeroDivisionError), work.parts.timed("cell", "c", "a"):
        work.now_s /= 0
    assert work.seconds() == {"c": None}
