"""The answer to a question about some of the rows, to which the others tell what was measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.reporting.rows_to_rank import RankedRow, rows_to_rank
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking


def answer_of(chosen: Sequence[RankedRow], query: Query, every: Sequence[RankedRow]) -> tuple[Ranking, ...]:
    """The rankings of the devices and families of some rows; those of `every` help to model what nobody measured."""
    if not query.fill:
        return query.answer(rows_to_rank(chosen))
    groups = {(row.device, row.family) for row in chosen}
    others = [row for row in every if (row.device, row.family) not in groups]
    return query.answer(rows_to_rank([*chosen, *others]), only=groups)
