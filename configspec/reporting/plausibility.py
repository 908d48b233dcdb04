"""Rows held against each other and against what else is known: what is found goes with each row as a flag, and is said.

As flags, findings travel wherever flags do: rankings, profiles, decisions, exports. The section and the JSON name each
once, with the cells that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from configspec.reporting.document import Notes, Section
from configspec.reporting.flag_words import flag_words
from configspec.reporting.rows_to_rank import RankedRow, rows_to_rank
from configspec.theory.flags import Flag
from configspec.theory.ids import Cell
from configspec.theory.plausibility.registry import findings
from configspec.theory.plausibility.rule import Finding, Subject

HEADING = "plausibility"
SHOWN = 10  # findings in a message, and in a section for a terminal


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


def counted(found: Sequence[Finding]) -> str:
    """How many, as a message says it."""
    return "1 warning of plausibility" if len(found) == 1 else f"{len(found)} warnings of plausibility"


def finding_lines(found: Sequence[Finding], most: int | None = None) -> Iterator[str]:
    """A line for each of the first `most`, then how many more there are; None: all."""
    shown = found[:most]
    for one in shown:
        yield f"{_where(one)}: {flag_words(one.flag)} ({one.flag.code})"
    if len(found) > len(shown):
        yield f"and {len(found) - len(shown)} more"


def plausibility_section(found: Sequence[Finding], most: int | None = None) -> Section | None:
    """The warnings with their cells; None where there is none."""
    if not found:
        return None
    lines = tuple(finding_lines(found, most))
    return Section(
        heading=HEADING,
        summary=f"{counted(found)}: look at them before using the figures",
        blocks=(Notes(lines=lines),),
    )


def findings_json(found: Sequence[Finding]) -> list[dict[str, object]]:
    """All of them, as a program wants them: `docs/plausibility.md` has the keys."""
    return [
        {
            "code": one.flag.code,
            "numbers": dict(one.flag.numbers),
            "device": one.device,
            "cells": [
                {
                    "family": cell.family,
                    "draft": cell.drafter.draft,
                    "quant": cell.drafter.quant,
                    "settings": dict(cell.settings),
                }
                for cell in one.cells
            ],
            "k": list(one.ks) or None,
            "words": flag_words(one.flag),
        }
        for one in found
    ]


def _flagged(row: RankedRow, found: Iterable[Finding]) -> RankedRow:
    known = row.configuration.flags
    more = tuple(_unique(one.flag for one in found if one.is_about(row.id) and one.flag not in known))
    return replace(row, configuration=replace(row.configuration, flags=(*known, *more))) if more else row


def _unique(flags: Iterable[Flag]) -> Iterable[Flag]:
    return dict.fromkeys(flags)


def _where(one: Finding) -> str:
    cells = " and ".join(f"{cell.family} {cell.drafter_words}" for cell in one.cells)
    ks = f" K={','.join(map(str, one.ks))}" if one.ks else ""
    return f"{one.device}: {cells}{ks}"
