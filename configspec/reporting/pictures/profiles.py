"""Profiles of a family: drafting speed and power of each cell, and acceptance over K.

For one's own boards what Figures 1 and 2 of ConfigSpec (arXiv 2604.09722) show for the paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import final

from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Interval, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.dot_chart import Dot, DotChart
from configspec.reporting.pictures.line_chart import LineChart, Mark, Series
from configspec.reporting.pictures.looks import LOOKS
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.reporting.power_words import no_watts_reason
from configspec.reporting.profile_cells import CellProfile, FamilyProfile
from configspec.reporting.profile_section import remarks
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell

MOST_CELLS = 24
MOST_LINES = LOOKS
WIDE = 20.0  # times: an axis of which more is seen by ratio


@final
class Profiles:
    """Drafting speed, acceptance over K, and power of each family."""

    name = "profiles"
    purpose = "drafting speed and power of each cell, acceptance over K: the paper's Figures 1 and 2 for your boards"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """Three for each family; of what was not measured, why."""
        for family in material.profiles:
            yield partial(_speeds, self.name, family)
            yield partial(_acceptance, self.name, family)
            yield partial(_watts, self.name, family)


def _speeds(kind: str, family: FamilyProfile) -> Picture:
    cells = family.cells[:MOST_CELLS]
    return _dots(
        kind,
        family,
        cells,
        lambda one: one.speed,
        title="Drafting speed",
        unit="tokens/s",
        words=(
            "Tokens that a device drafts in a second, at the largest K that was measured of it; bars are intervals.",
            *_left_out(family, len(cells), "cells"),
        ),
    )


def _watts(kind: str, family: FamilyProfile) -> Drawn:
    known = [one for one in family.cells if one.facts.power.watts is not None]
    if not known:
        reasons = dict.fromkeys(no_watts_reason(one.facts.power) for one in family.cells)
        return NoPicture(kind=kind, subject=family.family, why=f"power: {'; '.join(reasons)}")
    cells = known[:MOST_CELLS]
    inside = dict.fromkeys(one.facts.power.boundary or "nobody says what is inside" for one in cells)
    return _dots(
        kind,
        family,
        cells,
        lambda one: one.facts.power.watts or one.speed,
        title="Power while drafting",
        unit="W",
        words=(
            f"Mean power while a device drafts, and what is inside the figure: {'; '.join(inside)}.",
            *_left_out(family, len(cells), "cells"),
        ),
    )


def _dots(
    kind: str,
    family: FamilyProfile,
    cells: Sequence[CellProfile],
    figure_of: Callable[[CellProfile], Estimate],
    *,
    title: str,
    unit: str,
    words: tuple[str, ...],
) -> Picture:
    """A mark for each cell, the devices told apart by looks."""
    devices = list(dict.fromkeys(one.cell.device for one in cells))
    found = [(one, figure_of(one)) for one in cells]
    dots = tuple(
        Dot(
            name=_name(one.cell),
            value=known.value,
            low=known.low,
            high=known.high,
            series=devices.index(one.cell.device) % LOOKS,
            filled=one.largest.provenance == "measured",
            says=f"{one.cell}: {figure(known.value)} {unit} ({figure(known.low)} to {figure(known.high)})",
        )
        for one, known in found
    )
    recorded = any(not one.filled for one in dots)
    return Picture(
        kind=kind,
        subject=family.family,
        title=f"{title}: {family.family}",
        words=(*words, *(("A mark that is not filled is of recorded figures.",) if recorded else ())),
        chart=DotChart(dots=dots, title=unit, names=tuple(devices[:LOOKS]), by_ratio=_is_wide(dots)),
        table=Table(
            columns=(
                *_NAMES,
                Column(title=unit, kind="figure"),
                Column(title="interval", kind="interval"),
                Column(title=""),
            ),
            rows=tuple(
                (*_names(one.cell), known.value, Interval(low=known.low, high=known.high), remarks(one))
                for one, known in found
            ),
        ),
    )


def _is_wide(dots: Sequence[Dot]) -> bool:
    """Whether the figures differ by so much that only their ratios can be seen."""
    return min(one.low for one in dots) * WIDE < max(one.high for one in dots)


def _acceptance(kind: str, family: FamilyProfile) -> Picture:
    """A line for each draft: which device it is drafted on changes little, so the best cell of each stands for it."""
    drafts = _one_of_each_drafter(family.cells)
    shown = dict(list(drafts.items())[:MOST_LINES])
    ks = sorted({each.k for one in shown.values() for each in one.by_k})
    return Picture(
        kind=kind,
        subject=family.family,
        title=f"Acceptance over K: {family.family}",
        words=(
            "Share of the drafted tokens that the target accepts, with its interval, for each draft on the device "
            "where it serves best.",
            *_left_out(family, len(shown), "drafts", len(drafts)),
        ),
        chart=LineChart(
            series=tuple(Series(name=name, marks=tuple(_marks(one))) for name, one in shown.items()),
            x_title="K, tokens drafted per round",
            y_title="accepted / drafted",
            x_ticks=tuple((float(k), str(k)) for k in ks[:: -(-len(ks) // 16)]),
        ),
        table=Table(
            columns=(
                *_NAMES,
                Column(title="K", kind="count"),
                Column(title="accepted / drafted", kind="share"),
                Column(title="interval", kind="interval"),
            ),
            rows=tuple(row for one in shown.values() for row in _rates(one)),
        ),
    )


def _one_of_each_drafter(cells: Sequence[CellProfile]) -> dict[str, CellProfile]:
    """The cell with the best goodput of each draft and quantisation."""
    found: dict[str, CellProfile] = {}
    for one in cells:
        found.setdefault(str(one.cell.drafter), one)
    return found


def _marks(one: CellProfile) -> Iterator[Mark]:
    for each in one.by_k:
        rate = each.acceptance.rate
        says = f"{one.cell.drafter} K={each.k}: {rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"
        yield Mark(x=float(each.k), y=rate.value, low=rate.low, high=rate.high, says=says)


def _rates(one: CellProfile) -> Iterator[tuple[TableCell, ...]]:
    for each in one.by_k:
        rate = each.acceptance.rate
        yield *_names(one.cell), each.k, rate.value, Interval(low=rate.low, high=rate.high)


def _left_out(family: FamilyProfile, shown: int, what: str, all_of_them: int | None = None) -> Iterator[str]:
    count = len(family.cells) if all_of_them is None else all_of_them
    if count > shown:
        yield f"Of {count} {what}, {shown} are drawn: those with the best goodput."


_NAMES = (Column(title="device"), Column(title="draft"), Column(title="quant"), Column(title="settings"))


def _names(cell: Cell) -> tuple[str, str, str, str]:
    return cell.device, cell.drafter.draft, cell.drafter.quant, ", ".join(map(str, cell.settings))


def _name(cell: Cell) -> str:
    return f"{cell.device}, {cell.drafter_words}"
