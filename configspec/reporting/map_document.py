"""Which configuration wins where: borders along each axis, and a map of letters where there are two."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from configspec.reporting.choice_words import configuration_json, flag_notes, name_of, title_of
from configspec.reporting.document import Block, Cell, Column, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.json_document import JSON_VERSION
from configspec.reporting.modelled_words import modelled_line
from configspec.reporting.rankings_section import assumptions
from configspec.reporting.serving_words import serving_json
from configspec.selection.axes import Axis, Point
from configspec.selection.candidates import Group
from configspec.selection.regimes import Line, Place, Present
from configspec.theory.ids import ConfigurationId, setting_names, setting_values
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration

LETTERS = string.ascii_uppercase
OTHER = "*"  # winners beyond the letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One device and family over the axes: a line along each, and the winner at each point of a grid.

    `unavailable` says why there is nothing. Cells come row by row: the last axis changes slowest.
    """

    group: Group
    objective: Objective
    axes: tuple[Axis, ...]
    unavailable: str | None = None
    lines: tuple[Line, ...] = ()
    cells: tuple[tuple[Point, Place], ...] = ()
    left_out: tuple[str, ...] = ()


def map_section(mapped: Mapped, columns: int) -> Section:
    """A section of one device and family; `columns` points of the first axis are in a row of cells."""
    group = mapped.group
    return Section(
        heading=f"{group.device}, {group.family}",
        summary=assumptions(group.rankings),
        blocks=tuple(_blocks(mapped, columns)),
    )


def _blocks(mapped: Mapped, columns: int) -> Iterator[Block]:
    if mapped.unavailable is not None:
        yield Notes(lines=(f"no map: {mapped.unavailable}",))
        return
    yield from (Paragraph(text=line) for line in modelled_line("a winner,", _winners(mapped)))
    yield from (_line(one, mapped.objective) for one in mapped.lines)
    if len(mapped.axes) == 2:
        yield _picture(mapped, columns)
    modelled = {name_of(one.id): one for one in _winners(mapped) if one.provenance == "modelled"}
    lines = (*flag_notes(modelled.items()), *(f"left out: {line}" for line in mapped.left_out))
    if lines:
        yield Notes(lines=lines)


def _winners(mapped: Mapped) -> Iterator[Configuration]:
    """Along the axes, and on the map."""
    yield from (one.winner for line in mapped.lines for one in line.regimes)
    yield from (line.present.winner for line in mapped.lines if line.present is not None)
    yield from (place.winner for _, place in mapped.cells)


def _line(line: Line, objective: Objective) -> Section:
    winners = [one.winner for one in line.regimes]
    names = setting_names(one.cell for one in winners)
    table = Table(
        columns=(
            Column(title="from", kind="figure"),
            Column(title="to", kind="figure"),
            Column(title="draft"),
            Column(title="quant"),
            *(Column(title=name) for name in names),
            Column(title="K", kind="count"),
        ),
        rows=tuple(
            (one.begin, one.end, it.draft, it.quant, *setting_values(it.cell, names), it.k)
            for one, it in zip(line.regimes, winners, strict=True)
        ),
    )
    axis = line.axis
    heading = f"{objective.name} along {axis.name}, {figure(axis.begin)} to {figure(axis.end)}, all else as it is"
    return Section(heading=heading, blocks=(table, Notes(lines=tuple(_words(line, objective)))))


def _words(line: Line, objective: Objective) -> Iterator[str]:
    if not line.moves:
        yield f"{objective.name} is the same at every {line.axis.name}: it has no part in it, as all else is assumed"
    yield _present(line.axis, line.present)


def _present(axis: Axis, present: Present | None) -> str:
    """Where the choice of today is on the axis, and how far from its border."""
    if present is None and axis.name == "verify_s":
        return f"verification was measured by K, which is no one value of {axis.name}; rtt_ms comes on top of it"
    if present is None:
        return f"nothing is assumed of {axis.name} now"
    name = name_of(present.winner.id)
    begin = f"at {figure(present.value)}, as it is assumed, {name} wins"
    borders = [
        f"{word} to {figure(border)}{_by(border, present.value)}"
        for word, border in (("falls", present.falls_to), ("rises", present.rises_to))
        if border is not None
    ]
    return f"{begin}, until that {' or '.join(borders)}" if borders else f"{begin}, and on the whole axis"


