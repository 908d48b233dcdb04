"""What a meter showed while a cell was measured, from the side file that its rows refer to; or why it cannot be known.

A counter shows joules: its watts are the joules between two readings over the time between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from configspec.count_words import count_words
from configspec.errors import RecordError
from configspec.records.samples import MeterReadings, PowerSamples, read_samples
from configspec.reporting.power_words import no_watts_reason
from configspec.reporting.profile_cells import CellProfile, FamilyProfile
from configspec.reporting.shown_facts import PowerFile
from configspec.theory.ids import Cell

MOST_POINTS = 200  # of a picture; more are drawn as means of neighbours
MOST_TRACES = 12
Point: TypeAlias = tuple[float, float]  # seconds since the first reading, watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a pass: its name, from when to when, and what the meter showed in it."""

    name: str
    begin_s: float
    end_s: float
    watts: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerTrace:
    """The first pass of a cell: its readings over seconds, at least two, and its parts in the order of time."""

    cell: Cell
    points: tuple[Point, ...]
    readings: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTrace:
    """Why nothing can be drawn of a cell, or of several."""

    subject: str
    why: str


Traced: TypeAlias = PowerTrace | NoTrace


def power_traces(families: Sequence[FamilyProfile], beside: Path | None) -> tuple[Traced, ...]:
    """Of the best cell of each device and family, as far as there are not too many.

    Args:
        families: What was measured.
        beside: The results file or journal that the side files are beside; None: there is no such file.
    """
    cells = [one for family in families for one in family.best_of_devices]
    found = [_traced(one, beside) for one in cells[:MOST_TRACES]]
    more = len(cells) - MOST_TRACES
    if more > 0:
        found.append(NoTrace(subject=count_words(more, "more cell"), why=f"the first {MOST_TRACES} are drawn"))
    return tuple(found)


def _traced(one: CellProfile, beside: Path | None) -> Traced:
    subject, file = str(one.cell), one.facts.power_file
    if file is None:
        power = one.facts.power
        why = no_watts_reason(power) if power.watts is None else "its figure is not from readings that were kept"
        return NoTrace(subject=subject, why=why)
    if beside is None:
        return NoTrace(subject=subject, why="its side file was not looked for")
    try:
        samples = read_samples(beside, file.sha256, PowerSamples)
    except RecordError as problem:
        return NoTrace(subject=subject, why=problem.lines[0].rstrip("."))
    if not samples.passes:
        return NoTrace(subject=subject, why="its side file has no pass")
    first = samples.passes[0]
    points = tuple(_points(first, samples, file))
    if len(points) < 2:
        return NoTrace(subject=subject, why="its meter has fewer than two readings")
    begin_s = first.t_s[0]
    return PowerTrace(
        cell=one.cell,
        points=_thinned(points),
        readings=len(points),
        spans=tuple(_spans(first.spans_s, begin_s, points)),
    )


def _points(readings: MeterReadings, samples: PowerSamples, file: PowerFile) -> Iterator[Point]:
    """Watts over seconds: where a channel failed, or time stood still, there is none."""
    adds = file.adds if len(file.adds) == len(readings.values) else (True,) * len(readings.values)
    channels = [column for column, counts in zip(readings.values, adds, strict=True) if counts]
    begin_s = readings.t_s[0] if readings.t_s else 0.0
    known = [
        (t_s - begin_s, math.fsum(each for each in values if each is not None))
        for t_s, *values in zip(readings.t_s, *channels, strict=True)
        if all(each is not None for each in values)
    ]
    if samples.shows == "watts":
        yield from known
        return
    for (then_s, then_j), (now_s, now_j) in pairwise(known):
        joules = now_j - then_j
        if joules < 0 and file.range_j is not None:
            joules += file.range_j
        if now_s > then_s and joules >= 0:
            yield (then_s + now_s) / 2, joules / (now_s - then_s)


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """At most so many as are drawn: each the mean of its neighbours."""
    every = -(-len(points) // MOST_POINTS)
    if every == 1:
        return tuple(points)
    parts = (points[begin : begin + every] for begin in range(0, len(points), every))
    return tuple(
        (math.fsum(t for t, _ in part) / len(part), math.fsum(w for _, w in part) / len(part)) for part in parts
    )


def _spans(spans_s: Mapping[str, tuple[float, float]], begin_s: float, points: Sequence[Point]) -> Iterator[Span]:
    for name, (first_s, last_s) in sorted(spans_s.items(), key=lambda one: one[1]):
        begin, end = first_s - begin_s, last_s - begin_s
        watts = tuple(each for at_s, each in points if begin <= at_s <= end)
        if watts and begin < end:
            yield Span(name=name, begin_s=begin, end_s=end, watts=watts)
