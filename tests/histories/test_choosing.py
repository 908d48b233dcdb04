"""What a run chose: the same from rankings that are there as from ranking again."""

from __future__ import annotations

import pytest
from drawn import paper_rows
from made_runs import made_rows

from configspec.histories.choosing import choose, chosen_of
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.selection.query import Query
from configspec.theory.objectives.registry import usual


@pytest.mark.parametrize("rows", [made_rows(), paper_rows()], ids=["measured", "derived"])
def test_rankings_of_a_question_as_it_was_recorded_have_the_choices_of_the_run(rows):
    """The best, those that are tied with it, and each value: nothing is ranked twice for a page and its comparison."""
    measured = rows_to_rank(rows)
    assert chosen_of(Query().answer(measured)) == choose(measured, usual())


def test_what_cannot_be_ranked_is_no_choice():
    """A ranking without a choice has none."""
    assert chosen_of(one for one in Query().answer(rows_to_rank(paper_rows())) if not one.choices) == ()
