"""K-curves: an objective's value over K, a line for each draft of a device and family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from configspec.reporting.baseline_words import baseline_lines
from configspec.reporting.choice_words import name_of, value_words
from configspec.reporting.document import Cell as TableCell
from configspec.reporting.document import Column, Interval, Table
from configspec.reporting.doubt_words import doubt_lines
from configspec.reporting.figure_words import figure
from configspec.reporting.flag_words import flag_words
from configspec.reporting.pictures.line_chart import Level, LineChart, Mark, Series
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.selection.baselines import Baseline
from configspec.selection.ranking import Choice, Ranking
from configspec.theory.ids import Cell, setting_names, setting_values

MOST_LINES = 6


@final
class KCurve:
    """The value of each objective over K, with its interval, the tied set and the edge of what was measured."""

    name = "k-curve"
    purpose = "an objective's value over K: intervals, what is tied with the best, where the data ends"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each device, family and objective."""
        alone = material.alone
        for group in material.groups:
            for ranking in group.rankings:
                yield partial(_drawn, self.name, ranking, alone)


def _drawn(kind: str, ranking: Ranking, alone: Alone) -> Drawn:
    subject = f"{ranking.device}, {ranking.family}"
    objective = ranking.objective
    if ranking.unavailable is not None:
        return NoPicture(kind=kind, subject=subject, why=f"{objective.heading}: {ranking.unavailable}")
    cells = _cells(ranking.choices)
    shown = dict(list(cells.items())[:MOST_LINES])
    best, against = ranking.choices[0], baselines_of(ranking, alone)
    power = f": {ranking.power_kind}" if ranking.power_kind else ""
    return Picture(
        kind=kind,
        subject=subject,
        title=f"{objective.heading} over K{power}",
        words=tuple(_words(ranking, shown, len(cells), against)),
        chart=LineChart(
            series=tuple(
                Series(name=cell.drafter_words, marks=tuple(_marks(ranking, of_cell)))
                for cell, of_cell in shown.items()
            ),
            x_title="K, tokens drafted per round",
            y_title=f"{objective.unit} ({objective.better} is better)",
            levels=tuple(_levels(against)),
            best=(float(best.configuration.k), best.value),
            x_ticks=_ticks([one.configuration.k for of_cell in shown.values() for one in of_cell]),
        ),
        table=_table(ranking, shown),
    )


def _levels(found: Sequence[Baseline]) -> Iterator[Level]:
    """What is had without speculation, as far as it has a value; equal ones are one line. A draft alone is no peer."""
    names: dict[float, list[str]] = {}
    for one in found:
        if one.value is not None and one.way != "device only":
            names.setdefault(one.value.value, []).append(f"{one.way}{', or better' if one.or_better else ''}")
    for value, of_value in names.items():
        yield Level(value=value, name="; ".join(of_value))


def _cells(choices: Sequence[Choice]) -> dict[Cell, list[Choice]]:
    """The choices of each cell, ascending in K; the cell with the best one first."""
    found: dict[Cell, list[Choice]] = {}
    for one in choices:
        found.setdefault(one.configuration.cell, []).append(one)
    return {cell: sorted(of_cell, key=lambda one: one.configuration.k) for cell, of_cell in found.items()}


def _marks(ranking: Ranking, of_cell: Sequence[Choice]) -> Iterator[Mark]:
    edges = _edges(ranking, of_cell)
    for one in of_cell:
        yield Mark(
            x=float(one.configuration.k),
            y=one.value,
            low=one.low,
            high=one.high,
            filled=one.tied_with_best,
            edge=one in edges,
            says=_says(ranking, one, edge=one in edges),
        )


def _says(ranking: Ranking, one: Choice, *, edge: bool) -> str:
    tied = "the best" if one.rank == 1 else "tied with the best" if one.tied_with_best else ""
    more = [tied, "at the edge of the data" if edge else "", "see note" if one.configuration.flags else ""]
    name = f"{name_of(one.configuration.id)}: {value_words(ranking.objective, one.value)}"
    return ", ".join((f"{name} ({figure(one.low)} to {figure(one.high)})", *filter(None, more)))


def _edges(ranking: Ranking, of_cell: Sequence[Choice]) -> tuple[Choice, ...]:
    """Where the best K of a cell is its largest: more may be better. Its smallest is no edge where it is 1."""
    best = min(of_cell, key=lambda one: one.rank)
    first, last = of_cell[0], of_cell[-1]
    return tuple(dict.fromkeys(one for one in (first, last) if one is best and one.configuration.k > 1))


def _words(ranking: Ranking, shown: dict[Cell, list[Choice]], cells: int, against: Sequence[Baseline]) -> Iterator[str]:
    best = ranking.choices[0]
    tied = sum(one.tied_with_best for one in ranking.choices)
    percent = f"{ranking.rules.confidence:.0%}"
    more = "" if tied == 1 else f"; {tied - 1} more cannot be told from it"
    name, value = name_of(best.configuration.id), value_words(ranking.objective, best.value)
    yield f"The best is {name}, which is ringed, with {value}{more}."
    yield f"Filled marks are tied with the best; bars are {percent} intervals."
    yield from (f"{line[:1].upper()}{line[1:]}." for line in baseline_lines(ranking, against))
    yield from (f"{line[:1].upper()}{line[1:]}." for line in doubt_lines(ranking))
    if cells > len(shown):
        yield f"Of {cells} drafts the {len(shown)} with the best values are drawn."
    edges = [one for of_cell in shown.values() for one in _edges(ranking, of_cell)]
    if edges:
        names = ", ".join(name_of(one.configuration.id) for one in edges)
        yield f"At the edge of the data, where another K may be better, marked by a broken line: {names}."
    if len({one.configuration.k for of_cell in shown.values() for one in of_cell}) == 1:
        yield "One K was measured, so nothing is said of any other."
    for words in dict.fromkeys(flag_words(flag) for flag in best.configuration.flags):
        yield f"Note on the best: {words}."
    for reason in ranking.left_out:
        yield f"Left out: {reason}."


def _table(ranking: Ranking, shown: dict[Cell, list[Choice]]) -> Table:
    names = setting_names(shown)
    columns = (
        *(Column(title="draft"), Column(title="quant"), *(Column(title=name) for name in names)),
        Column(title="K", kind="count"),
        Column(title=f"{ranking.objective.name}, {ranking.objective.unit}", kind="figure"),
        Column(title="interval", kind="interval"),
        Column(title=""),
    )
    rows = (
        _row(ranking, one, names, edge=one in _edges(ranking, of_cell)) for of_cell in shown.values() for one in of_cell
    )
    return Table(columns=columns, rows=tuple(rows))


def _row(ranking: Ranking, one: Choice, names: Sequence[str], *, edge: bool) -> tuple[TableCell, ...]:
    it = one.configuration
    tied = "best" if one.rank == 1 else "tied" if one.tied_with_best else ""
    provenance = "" if it.provenance == "measured" else it.provenance
    remarks = ", ".join(filter(None, (tied, provenance, "edge" if edge else "", "see note" if it.flags else "")))
    interval = Interval(low=one.low, high=one.high)
    return it.draft, it.quant, *setting_values(it.cell, names), it.k, one.value, interval, remarks


def _ticks(ks: Sequence[int]) -> tuple[tuple[float, str], ...]:
    """A tick at each K, or at so many of them as can be read."""
    known = sorted(set(ks))
    every = -(-len(known) // 16)
    return tuple((float(k), str(k)) for k in known[::every])
