"""Power traces: what a meter showed in the first pass of a cell, with the parts that figures are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import final

from configspec.reporting.document import Column, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.line_chart import Band, LineChart, Mark, Series
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, Sketch
from configspec.reporting.power_traces import NoTrace, PowerTrace, Span


@final
class PowerTraces:
    """Watts over seconds, of the best cell of each device and family."""

    name = "power"
    purpose = "what a meter showed while a cell was measured: idle, drafting, idle"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each cell whose readings are there."""
        for one in material.traces:
            if isinstance(one, NoTrace):
                yield NoPicture(kind=self.name, subject=one.subject, why=one.why)
            elif not one.spans:
                yield NoPicture(kind=self.name, subject=str(one.cell), why="no reading is in any part of its pass")
            else:
                yield partial(_drawn, self.name, one)


def _drawn(kind: str, one: PowerTrace) -> Picture:
    thinned = f", drawn as means of neighbours: {len(one.points)}" if len(one.points) < one.readings else ""
    return Picture(
        kind=kind,
        subject=str(one.cell),
        title="Power in a pass",
        words=(
            f"What the meter showed in the cell's first pass: {one.readings} readings{thinned}.",
            "Shaded are the parts that figures are made of; a mark is the mean of its part.",
        ),
        chart=LineChart(
            series=(Series(name="power", marks=tuple(map(_mark, one.spans)), line=one.points),),
            x_title="seconds since the first reading",
            y_title="W",
            bands=tuple(Band(begin=span.begin_s, end=span.end_s) for span in one.spans),
        ),
        table=Table(
            columns=(
                *(Column(title="part"), Column(title="from, s", kind="figure"), Column(title="to, s", kind="figure")),
                *(Column(title="readings", kind="count"), Column(title="mean, W", kind="figure")),
                *(Column(title="least, W", kind="figure"), Column(title="most, W", kind="figure")),
            ),
            rows=tuple(
                (
                    *(span.name, span.begin_s, span.end_s, len(span.watts)),
                    *(_mean(span), min(span.watts), max(span.watts)),
                )
                for span in one.spans
            ),
        ),
    )


def _mean(span: Span) -> float:
    return math.fsum(span.watts) / len(span.watts)


def _mark(span: Span) -> Mark:
    words = f"{span.name}: {figure(_mean(span))} W, {len(span.watts)} readings in {figure(span.end_s - span.begin_s)} s"
    return Mark(x=(span.begin_s + span.end_s) / 2, y=_mean(span), says=words)
