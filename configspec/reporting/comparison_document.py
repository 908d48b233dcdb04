"""Runs side by side: the choices and what the first one costs by now, then every value, then bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from configspec.histories.judge_side_by_side import Choices, ChosenIn, Line, SideBySide
from configspec.regression.states import Verdict
from configspec.reporting.change_words import change_words, interval_words
from configspec.reporting.document import Block, Cell, Column, Document, Notes, Section, Table
from configspec.reporting.figure_words import figure

ROWS = 40
BARS = 12  # series of a chart
BAR_SIGNS = 50
FORMAT = 1  # of the JSON


def run_names(count: int) -> list[str]:
    """`A`, `B`, .. `Z`, then `27`, ..: how a column names a run."""
    return [chr(ord("A") + place) if place < 26 else str(place + 1) for place in range(count)]


def comparison_document(found: SideBySide, rows: int = ROWS, *, chart: bool = False) -> Document:
    """The runs' names, the choices, and the series that changed most."""
    names = run_names(len(found.sources))
    runs = Notes(lines=tuple(f"{name}: {source}" for name, source in zip(names, found.sources, strict=True)))
    sections = [Section(heading="runs", blocks=(runs, *([Notes(lines=found.notes)] if found.notes else [])))]
    if found.choices:
        sections.append(_choices(found.choices, names))
    sections.append(_series(found, names, rows))
    if chart:
        sections += _chart(found, names)
    return Document(sections=tuple(sections))


def comparison_json(found: SideBySide) -> dict[str, object]:
    """The same, whole."""
    return {
        "format": FORMAT,
        "runs": list(found.sources),
        "notes": list(found.notes),
        "choices": [
            {
                "device": one.device,
                "family": one.family,
                "objective": one.objective,
                "first": one.first.id,
                "runs": [None if run is None else _chosen_json(run) for run in one.runs],
            }
            for one in found.choices
        ],
        "series": [
            {
                "series": line.series.id,
                "metric": line.series.metric.name,
                "unit": line.series.metric.unit,
                "better": line.series.metric.better,
                "values": list(line.values),
                "changes": [None if one is None else _change_json(one) for one in line.verdicts],
            }
            for line in found.lines
        ],
    }


def _chosen_json(run: ChosenIn) -> dict[str, object]:
    return {"best": run.best.id, "tied": run.tied, "first_holds": run.holds, "first_regret": run.regret}


def _change_json(one: Verdict) -> dict[str, object]:
    return {"state": one.state, "ratio": one.ratio, "low": one.low, "high": one.high, "reason": one.reason}


def _choices(choices: Sequence[Choices], names: Sequence[str]) -> Section:
    titles = ("device", "family", "objective", "run", "chosen", "tied", "A's choice costs")
    columns = tuple(Column(title=title) for title in titles)
    rows = tuple(row for one in choices for row in _choice_rows(one, names))
    return Section(heading="choices", summary="what each run chose", blocks=(Table(columns=columns, rows=rows),))


def _choice_rows(one: Choices, names: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    for name, run in zip(names, one.runs, strict=True):
        if run is None:
            yield one.device, one.family, one.objective, name, "nothing was ranked", "", ""
        else:
            chosen = f"{run.best.cell.drafter_words} K={run.best.k}"
            yield one.device, one.family, one.objective, name, chosen, f"{run.tied - 1} more", _costs(run)


def _costs(run: ChosenIn) -> str:
    if run.regret is None:
        return "not measured"
    return f"{run.regret:.1%}{', still among the best' if run.holds else ''}"


def _series(found: SideBySide, names: Sequence[str], rows: int) -> Section:
    lines = sorted(found.lines, key=lambda line: -line.change)
    columns = (
        Column(title="configuration"),
        Column(title="metric"),
        *(Column(title=name) for name in names),
        *(Column(title=f"{name} / {names[0]}") for name in names[1:]),
    )
    table = Table(columns=columns, rows=tuple(map(_row, lines[:rows])))
    left = len(lines) - rows
    blocks: list[Block] = [table, *_remarks(lines[:rows], names)]
    if left > 0:
        blocks.append(Notes(lines=(f"and {left} more series: --format json has them all",)))
    return Section(heading="series", summary="the largest changes first", blocks=tuple(blocks))


def _row(line: Line) -> tuple[Cell, ...]:
    values = ("" if value is None else figure(value) for value in line.values)
    return (str(line.series.configuration), line.series.metric.name, *values, *map(_change, line.verdicts[1:]))


def _change(one: Verdict | None) -> str:
    if one is None or one.ratio is None:
        return ""
    interval = interval_words(one.low, one.high)
    mark = {"PASS": "~", "UNDECIDED": "~"}.get(one.state, one.state)
    return f"{change_words(one.ratio)}{f' ({interval})' if interval else ''} {mark}"


def _remarks(lines: Sequence[Line], names: Sequence[str]) -> Iterator[Notes]:
    """Why runs do not compare, each reason once."""
    found: dict[str, int] = {}
    for line in lines:
        for name, one in zip(names, line.verdicts, strict=True):
            if one is not None and one.state in ("INCOMPARABLE", "UNSTABLE"):
                said = f"{name}: {one.state}: {one.reason}"
                found[said] = found.get(said, 0) + 1
    if found:
        yield Notes(lines=tuple(f"{said} ({count} series)" for said, count in list(found.items())[:10]))


def _chart(found: SideBySide, names: Sequence[str]) -> Iterator[Section]:
    chosen = {one.first for one in found.choices}
    lines = [line for line in found.lines if line.series.configuration in chosen] or list(found.lines)
    for line in lines[:BARS]:
        metric = line.series.metric
        yield Section(
            heading=f"{metric.name}, {metric.unit}",
            summary=str(line.series.configuration),
            blocks=(Notes(lines=tuple(_bars(line, names))),),
        )


def _bars(line: Line, names: Sequence[str]) -> Iterator[str]:
    """A bar for each run, all from zero, so that their lengths are as their values."""
    longest = max((value for value in line.values if value is not None), default=1.0)
    for name, value in zip(names, line.values, strict=True):
        if value is None:
            yield f"{name:>2} {'-':>10}"
        else:
            yield f"{name:>2} {figure(value):>10} {'#' * max(round(BAR_SIGNS * value / longest), 1)}"
