"""Rows of one file, reduced to what a run keeps of them.

Of rows with the same name the last counts, and a row of real decoding only where its configuration was not profiled:
it holds the profile of an earlier row, with doubts that are of the decoding.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from configspec.histories.as_swept import as_swept
from configspec.histories.assumptions import assumptions
from configspec.histories.columns import Column, Counts, Names, kept
from configspec.histories.fields import Followed, disturbances, setup_of
from configspec.records.known_setups import NamedParts, PartsOfRows
from configspec.records.row import Row
from configspec.regression.metrics import ACCEPTANCE, DRAFTING
from configspec.regression.series import Disturbance, Setup
from configspec.theory.flags import Flag
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Figures, Objective, figures_at, times_at
from configspec.theory.plausibility.registry import findings
from configspec.theory.plausibility.rule import Finding, Subject
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True)
class TakenRow:
    """What is kept of one row; `setups` has an entry for each series that it may have."""

    id: ConfigurationId
    figures: Figures[float]
    drafting_tokens_per_s: float
    by_prompt: tuple[tuple[float, float], ...]
    configuration: Configuration | None  # with its samples, where choices are asked for
    serving: Serving
    decoded: bool
    setups: tuple[int, ...]
    lacking: tuple[int, ...]  # numbers of the series that it has no value of
    flags: tuple[Flag, ...]
    began: str  # its first pass; empty where nobody says
    version: str | None  # of configspec


@dataclass(frozen=True, slots=True)
class _Assumed:
    """Serving assumptions, equal ones once: which series have no value, which may, and the fields of each."""

    serving: Serving
    unavailable: tuple[int, ...]
    objectives: tuple[tuple[int, Objective], ...]
    fields: tuple[Setup, ...]
    times_s: dict[int, tuple[float, float]]  # of each K that was met, `times_at`


class RowTaker:
    """Takes from each row what is kept of it; equal setups are held once, in `setups`, each with its number."""

    def __init__(self, series: Sequence[Followed], *, choices: bool) -> None:
        """`series` are those that a row may have; for `choices` whole configurations are kept."""
        self.series = series
        self._choices = choices
        self.setups: dict[Setup, int] = {}
        self._parts = PartsOfRows()
        self._known: dict[tuple[object, ...], tuple[NamedParts, tuple[int, ...]]] = {}
        self._servings: dict[Serving, _Assumed] = {}

    def __call__(self, row: Row) -> TakenRow:
        """What is kept of this one."""
        swept = as_swept(row)  # nights ask the same prompts, whatever each added to them
        configuration = swept.configuration
        assumed = self._assumed(row.serving)
        serving = assumed.serving
        times_s = assumed.times_s.get(configuration.k)
        if times_s is None:
            times_s = assumed.times_s[configuration.k] = times_at(configuration.k, serving)
        host, passes = row.environment.host, row.drafting.passes
        return TakenRow(
            configuration.id,
            figures_at(configuration, times_s),
            configuration.drafting_tokens_per_s,
            configuration.acceptance.by_prompt,
            (configuration if swept is row else row.configuration) if self._choices else None,
            serving,
            row.end_to_end is not None,
            self._setups_of(row, assumed),
            (
                *assumed.unavailable,
                *(n for n, one in assumed.objectives if one.lacks(configuration, serving) is not None),
            ),
            row.flags,
            passes[0].began if passes else "",
            None if host is None else host.configspec,
        )

    def _assumed(self, found: Serving) -> _Assumed:
        known = self._servings.get(found)
        if known is None:
            objectives = [(n, one.objective) for n, one in enumerate(self.series) if one.objective is not None]
            unavailable = tuple(n for n, one in objectives if one.unavailable(found) is not None)
            known = self._servings[found] = _Assumed(
                found,
                unavailable,
                tuple((n, one) for n, one in objectives if n not in unavailable),
                tuple(assumptions(one.objective, found) for one in self.series),
                {},
            )
        return known

    def _setups_of(self, row: Row, assumed: _Assumed) -> tuple[int, ...]:
        parts, health, board = self._parts.of(row), row.environment.health, row.environment.device
        # Equal parts of one cell are one object, which lives as long as the entry; so are equal assumptions.
        key = (
            id(parts),
            id(assumed),
            None if health is None else (health.power_mode, health.governor),
            None if board is None else board.governor,
            row.power.kind,
        )
        known = self._known.get(key)
        if known is None:
            numbers = (
                self.setups.setdefault(setup_of(one, row, parts, fields), len(self.setups))
                for one, fields in zip(self.series, assumed.fields, strict=True)
            )
            known = self._known[key] = parts, tuple(numbers)
        return known[1]


class TakenRows:
    """One row a configuration, in the order of their names, as columns."""

    def __init__(self, rows: Sequence[TakenRow], taker: RowTaker) -> None:
        """`rows` as they stand in the file."""
        found: dict[ConfigurationId, TakenRow] = {}
        for row in rows:
            earlier = found.get(row.id)
            if earlier is None or earlier.decoded or not row.decoded:
                found[row.id] = row
        self.rows = sorted(found.values(), key=_order)
        self.names = Names([row.id for row in self.rows])
        self.setups = tuple(taker.setups)
        self._series = taker.series

    def columns(self) -> Iterator[Column]:
        """One a series that any row has a value of."""
        values = _values(self.rows, self._series)
        disturbed = [place for place, row in enumerate(self.rows) if row.flags]
        setups = list(zip(*(row.setups for row in self.rows), strict=True))
        for number, one in enumerate(self._series):
            places = np.flatnonzero(np.isfinite(values[number]) & (values[number] > 0)).tolist()
            if places:
                yield Column(
                    metric=one.metric,
                    places=places,
                    values=array("d", [kept(value) for value in values[number][places].tolist()]),
                    setups=array("I", [setups[number][place] for place in places]),
                    disturbed=self._disturbed(one, disturbed, set(places)),
                )

    def _disturbed(
        self, one: Followed, places: Sequence[int], having: set[int]
    ) -> Mapping[int, tuple[Disturbance, ...]]:
        found = {place: disturbances(one, self.rows[place].flags) for place in places if place in having}
        return {place: why for place, why in found.items() if why}

    def ranked(self) -> list[tuple[Configuration, Serving]]:
        """What may be chosen from."""
        return [(row.configuration, row.serving) for row in self.rows if row.configuration is not None]

    def findings(self) -> tuple[Finding, ...]:
        """What of that is hardly plausible."""
        return findings(Subject(configuration=one, serving=serving) for one, serving in self.ranked())

    def counted(self) -> list[int]:
        """The places of those that were counted prompt by prompt."""
        return [place for place, row in enumerate(self.rows) if row.by_prompt]

    def counts(self) -> list[Counts]:
        """What was counted of them. Where the draft samples they are expected values, here rounded."""
        acceptance = next(number for number, one in enumerate(self._series) if one.metric == ACCEPTANCE)
        return [
            Counts(
                place=place,
                setup=self.rows[place].setups[acceptance],
                rounds=tuple(round(rounds) for rounds, _ in self.rows[place].by_prompt),
                accepted=tuple(round(accepted) for _, accepted in self.rows[place].by_prompt),
            )
            for place in self.counted()
        ]

    def figures_sha256(self, columns: Sequence[Column], date: str) -> str:
        """The same of two files of one run: of every value and when it was measured, else of the file's date."""
        found = hashlib.sha256()
        for row in self.rows:
            cell, k = row.id.cell, row.id.k
            text = (cell.device, cell.family, cell.drafter.draft, cell.drafter.quant, str(k), row.began or date)
            found.update("\0".join((*text, *map(str, cell.settings))).encode("utf-8", "replace"))
        for column in columns:
            found.update(column.metric.name.encode() + column.values.tobytes())
        return found.hexdigest()


