"""What to run: the sentences say the same however short a ranking is cut, and the first devices stand for many."""

from __future__ import annotations

from dataclasses import replace

from example_rows import measured_row

from configspec.reporting.document import Document, Section
from configspec.reporting.report.to_run import to_run_sections
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.reporting.run_document import RECOMMENDED, run_document
from configspec.reporting.terminal import as_text
from configspec.selection.candidates import groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES

ROWS = [measured_row(k) for k in (1, 2, 3, 4, 5, 6)]


def counts(top: int | None) -> list[str]:
    """What is said of how many are tied, up to their names."""
    rules = replace(DEFAULT_RULES, top=top)
    (section,) = to_run_sections(groups_of(Query(rules=rules).answer(rows_to_rank(ROWS))), {})
    text = as_text(_document(section))
    return [line.partition("cannot be told")[0] for line in text.splitlines() if "cannot be told" in line]


def _document(section: Section) -> Document:
    return Document(sections=(section,))


def test_a_ranking_that_is_cut_short_counts_what_it_leaves_out():
    """As many others, and as many of them tied, as the whole ranking has."""
    assert counts(None)
    assert counts(2) == counts(None)


def test_of_many_devices_the_first_are_recommended_and_the_others_counted():
    """The whole of it is in the rankings below, and on the page."""
    rows = [replace(measured_row(2), device=f"board-{n}") for n in range(RECOMMENDED + 3)]
    first = run_document(rows, 5).sections[0]
    assert first.heading == "what to run"
    assert len(first.blocks) == RECOMMENDED + 1
    assert "and of 3 more devices and families" in as_text(_document(first))
