"""Rows held against each other and against what else is known: what is found goes with each row as a flag.

As flags, findings travel wherever flags do: rankings, profiles, decisions, exports. `plausibility_section.py` says them
by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from configspec.reporting.rows_to_rank import RankedRow, rows_to_rank
from configspec.theory.flags import Flag
from configspec.theory.ids import Cell
from configspec.theory.plausibility.registry import findings
from configspec.theory.plausibility.rule import Finding, Subject


def implausible(rows: Sequence[RankedRow]) -> tuple[Finding, ...]:
    """What the rules find in these rows; of a configuration that is there twice, in the last."""
    return findings(Subject(configuration=one, serving=serving) for one, serving in rows_to_rank(rows))


def flagged(rows: Sequence[RankedRow], found: Sequence[Finding]) -> list[RankedRow]:
    """The rows, each with what was found of it among its flags."""
    by_cell: dict[Cell, list[Finding]] = {}
    for one in found:
        for cell in one.cells:
            by_cell.setdefault(cell, []).append(one)
    if not by_cell:
        return list(rows)
    return [_flagged(row, by_cell.get(row.id.cell, ())) for row in rows]


def _flagged(row: RankedRow, found: Iterable[Finding]) -> RankedRow:
    known = row.configuration.flags
    more = tuple(_unique(one.flag for one in found if one.is_about(row.id) and one.flag not in known))
    return replace(row, configuration=replace(row.configuration, flags=(*known, *more))) if more else row


def _unique(flags: Iterable[Flag]) -> Iterable[Flag]:
    return dict.fromkeys(flags)
