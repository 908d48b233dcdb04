"""Rows that contradict each other are told, of two files or of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from example_rows import BOARD, DRAFT, whole_row

from configspec.records.known_setups import KnownSetups, PartsOfRows

FILE, OTHER = Path("r.json"), Path("s.json")
PARTS = PartsOfRows()
NANO = PARTS.of(whole_row(2, board=replace(BOARD, board="Nano")))


def test_two_boards_under_one_name_in_one_file_are_told_by_their_rows():
    """The file is named once."""
    known = KnownSetups()
    assert known.contradiction(PARTS.of(whole_row(1)), FILE, "a") is None
    assert known.contradiction(NANO, FILE, "b") == (
        "r.json: b and a mean different things by device orin: device.board is Nano in the first, "
        "NVIDIA Jetson Orin Nano in the second."
    )


def test_of_two_files_the_files_are_named():
    """As a merge says it."""
    known = KnownSetups()
    known.contradiction(PARTS.of(whole_row(1)), OTHER, "a")
    told = known.contradiction(NANO, FILE, "b")
    assert told is not None
    assert told.startswith("r.json and s.json mean different things by device orin: ")


def test_rows_of_one_testbed_contradict_nothing():
    """Other K, other drafts, other load."""
    known = KnownSetups()
    rows = [
        *(whole_row(k) for k in (1, 2, 3)),
        whole_row(4, board=replace(BOARD, load_1min=7.0)),
        replace(whole_row(5, draft=replace(DRAFT, file_sha256="dd" * 32)), draft="s"),
    ]
    assert [known.contradiction(PARTS.of(row), FILE, str(row.k)) for row in rows] == [None] * 5


def test_a_contradiction_is_told_again_and_the_first_row_stays_right():
    """A row that was refused does not become what is known."""
    known = KnownSetups()
    known.contradiction(PARTS.of(whole_row(1)), FILE, "a")
    first, second = (known.contradiction(NANO, FILE, "b") for _ in range(2))
    assert first == second is not None
    assert known.contradiction(PARTS.of(whole_row(3)), FILE, "c") is None


def test_rows_of_one_cell_hold_their_parts_once():
    """So that fifty thousand of them take no memory for it."""
    parts = PartsOfRows()
    first, second = (parts.of(whole_row(k)) for k in (1, 2))
    assert first is second
    assert parts.of(whole_row(3, draft=replace(DRAFT, file_sha256="dd" * 32))) is not first
