"""The end of a run on one screen: what to run is there however small it is, and what is left out is counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from example_rows import measured_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.reporting.report.to_run import ToRun
from configspec.reporting.run_document import RunReport, run_report
from configspec.reporting.short_run import ShortRun, broken, fitted_lines, rows_of, within
from configspec.reporting.terminal import Line

REPORT = run_report([measured_row(k) for k in (2, 3, 4)], 5)
SHOWN = "pytest -v, or configspec rank r.json"
LINES = st.lists(st.text("ab ", min_size=1, max_size=200).map(Line), max_size=30)


def boards(count: int, *losses: str) -> RunReport:
    (one,) = REPORT.to_run
    found = [replace(one, device=f"board-{n:02}", worth=("goodput", float(n)), losses=losses) for n in range(count)]
    return RunReport(to_run=tuple(found), behind=REPORT.behind)


def text_of(report: RunReport, room: int, columns: int = 80) -> list[str]:
    return [line.text for line in ShortRun(report, columns, SHOWN).lines(room)]


def test_all_is_said_where_there_is_room():
    """Each objective; then what is assumed, and each other section with its lines."""
    text = text_of(REPORT, 40)
    assert text[0] == "board, pair"
    assert [line.strip() for line in text[1:4]] == list(REPORT.to_run[0].lines)
    assert any(line.startswith("assumed: verification") for line in text)
    assert text[-1].startswith("left out (lines): ")
    for section in REPORT.behind.sections:
        assert re.search(rf"{section.heading} \([1-9]", text[-1])
    assert text[-1].endswith(SHOWN)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("room", [17, 20, 36])
@pytest.mark.parametrize("count", [1, 2, 5, 50, 1000])
def test_any_number_of_boards_fits_a_screen(count: int, room: int, columns: int):
    """And each that is left out is counted."""
    report = boards(count)
    lines = ShortRun(report, columns, SHOWN).lines(room)
    assert rows_of(lines, columns) <= room
    text = "\n".join(line.text for line in lines)
    named = len(set(re.findall(r"board-\d+", text)))
    assert named >= 1
    left = re.search(r"([\d,]+) more devices and families", text)
    assert named + (int(left[1].replace(",", "")) if left else 0) == count


def test_of_many_boards_the_best_come_first():
    """By their first objective; each has a line."""
    text = text_of(boards(50), 20)
    assert text[0].startswith("board-49, pair: goodput: run ")
    assert text[1].startswith("board-48, pair: goodput: run ")


def test_a_board_on_which_speculation_loses_says_so_in_its_line():
    """In place of what to run."""
    text = text_of(boards(50, "speculation is slower here than no speculation"), 20)
    assert text[0] == "board-49, pair: speculation is slower here than no speculation"


def test_objectives_that_are_left_out_are_counted():
    """Two boards of three lines each have a line each."""
    text = text_of(boards(2), 13)
    assert text[-1].startswith("left out (lines): what to run (4), profiles (")


def test_many_assumptions_are_counted():
    """Each stands at the head of its ranking."""
    found = tuple(replace(one, assumed=f"verification {n} s") for n, one in enumerate(boards(5).to_run))
    assert "assumed: 5 different things, at the head of each ranking" in text_of(replace(REPORT, to_run=found), 60)


def test_a_board_without_any_answer_says_why():
    """Its first line is as good as any."""
    one = ToRun(
        device="d",
        family="f",
        assumed="",
        losses=(),
        lines=("goodput: no answer: throttled",),
        worth=("", 0.0),
        not_measured=Counter(),
        advice=0,
    )
    assert text_of(replace(REPORT, to_run=(one,)), 5)[:2] == ["d, f", "  goodput: no answer: throttled"]
    assert text_of(replace(REPORT, to_run=(one, one)), 5)[0] == "d, f: goodput: no answer: throttled"


@given(LINES, st.integers(3, 40), st.integers(30, 100))
def test_what_is_cut_is_a_beginning_and_the_last_line(lines: list[Line], room: int, columns: int):
    """Never longer than the room, unless the last line alone is; what is left out is counted."""
    kept = within(lines, room, columns, "pytest -v")
    if rows_of(lines, columns) <= room:
        assert kept == lines
        return
    assert kept[-1] == lines[-1]
    count = sum(int(found[1]) for line in kept if (found := re.match(r"and (\d+) more lines: pytest -v", line.text)))
    assert count + sum("more lines" not in line.text for line in kept) == len(lines)
    assert rows_of(kept, columns) <= max(room, 2 + rows_of(lines[-1:], columns))


@given(LINES, st.integers(0, 40), st.integers(20, 100))
def test_lines_are_taken_while_they_fit(lines: list[Line], room: int, columns: int):
    """A beginning of them, as long as the room."""
    kept = fitted_lines(lines, room, columns)
    assert kept == lines[: len(kept)]
    assert rows_of(kept, columns) <= room


@given(st.text("ab -", max_size=300).map(Line), st.integers(20, 100))
def test_a_broken_line_fits_and_loses_nothing(line: Line, columns: int):
    """Its rows are no wider than the terminal."""
    rows = broken(line, columns)
    assert all(len(row.text) <= columns for row in rows) or not line.text.strip()
    assert "".join(row.text for row in rows).replace(" ", "") == line.text.replace(" ", "")
