"""Rows of one device and family that were recorded under different assumptions: a ranking takes one for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from configspec.printable import printable
from configspec.reporting.rows_to_rank import RankedRow
from configspec.selection.query import Query
from configspec.theory.serving.assumptions import Serving

LETTERS = 60  # of a value


def apart_assumptions(rows: Sequence[RankedRow], query: Query) -> Iterator[str]:
    """A line for each device and family whose rows differ in what is declared; what the question replaces is alike."""
    recorded: dict[tuple[str, str], dict[int, Serving]] = {}
    for row in rows:  # equal assumptions are one object, as `ranked_row` takes them: to compare them is dear
        of_group = recorded.setdefault((row.device, row.family), {})
        of_group.pop(id(row.serving), None)  # the last that was seen counts
        of_group[id(row.serving)] = row.serving
    for (device, family), each in recorded.items():
        servings = list(dict.fromkeys(_declared(query.serving(one)) for one in reversed(each.values())))[::-1]
        if len(servings) > 1:
            yield (
                f"{device}, {family}: rows were recorded under {len(servings)} assumptions, and the last row's count "
                f"for all: {'; '.join(_differing(servings))}"
            )


def _declared(serving: Serving) -> Serving:
    """Without what was measured, of which a later row knows more."""
    if serving.verify == "declared":
        return serving
    return replace(serving.verified_in(0.0), verify="measured")


def _differing(servings: Sequence[Serving]) -> Iterator[str]:
    *earlier, last = servings
    measured = any(each.verify == "measured" for each in servings)
    for one in fields(Serving):
        if measured and one.name == "verify_s":
            continue
        value = getattr(last, one.name)
        others = dict.fromkeys(_shown(other) for each in earlier if (other := getattr(each, one.name)) != value)
        if others:
            yield f"{one.name} {_shown(value)}, not {' or '.join(others)}"


def _shown(value: object) -> str:
    return printable(str(value), at_most=LETTERS)
