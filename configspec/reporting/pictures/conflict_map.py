"""Conflicts: how many times worse than the best each objective's best is by the others, as a shaded table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from configspec.reporting.choice_words import name_of
from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Table
from configspec.reporting.pictures.heat_chart import HeatChart, Shade
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.selection.candidates import Group
from configspec.selection.regret import Conflict, conflicts
from configspec.theory.objectives.objective import Objective

MOST_ROWS = 30


@final
class ConflictMap:
    """A row for each device and objective, a column for each objective."""

    name = "conflicts"
    purpose = "how many times worse the best by one objective is by the others"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each family."""
        families: dict[str, list[Group]] = {}
        for group in material.groups:
            families.setdefault(group.family, []).append(group)
        for family, groups in families.items():
            yield partial(_drawn, self.name, family, groups)


def _drawn(kind: str, family: str, groups: Sequence[Group]) -> Drawn:
    found = [(group.device, one) for group in groups for one in conflicts(group.rankings)]
    by_name: dict[str, Objective] = {}
    for group in groups:
        by_name.update((one.name, one) for one in group.rankable)
    objectives = tuple(by_name.values())
    if len(objectives) < 2:
        return NoPicture(kind=kind, subject=family, why="two objectives that rank something are needed")
    shown = found[:MOST_ROWS]
    more = f"Of {len(found)} rows the first {MOST_ROWS} are drawn."
    return Picture(
        kind=kind,
        subject=family,
        title=f"What the best by one objective loses by the others: {family}",
        words=(
            "Times worse than the best, by the objective above; 1.00x is the best itself. The darker, the worse.",
            *((more,) if len(found) > MOST_ROWS else ()),
        ),
        chart=HeatChart(
            columns=tuple(one.name for one in objectives),
            rows=tuple((_row_name(device, one), _shades(device, one, objectives)) for device, one in shown),
        ),
        table=Table(
            columns=(
                *(Column(title="device"), Column(title="the best by"), Column(title="configuration")),
                *(Column(title=f"times worse by {one.name}") for one in objectives),
            ),
            rows=tuple(_row(device, one, objectives) for device, one in shown),
        ),
    )


def _row_name(device: str, one: Conflict) -> str:
    return f"{device}, the best by {one.chosen_for.name}"


def _times(one: Conflict, objective: Objective) -> float | None:
    """How many times worse; None where it has no value."""
    if objective.name == one.chosen_for.name:
        return 1.0
    return next((each.times for each in one.regrets if each.objective.name == objective.name), None)


def _shades(device: str, one: Conflict, objectives: Sequence[Objective]) -> tuple[Shade | None, ...]:
    found: list[Shade | None] = []
    for objective in objectives:
        times = _times(one, objective)
        if times is None:
            found.append(None)
            continue
        best = f"{device}: the best by {one.chosen_for.name}, {name_of(one.winner.id)}"
        words = f"{best}: {times:.2f} times worse than the best by {objective.name}"
        found.append(Shade(value=times, shown=f"{times:.2f}x", says=words))
    return tuple(found)


def _row(device: str, one: Conflict, objectives: Sequence[Objective]) -> tuple[TableCell, ...]:
    values = (_times(one, objective) for objective in objectives)
    shown = ("no value" if each is None else f"{each:.2f}" for each in values)
    return device, one.chosen_for.name, name_of(one.winner.id), *shown
