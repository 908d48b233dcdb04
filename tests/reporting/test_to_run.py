"""What to run: a line for each objective says the same however short a ranking is cut, and fits two rows."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from example_rows import measured_row

from configspec.reporting.document import Document
from configspec.reporting.report.to_run import ToRun, below, to_run, to_run_section
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.reporting.terminal import as_text
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.serving.assumptions import Serving

ROWS = [measured_row(k) for k in (1, 2, 3, 4, 5, 6)]


def answer(top: int | None = None, rows=ROWS, objectives=None) -> ToRun:
    rules = replace(DEFAULT_RULES, top=top)
    query = Query(rules=rules) if objectives is None else Query(rules=rules, objectives=objectives)
    (group,) = groups_of(query.answer(rows_to_rank(rows)))
    return to_run(group, {})


def test_a_ranking_that_is_cut_short_says_the_same():
    """As many others, and as many of them tied, as the whole ranking has."""
    assert any("others cannot be told from it" in line for line in answer().lines)
    assert answer(2).lines == answer().lines


def test_every_objective_has_one_line():
    """The configuration, its value with unit and interval, its doubt and its costs; or why there is no answer."""
    found = answer()
    assert len(found.lines) == 3
    for line in found.lines:
        assert ": run " in line or ": no answer: " in line
    assert found.lines[0].startswith("goodput: run xs Q8_0 K=")
    assert " tokens/s (" in found.lines[0]


def test_a_line_takes_two_rows_of_80_columns_at_most():
    """By all objectives that there are, and where a reason is longer than that."""
    long = "the meter was not there " * 20
    lines = answer(objectives=OBJECTIVES).lines
    (group,) = groups_of(Query().answer(rows_to_rank(ROWS)))
    none = replace(group, rankings=tuple(replace(one, unavailable=long, choices=()) for one in group.rankings))
    for line in (*lines, *to_run(none, {}).lines):
        assert len(textwrap.wrap(f"  {line}", 80, subsequent_indent="    ")) <= 2, line


def test_speculation_that_loses_is_said_first():
    """Before the lines, in one sentence without the reason."""
    losing = [replace(row, serving=Serving(verify_s=0.001)) for row in ROWS]
    found = answer(rows=losing)
    assert found.losses
    assert all("speculation is slower here than no speculation" in line for line in found.losses[:1])
    text = as_text(Document(sections=(found.section,))).splitlines()
    assert "speculation is" in text[1]
    assert not any("a round takes" in line for line in text)


def test_what_holds_for_all_is_said_once():
    """Where figures are from, and how much more is said below the rankings."""
    found = answer(rows=[replace(row, provenance="declared") for row in ROWS])
    told = below([found, found])
    assert any("not measured here, of what is recommended: 4 declared" in line for line in told)
    assert len(told) <= 2
    assert not below([replace(found, not_measured=found.not_measured - found.not_measured, advice=0)])


def test_what_was_not_measured_is_said_in_its_line():
    """Behind the value: whoever forwards the line forwards that."""
    assert "derived" in answer(rows=[replace(row, provenance="derived") for row in ROWS]).lines[0]
    assert "measured" not in answer().lines[0]


def test_notes_are_told_in_words_the_gravest_first():
    """Each once, whatever many objectives recommend it."""
    failed = answer(rows=[replace(row, outcome="failed") for row in ROWS])
    assert failed.notes[0] == "its test failed"
    assert len(set(failed.notes)) == len(failed.notes)
    assert "note: its test failed" in as_text(Document(sections=(failed.section,)))


def test_all_devices_are_in_the_document():
    """Whoever has no room for them cuts."""
    found = [answer()] * 7
    assert len(to_run_section(found).blocks) >= 7