def _order(row: TakenRow) -> tuple[object, ...]:
    cell = row.id.cell
    one = cell.drafter
    return cell.device, cell.family, one.draft, one.quant, one.algorithm, cell.settings, row.id.k


def _values(rows: Sequence[TakenRow], series: Sequence[Followed]) -> NDArray[np.float64]:
    """The value of each series and row, shape (series, rows); NaN where there is none."""
    values = np.full((len(series), len(rows)), np.nan)
    groups: dict[Serving, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.serving, []).append(place)
    for serving, places in groups.items():
        some = [rows[place] for place in places]
        figures = _figures([row.figures for row in some])
        drafting = np.array([row.drafting_tokens_per_s for row in some])
        for number, one in enumerate(series):
            able = np.array([number not in row.lacking for row in some])
            if able.any():
                found = np.broadcast_to(_value(one, figures, drafting, serving), len(places))
                values[number, places] = np.where(able, found, np.nan)
    return values


def _figures(each: Sequence[Figures[float]]) -> Figures[NDArray[np.float64]]:
    """All of them at once."""
    names = [one.name for one in fields(Figures)]
    columns = np.array([[getattr(one, name) for name in names] for one in each], dtype=np.float64).T
    return Figures(**dict(zip(names, columns, strict=True)))


def _value(
    one: Followed, figures: Figures[NDArray[np.float64]], drafting: NDArray[np.float64], serving: Serving
) -> NDArray[np.float64]:
    if one.objective is not None:
        return one.objective.value(figures, serving)
    return drafting if one.metric == DRAFTING else figures.alpha
