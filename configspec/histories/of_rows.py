"""Rows that are in memory as a run: those of a run that is still going on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from configspec.histories.choosing import choose
from configspec.histories.columns import CountedColumns, MeasuredColumns, When
from configspec.histories.fields import followed
from configspec.histories.reading import night_of
from configspec.histories.run import Run
from configspec.histories.taking import RowTaker, TakenRows
from configspec.records.row import Row
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES, usual


def run_of_rows(
    rows: Iterable[Row],
    *,
    source: str,
    at_s: float,
    commit: str | None = None,
    choices: bool = True,
    objectives: Sequence[Objective] = OBJECTIVES,
) -> Run:
    """The run that these rows are.

    Args:
        rows: In the order in which they were finished.
        source: How the run is named.
        at_s: When it began, seconds since 1970 (UTC).
        commit: Of the project that measures.
        choices: Whether to rank them, which takes longer than all else.
        objectives: Whose values are series; what is chosen is chosen by the usual of them.
    """
    when = datetime.fromtimestamp(at_s, UTC)
    taker = RowTaker(followed(objectives), choices=choices)
    taken = TakenRows([taker(row) for row in rows], taker)
    columns, night = tuple(taken.columns()), night_of(when)
    figures = taken.figures_sha256(columns, when.isoformat())
    common = When(at_s=at_s, night=night, commit=commit)
    return Run(
        source=source,
        sha256=figures,
        at_s=at_s,
        night=night,
        measured=MeasuredColumns(taken.names, columns, taken.setups, common),
        counted=CountedColumns(taken.names, taken.setups, taken.counts, taken.counted()),
        chosen=choose(taken.ranked(), usual(objectives)) if choices else (),
        commit=commit,
        configspec=next((row.version for row in taken.rows if row.version), None),
        figures_sha256=figures,
    )


def run_of_values(values: Mapping[SeriesKey, Measured], number: int, run: Run) -> Run:
    """What was measured again in the same night: `number` 1 is the first time after `run` itself."""
    assert run.at_s is not None
    at_s = run.at_s + number
    return Run(
        source=f"{run.source}, measured again ({number})",
        sha256=f"{run.sha256} again {number}",  # equal figures are two measurements all the same
        at_s=at_s,
        night=run.night,
        measured={key: replace(one, at_s=at_s, night=run.night) for key, one in values.items()},
        counted={},
        chosen=(),
        commit=run.commit,
    )


def part_of(run: Run, devices: Collection[str], families: Collection[str] | None = None) -> Run:
    """Of a run what is of these devices and families; None: of all families."""

    def wanted(device: str, family: str) -> bool:
        return device in devices and (families is None or family in families)

    return replace(
        run,
        measured={
            one.series: one
            for one in run.measured.values()
            if wanted(one.series.configuration.device, one.series.configuration.family)
        },
        counted={key: one for key, one in run.counted.items() if wanted(key.device, key.family)},
        chosen=tuple(one for one in run.chosen if wanted(one.device, one.family)),
    )
