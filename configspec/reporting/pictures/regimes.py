"""Regimes: which configuration is the best by each objective, as verification takes longer or shorter."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import final

from configspec.reporting.choice_words import name_of
from configspec.reporting.document import Column, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.reporting.pictures.strip_chart import Stretch, Strip, StripChart
from configspec.selection.axes import Axis, VerifySeconds, serving_at
from configspec.selection.candidates import Group
from configspec.selection.regimes import Line, Terrain, line_of
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective

AROUND = 10.0  # times longer and shorter than is assumed
USUAL_S = (0.01, 2.0)  # where nothing, or no one time, is assumed
LETTERS = string.ascii_uppercase


@final
class Regimes:
    """A strip for each objective along the time of verification; borders are exact."""

    name = "regimes"
    purpose = "which configuration is the best as verification takes longer or shorter, with the borders"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each device and family."""
        for group in material.groups:
            yield partial(_drawn, self.name, group)


def _drawn(kind: str, group: Group) -> Drawn:
    subject = f"{group.device}, {group.family}"
    axis = _axis(group)
    lines = [(one, line) for one in group.rankable if (line := _line(group, one, axis)) is not None]
    if not lines:
        missing = [f"{one.objective.name}: {one.unavailable}" for one in group.rankings if one.unavailable]
        return NoPicture(kind=kind, subject=subject, why="; ".join(missing) or "nothing has a value")
    winners = dict.fromkeys(regime.winner.id for _, line in lines for regime in line.regimes)
    letters = {one: LETTERS[place % len(LETTERS)] for place, one in enumerate(winners)}
    return Picture(
        kind=kind,
        subject=subject,
        title="The best as verification takes longer",
        words=tuple(_words(lines)),
        chart=StripChart(
            strips=tuple(_strip(objective, line, letters) for objective, line in lines),
            names=tuple((letter, name_of(one)) for one, letter in letters.items()),
            title="seconds to verify a round, link included",
            low=axis.begin,
            high=axis.end,
            by_ratio=axis.by_ratio,
            now=axis.dimension.present(group.serving),
        ),
        table=Table(
            columns=(
                *(Column(title="by"), Column(title="from, s", kind="figure"), Column(title="to, s", kind="figure")),
                *(Column(title="the best"), Column(title="")),
            ),
            rows=tuple(
                (objective.name, one.begin, one.end, name_of(one.winner.id), letters[one.winner.id])
                for objective, line in lines
                for one in line.regimes
            ),
        ),
    )


def _axis(group: Group) -> Axis:
    """Around what is assumed, so that today's place is in the middle."""
    dimension = VerifySeconds()
    now = dimension.present(group.serving)
    begin, end = USUAL_S if not now else (now / AROUND, min(now * AROUND, dimension.most))
    return Axis(dimension=dimension, begin=begin, end=end)


def _line(group: Group, objective: Objective, axis: Axis) -> Line | None:
    ends = (serving_at(group.serving, {axis.name: value}) for value in (axis.begin, axis.end))
    if any(objective.unavailable(end) is not None for end in ends):
        return None
    found = group.together([objective])
    return line_of(Terrain(configurations=found.configurations, objective=objective, serving=group.serving), axis)


def _strip(objective: Objective, line: Line, letters: Mapping[ConfigurationId, str]) -> Strip:
    places = list(letters)
    return Strip(
        name=objective.name,
        stretches=tuple(
            Stretch(
                begin=one.begin,
                end=one.end,
                series=places.index(one.winner.id),
                label=letters[one.winner.id],
                says=f"{objective.name}: {name_of(one.winner.id)} from {figure(one.begin)} to {figure(one.end)} s",
            )
            for one in line.regimes
        ),
    )


def _words(lines: Sequence[tuple[Objective, Line]]) -> Iterator[str]:
    yield "Each strip says which configuration is the best by an objective; where a strip changes, the best changes."
    for objective, line in lines:
        now = line.present
        if now is None:
            yield f"Verification was measured by K, which is no one place on the axis: {objective.name} has none today."
            continue
        borders = [
            f"{word} to {figure(border)} s"
            for word, border in (("falls", now.falls_to), ("rises", now.rises_to))
            if border is not None
        ]
        until = f"until that {' or '.join(borders)}" if borders else "and on the whole axis"
        yield f"By {objective.name}, at the {figure(now.value)} s that are assumed: {name_of(now.winner.id)}, {until}."
