"""Pareto fronts: two objectives of a device and family against each other, and what nothing beats in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import final

from configspec.count_words import count_words
from configspec.reporting.choice_words import name_of, title_of, value_words
from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Table
from configspec.reporting.pictures.looks import LOOKS
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.reporting.pictures.scatter_chart import ScatterChart, Spot
from configspec.selection.candidates import Candidates, Group
from configspec.selection.pareto import front_places
from configspec.theory.ids import setting_names, setting_values
from configspec.theory.objectives.objective import Objective

MOST_SPOTS = 40
MOST_LABELS = 12


@final
class Pareto:
    """The first objective against each other one."""

    name = "pareto"
    purpose = "two objectives against each other: which configurations nothing beats in both"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each device, family and pair of objectives."""
        for group in material.groups:
            subject = f"{group.device}, {group.family}"
            able = group.rankable
            if len(able) < 2:
                missing = [f"{one.objective.name}: {one.unavailable}" for one in group.rankings if one.unavailable]
                why = f"two objectives are needed; {'; '.join(missing) or 'one was asked for'}"
                yield NoPicture(kind=self.name, subject=subject, why=why)
            for other in able[1:]:
                yield partial(_drawn, self.name, subject, group, able[0], other)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Which of the candidates are on the front, which others are drawn, and which drafts have a look of their own."""

    front: tuple[int, ...]
    drawn: tuple[int, ...]
    drafts: tuple[str, ...]


def _drawn(kind: str, subject: str, group: Group, first: Objective, other: Objective) -> Drawn:
    found = group.together([first, other])
    if not found.configurations:
        why = f"no configuration has a value by both {first.name} and {other.name}"
        return NoPicture(kind=kind, subject=subject, why=why)
    places = _places(found)
    first_values, other_values = found.values.tolist()
    way = sorted((first_values[place], other_values[place]) for place in places.front)
    return Picture(
        kind=kind,
        subject=subject,
        title=f"{first.heading} against {other.heading}",
        words=tuple(_words(found, places)),
        chart=ScatterChart(
            spots=tuple(_spots(found, places)),
            names=places.drafts,
            x_title=f"{title_of(first)} ({first.better} is better)",
            y_title=f"{title_of(other)} ({other.better} is better)",
            way=tuple(way),
        ),
        table=_table(found, places),
    )


def _places(found: Candidates) -> _Places:
    """The front, and of the others those that lose least; of the drafts those that have the most places."""
    times = found.times_worse
    front = front_places(times).tolist()
    worst = times.max(axis=0).tolist()
    others = sorted(set(range(len(worst))).difference(front), key=worst.__getitem__)
    drawn = [*front, *others][:MOST_SPOTS]
    drafts = list(dict.fromkeys(found.configurations[place].cell.drafter_words for place in drawn))
    return _Places(front=tuple(front), drawn=tuple(drawn), drafts=tuple(drafts[:LOOKS]))


def _spots(found: Candidates, places: _Places) -> Iterator[Spot]:
    first, other = found.objectives
    on_front = set(places.front)
    labelled = set(places.front[:MOST_LABELS])
    for place in places.drawn:
        one = found.configurations[place]
        x, y = float(found.values[0, place]), float(found.values[1, place])
        words = one.cell.drafter_words
        kept = places.drafts.index(words) if words in places.drafts else LOOKS - 1
        front = ", on the front" if place in on_front else ""
        yield Spot(
            x=x,
            y=y,
            series=kept,
            filled=place in on_front,
            label=f"K={one.k}" if place in labelled else "",
            says=f"{name_of(one.id)}: {value_words(first, x)}, {value_words(other, y)}{front}",
        )


def _words(found: Candidates, places: _Places) -> Iterator[str]:
    count, all_of_them = len(places.front), len(found.configurations)
    yield f"Filled marks, joined by a line, are the front: {count} of {all_of_them} that nothing beats in both."
    yield "Whatever is not on it, and not tied with it, is a choice for no mixture of these two."
    if all_of_them > len(places.drawn):
        yield f"Of {all_of_them} configurations the {len(places.drawn)} that lose least are drawn."
    beyond = {found.configurations[place].cell.drafter_words for place in places.drawn}.difference(places.drafts)
    if beyond:
        share = "shares" if len(beyond) == 1 else "share"
        yield f"{count_words(len(beyond), 'more draft')} {share} the last mark."
    yield from (f"Left out: {line}." for line in found.left_out)


def _table(found: Candidates, places: _Places) -> Table:
    names = setting_names(found.configurations[place].cell for place in places.drawn)
    columns = (
        *(Column(title="draft"), Column(title="quant"), *(Column(title=name) for name in names)),
        Column(title="K", kind="count"),
        *(Column(title=title_of(one), kind="figure") for one in found.objectives),
        Column(title=""),
    )
    return Table(columns=columns, rows=tuple(_row(found, place, names, places) for place in places.drawn))


def _row(found: Candidates, place: int, names: Sequence[str], places: _Places) -> tuple[TableCell, ...]:
    it = found.configurations[place]
    values = [float(one) for one in found.values[:, place]]
    provenance = "" if it.provenance == "measured" else it.provenance
    front = "on the front" if place in places.front else ""
    remarks = ", ".join(filter(None, (front, provenance, "see note" if it.flags else "")))
    return it.draft, it.quant, *setting_values(it.cell, names), it.k, *values, remarks