def _by(border: float, value: float) -> str:
    return f" ({border / value:.2f} times)" if value > 0 else ""


def _picture(mapped: Mapped, columns: int) -> Section:
    """Letters, the last axis' largest value on top; a small one where the second is as good within the rules."""
    first, last = mapped.axes
    letters = _letters(mapped.cells)
    indifference = mapped.group.rules.indifference
    drawn = "".join(_letter(place, letters, indifference) for _, place in mapped.cells)
    rows = [drawn[begin : begin + columns] for begin in range(0, len(drawn), columns)]
    values = [point[last.name] for point, _ in mapped.cells[::columns]]
    scale = ", by ratio" if first.by_ratio else ""
    title = f"{first.name} from {figure(first.begin)} to {figure(first.end)}{scale}"
    table = Table(
        columns=(Column(title=last.name, kind="figure"), Column(title=title)),
        rows=tuple(reversed(list(zip(values, rows, strict=True)))),
    )
    note = f"a small letter: the second is no more than {indifference:.0%} worse there"
    heading = f"who wins by {title_of(mapped.objective)}"
    return Section(heading=heading, blocks=(table, _legend(mapped, letters), Notes(lines=(note,))))


def _letters(cells: Sequence[tuple[Point, Place]]) -> dict[ConfigurationId, str]:
    """A letter for each winner, the one with the most cells first."""
    counted = Counter(place.winner.id for _, place in cells).most_common()
    return {one: LETTERS[place] if place < len(LETTERS) else OTHER for place, (one, _) in enumerate(counted)}


def _letter(place: Place, letters: Mapping[ConfigurationId, str], indifference: float) -> str:
    letter = letters[place.winner.id]
    near = place.second_times_worse is not None and place.second_times_worse <= 1 + indifference
    return letter.lower() if near else letter


def _legend(mapped: Mapped, letters: Mapping[ConfigurationId, str]) -> Table:
    counted = Counter(place.winner.id for _, place in mapped.cells)
    names = setting_names(one.cell for one in letters)
    rows: list[tuple[Cell, ...]] = [
        (letter, one.draft, one.quant, *setting_values(one.cell, names), one.k, counted[one] / len(mapped.cells))
        for one, letter in letters.items()
    ]
    settings = (Column(title=name) for name in names)
    return Table(
        columns=(
            Column(title=""),
            Column(title="draft"),
            Column(title="quant"),
            *settings,
            Column(title="K", kind="count"),
            Column(title="of the map", kind="share"),
        ),
        rows=tuple(rows),
    )


def map_json(found: Sequence[Mapped]) -> dict[str, object]:
    """The same for a program. The form is a promise to scripts: `docs/choosing.md` describes it."""
    first = found[0]
    return {
        "configspec": JSON_VERSION,
        "objective": first.objective.name,
        "unit": first.objective.unit,
        "axes": [
            {"name": one.name, "begin": one.begin, "end": one.end, "by_ratio": one.by_ratio} for one in first.axes
        ],
        "groups": [_group_json(one) for one in found],
    }


def _group_json(mapped: Mapped) -> dict[str, object]:
    return {
        "device": mapped.group.device,
        "family": mapped.group.family,
        "serving": serving_json(mapped.group.serving),
        "unavailable": mapped.unavailable,
        "left_out": list(mapped.left_out),
        "lines": [_line_json(one) for one in mapped.lines],
        "cells": [{**point, **_place_json(place)} for point, place in mapped.cells],
    }


def _line_json(line: Line) -> dict[str, object]:
    present = line.present
    return {
        "axis": line.axis.name,
        "moves": line.moves,
        "regimes": [{"begin": one.begin, "end": one.end, **configuration_json(one.winner)} for one in line.regimes],
        "present": None
        if present is None
        else {
            "value": present.value,
            "falls_to": present.falls_to,
            "rises_to": present.rises_to,
            **configuration_json(present.winner),
        },
    }


def _place_json(place: Place) -> dict[str, object]:
    return {
        **configuration_json(place.winner),
        "second": None if place.second is None else configuration_json(place.second),
        "second_times_worse": place.second_times_worse,
    }
