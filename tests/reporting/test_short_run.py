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
SHOWN = "the same pytest command with -v --resume last; most of it: configspec rank r.json"
LINES = st.lists(st.text("ab ", min_size=1, max_size=200).map(Line), max_size=30)


def boards(count: int, *losses: str) -> RunReport:
    (one,) = REPORT.to_run
    one = replace(one, losses=losses, first=(*losses, *one.lines)[0])
    found = [replace(one, device=f"board-{n:02}", worth=("goodput", float(n))) for n in range(count)]
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
    left = re.search(r"([\d,]+) more devices? with", text)
    assert named + (int(left[1].replace(",", "")) if left else 0) == count


def test_of_many_boards_the_best_come_first():
    """By their first objective; each has a line."""
    text = text_of(boards(50), 20)
    assert text[0].startswith("board-49, pair: goodput: run ")
    assert text[1].startswith("board-48, pair: goodput: run ")


def test_a_board_on_which_speculation_loses_says_so_in_its_line():
    """In place of what to run, and before boards that are faster."""
    slower = "speculation is slower here than no speculation"
    all_lose = text_of(boards(50, slower), 20)
    assert all_lose[0] == f"board-49, pair: {slower}"
    first = replace(boards(1, slower), to_run=(*boards(9).to_run, *boards(1, slower).to_run))
    assert text_of(first, 20)[0] == f"board-00, pair: {slower}"


def test_a_loss_by_another_objective_takes_no_place_of_what_to_run():
    """The line is of the first objective; the loss has one of its own, or is counted."""
    dearer = "speculation is dearer here than no speculation: the best by cost"
    (one,) = REPORT.to_run
    of_both = tuple(replace(one, device=name, losses=(dearer,)) for name in ("a", "b"))
    text = text_of(replace(REPORT, to_run=of_both), 15)
    assert text[0].startswith("a, pair: goodput: run xs")
    assert any(line.startswith("b, pair: goodput: run xs") for line in text)
    lines = sum(len(one.losses) + len(one.lines) for one in of_both)
    said = sum(line.startswith(("  ", "a, ", "b, ")) for line in text)
    left = re.search(r"what to run \((\d+)\)", text[-1])
    assert said + (int(left[1]) if left else 0) == lines


@pytest.mark.parametrize("room", range(12, 32))
@pytest.mark.parametrize("count", [1, 2, 3, 5, 12])
def test_every_line_of_what_to_run_is_said_or_counted(count: int, room: int):
    """Of boards that are shown, and of boards that are not."""
    report = boards(count)
    text = text_of(report, room)
    headings = sum(line.endswith(", pair") for line in text)
    if headings:
        assert headings == count  # there was room for all
        return
    devices = re.search(r"([\d,]+) more devices? with", text[-1])
    lines = re.search(r"what to run \((\d+)\)", text[-1])
    left = (int(devices[1]) if devices else 0) + (int(lines[1]) if lines else 0)
    assert sum(line.startswith(("  ", "board-")) for line in text) + left == 3 * count


def test_notes_on_what_is_recommended_are_told_in_words():
    """The gravest first, each once with its devices; what there is no room for is counted."""
    (one,) = REPORT.to_run
    noted = [replace(one, device=name, notes=("its test failed", f"{name} swapped", "few")) for name in ("a", "b", "c")]
    text = text_of(replace(REPORT, to_run=tuple(noted)), 60)
    notes = [line for line in text if line.startswith("note on ")]
    assert notes[0] == "note on a, pair and 2 more: its test failed"
    assert len(notes) == 3
    assert "and 2 more notes, with the rankings" in text


@pytest.mark.parametrize(("count", "told"), [(1, 1), (2, 2), (3, 2), (50, 2)])
def test_how_far_off_predictions_were_is_said(count, told):
    """Of the first devices; the others are counted."""
    verdicts = tuple(f"d{n}, pair: prediction error of 9 configurations: median 1%" for n in range(count))
    text = text_of(replace(REPORT, proved=verdicts), 60)
    assert sum("prediction error of 9" in line for line in text) == told
    assert sum("more prediction error" in line for line in text) == (count > told)


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
        first="goodput: no answer: throttled",
        lines=("goodput: no answer: throttled",),
        notes=(),
        worth=("", 0.0),
        not_measured=Counter(),
        advice=0,
    )
    assert text_of(replace(REPORT, to_run=(one,)), 7)[:2] == ["d, f", "  goodput: no answer: throttled"]
    assert text_of(replace(REPORT, to_run=(one, one)), 7)[0] == "d, f: goodput: no answer: throttled"


@given(LINES, st.integers(3, 40), st.integers(30, 100))
def test_what_is_cut_is_a_beginning_and_the_last_line(lines: list[Line], room: int, columns: int):
    """Never longer than the room, unless the last line alone is; what is left out is counted."""
    kept = within(lines, room, columns, "pytest -v")
    if rows_of(lines, columns) <= room:
        assert kept == lines
        return
    assert kept[-1] == lines[-1]
    count = sum(int(found[1]) for line in kept if (found := re.match(r"and (\d+) more lines?: pytest -v", line.text)))
    assert count + sum("more line" not in line.text for line in kept) == len(lines)
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
