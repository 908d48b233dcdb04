"""The answer to a question about some of the rows, to which the others tell what was measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.reporting.rows_to_rank import RankedRow, rows_to_rank
from configspec.selection.filling import Group, fill
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking


def answer_of(chosen: Sequence[RankedRow], query: Query, every: Sequence[RankedRow]) -> tuple[Ranking, ...]:
    """The rankings of the devices and families of some rows; those of `every` help to model what nobody measured."""
    if not query.fill:
        return query.answer(rows_to_rank(chosen))
    groups = _groups(chosen)
    others = [row for row in every if (row.device, row.family) not in groups]
    return query.answer(rows_to_rank([*chosen, *others]), only=groups)


def none_left(chosen: Sequence[RankedRow], query: Query, every: Sequence[RankedRow]) -> str:
    """Why nothing was modelled either, where no K that is asked for was measured; empty where nothing was to be."""
    if not query.fill:
        return ""
    measured = [(one, query.serving(recorded)) for one, recorded in rows_to_rank(every)]
    refused = fill(measured, query.ks).refused
    lines = [line for group in _groups(chosen) for line in refused.get(group, ())]
    more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f" {lines[0]}{more}." if lines else ""


def _groups(rows: Sequence[RankedRow]) -> dict[Group, None]:
    """Of the rows, in their order."""
    return dict.fromkeys((row.device, row.family) for row in rows)
