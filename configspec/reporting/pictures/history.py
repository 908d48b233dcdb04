"""Histories: how a series went over nights, with the band of its noise, its steps, and what changed there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import fmean
from typing import final

from configspec.histories.trend import Point, Trend
from configspec.printable import printable
from configspec.regression.accepted import AcceptedChange
from configspec.regression.series import SeriesKey
from configspec.regression.states import share
from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.line_chart import Band, LineChart, Mark, Moment, Series
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, Sketch
from configspec.reporting.pictures.svg import short

ONE_POINT = "it has one point"
FEWEST = 5  # points of which a band can be made
TWO_SD = 2.0  # about 95 % of what varies as a normal distribution does
MOST_TICKS = 6
LABEL = 24  # letters
TICK = 100.0  # pixels of a night's name


@final
class History:
    """A picture for each series of what is chosen, those that changed first."""

    name = "history"
    purpose = "a series over nights: noise band, steps, changes of the setup, accepted changes"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each series that has two points or more."""
        if not material.trends:
            yield NoPicture(kind=self.name, subject="the chosen", why=material.not_followed)
        single = 0
        for one in sorted(material.trends, key=lambda trend: (not trend.changes, trend.gain_log)):
            if len(one.points) < 2:
                single += 1
            else:
                yield partial(_drawn, self.name, one, _accepted(one, material.accepted))
        if single:
            yield NoPicture(kind=self.name, subject=f"{single} series", why=ONE_POINT)


def _accepted(trend: Trend, changes: Sequence[AcceptedChange]) -> tuple[tuple[float, AcceptedChange], ...]:
    """Those that are about it, and when each takes effect."""
    runs = [point.newest for point in trend.points]
    begins = ((change.begins(runs), change) for change in changes if change.concerns(trend.series))
    first, last = trend.points[0].at_s, trend.points[-1].at_s
    return tuple((at_s, change) for at_s, change in begins if at_s is not None and first <= at_s <= last)


def _drawn(kind: str, trend: Trend, accepted: Sequence[tuple[float, AcceptedChange]]) -> Picture:
    metric, points = trend.series.metric, trend.points
    bands = tuple(_bands(trend))
    return Picture(
        kind=kind,
        subject=str(trend.series.configuration),
        title=f"{metric.name} over nights",
        words=tuple(_words(trend, accepted, banded=bool(bands))),
        chart=LineChart(
            series=(Series(name=metric.name, marks=tuple(_mark(trend.series, one) for one in points)),),
            x_title="night (UTC)",
            y_title=f"{metric.unit} ({metric.better} is better)",
            bands=bands,
            moments=tuple(_moments(trend, accepted)),
            x_ticks=_ticks(points),
        ),
        table=Table(
            columns=(
                *(Column(title="night"), Column(title=f"{metric.name}, {metric.unit}", kind="figure")),
                *(Column(title="runs", kind="count"), Column(title="commit"), Column(title="")),
            ),
            rows=tuple(_row(trend, one) for one in points),
        ),
    )


def _mark(series: SeriesKey, one: Point) -> Mark:
    disturbed = ", disturbed" if one.disturbed else ""
    words = f"{one.name}: {figure(one.value)} {series.metric.unit}, {one.runs} runs{disturbed}"
    return Mark(x=one.at_s, y=one.value, filled=not one.disturbed, says=words)


def _levels(trend: Trend) -> Iterator[tuple[Point, ...]]:
    """The points that count, level by level."""
    begins = {change.now.name for change in trend.changes}
    level: list[Point] = []
    for one in (point for point in trend.points if not point.disturbed):
        if one.name in begins and level:
            yield tuple(level)
            level = []
        level.append(one)
    if level:
        yield tuple(level)


def _bands(trend: Trend) -> Iterator[Band]:
    """About each level, twice the spread of all points about their levels: where a night without a change falls."""
    levels = list(_levels(trend))
    means = [fmean(math.log(one.value) for one in level) for level in levels]
    residuals = [math.log(one.value) - mean for level, mean in zip(levels, means, strict=True) for one in level]
    degrees = len(residuals) - len(levels)
    if len(residuals) < FEWEST or degrees < 1:
        return
    around = TWO_SD * math.sqrt(math.fsum(one * one for one in residuals) / degrees)
    for level, mean in zip(levels, means, strict=True):
        low, high = math.exp(mean - around), math.exp(mean + around)
        words = f"{figure(low)} to {figure(high)} {trend.series.metric.unit}: two standard deviations about the level"
        yield Band(begin=level[0].at_s, end=level[-1].at_s, low=low, high=high, says=words)


def _moments(trend: Trend, accepted: Sequence[tuple[float, AcceptedChange]]) -> Iterator[Moment]:
    stepped = set()
    for change in trend.changes:
        stepped.add(change.now.name)
        why = "the same setup" if change.difference is None else str(change.difference)
        step = share(math.log(change.ratio))
        yield Moment(x=change.now.at_s, label=step, says=f"{change.now.name}: a step of {step}: {why}")
    for one in trend.breaks:
        if one.now.name not in stepped:
            label = printable(one.difference.field, at_most=LABEL)
            yield Moment(x=one.now.at_s, label=label, says=f"{one.now.name}: {one.difference}")
    for at_s, one_accepted in accepted:
        says = f"accepted by {one_accepted.author}: {one_accepted.reason}"
        yield Moment(x=at_s, label="accepted", says=printable(says, at_most=200))


def _words(trend: Trend, accepted: Sequence[tuple[float, AcceptedChange]], *, banded: bool) -> Iterator[str]:
    if banded:
        yield "The shaded band is where a night falls whose level did not change (two standard deviations)."
    else:
        yield f"There is no band of noise: it takes {FEWEST} nights that were not disturbed."
    if trend.changes:
        steps = ", ".join(f"{change.now.name}: {share(math.log(change.ratio))}" for change in trend.changes)
        yield f"Steps: {steps}. A step is information and no verdict."
    else:
        yield "No step was found."
    if trend.comparable < len(trend.points):
        yield f"{trend.comparable} of {len(trend.points)} nights compare with the newest: the setup changed."
    if accepted:
        yield f"Accepted changes: {len(accepted)}."
    if any(one.disturbed for one in trend.points):
        yield "A mark that is not filled was disturbed, and does not count."


def _ticks(points: Sequence[Point]) -> tuple[tuple[float, str], ...]:
    """Some of the nights, both ends among them, no two so near that their names would meet."""
    first, last = points[0].at_s, points[-1].at_s
    apart, found = (last - first) / (MOST_TICKS - 1), [points[0]]
    for one in points[1:-1]:
        if one.at_s - found[-1].at_s >= apart and last - one.at_s >= apart:
            found.append(one)
    ends = [*found, points[-1]] if last > first else found
    return tuple((one.at_s, short(one.name, TICK)) for one in ends)


def _row(trend: Trend, one: Point) -> tuple[TableCell, ...]:
    step = next((share(math.log(change.ratio)) for change in trend.changes if change.now is one), "")
    setup = next((str(found.difference) for found in trend.breaks if found.now is one), "")
    remarks = (f"a step of {step}" if step else "", setup, "disturbed" if one.disturbed else "")
    commit = printable((one.newest.commit or "")[:10])
    return one.name, one.value, one.runs, commit, "; ".join(filter(None, remarks))
