"""Rows of one file, reduced to what a run keeps of them.

Of rows with the same name the last counts, and a row of real decoding only where its configuration was not profiled:
it holds the profile of an earlier row, with doubts that are of the decoding.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from configspec.histories.columns import Column, Counts, Names, kept
from configspec.histories.fields import Followed, disturbances, setup_of
from configspec.records.known_setups import NamedParts, PartsOfRows
from configspec.records.row import Row
from configspec.regression.metrics import ACCEPTANCE, DRAFTING
from configspec.regression.series import Disturbance, Setup
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Figures, figures_of
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True)
class TakenRow:
    """What is kept of one row; `values`, `setups` and `disturbed` have an entry for each series that it may have."""

    configuration: Configuration
    serving: Serving
    decoded: bool
    values: tuple[float | None, ...]
    setups: tuple[int, ...]
    disturbed: tuple[tuple[Disturbance, ...], ...]
    began: str  # its first pass; empty where nobody says
    version: str | None  # of configspec


class RowTaker:
    """Takes from each row what is kept of it; equal setups are held once, in `setups`, each with its number."""

    def __init__(self, series: Sequence[Followed]) -> None:
        """`series` are those that a row may have."""
        self.series = series
        self.setups: dict[Setup, int] = {}
        self._calm: tuple[tuple[Disturbance, ...], ...] = ((),) * len(series)
        self._parts = PartsOfRows()
        self._known: dict[tuple[object, ...], tuple[NamedParts, tuple[int, ...]]] = {}
        self._servings: dict[Serving, tuple[Serving, tuple[bool, ...]]] = {}

    def __call__(self, row: Row) -> TakenRow:
        """What is kept of this one."""
        configuration = row.configuration
        serving, available = self._serving(row.serving)
        figures, flags = figures_of(configuration, serving), configuration.flags
        host, passes = row.environment.host, row.drafting.passes
        return TakenRow(
            configuration=configuration,
            serving=serving,
            decoded=row.end_to_end is not None,
            values=tuple(
                _value(one, configuration, serving, figures) if able else None
                for one, able in zip(self.series, available, strict=True)
            ),
            setups=self._setups_of(row, serving),
            disturbed=tuple(disturbances(one, flags) for one in self.series) if flags else self._calm,
            began=passes[0].began if passes else "",
            version=None if host is None else host.configspec,
        )

    def _serving(self, found: Serving) -> tuple[Serving, tuple[bool, ...]]:
        """The assumptions, equal ones once, and under which of them each series can have a value."""
        known = self._servings.get(found)
        if known is None:
            able = tuple(one.objective is None or one.objective.unavailable(found) is None for one in self.series)
            known = self._servings[found] = found, able
        return known

    def _setups_of(self, row: Row, serving: Serving) -> tuple[int, ...]:
        parts, health, board = self._parts.of(row), row.environment.health, row.environment.device
        # Equal parts of one cell are one object, which lives as long as the entry; so are equal assumptions.
        key = (
            id(parts),
            id(serving),
            None if health is None else (health.power_mode, health.governor),
            None if board is None else board.governor,
            row.power.kind,
        )
        known = self._known.get(key)
        if known is None:
            numbers = (self.setups.setdefault(setup_of(one, row, parts), len(self.setups)) for one in self.series)
            known = self._known[key] = parts, tuple(numbers)
        return known[1]


class TakenRows:
    """One row a configuration, in the order of their names, as columns."""

    def __init__(self, rows: Sequence[TakenRow], taker: RowTaker) -> None:
        """`rows` as they stand in the file."""
        found: dict[ConfigurationId, TakenRow] = {}
        for row in rows:
            earlier = found.get(row.configuration.id)
            if earlier is None or earlier.decoded or not row.decoded:
                found[row.configuration.id] = row
        self.rows = sorted(found.values(), key=lambda row: _order(row.configuration.id))
        self.names = Names([row.configuration.id for row in self.rows])
        self.setups = tuple(taker.setups)
        self._series = taker.series

    def columns(self) -> Iterator[Column]:
        """One a series that any row has a value of."""
        for number, one in enumerate(self._series):
            pairs = [(place, row.values[number]) for place, row in enumerate(self.rows)]
            having = [(place, value) for place, value in pairs if value is not None]
            if having:
                yield Column(
                    metric=one.metric,
                    places=[place for place, _ in having],
                    values=array("d", [value for _, value in having]),
                    setups=[self.rows[place].setups[number] for place, _ in having],
                    disturbed={place: why for place, _ in having if (why := self.rows[place].disturbed[number])},
                )

    def counts(self) -> list[Counts]:
        """Those that were counted prompt by prompt. Where the draft samples they are expected values, here rounded."""
        acceptance = next(number for number, one in enumerate(self._series) if one.metric == ACCEPTANCE)
        return [
            Counts(
                place=place,
                setup=row.setups[acceptance],
                rounds=tuple(round(rounds) for rounds, _ in by_prompt),
                accepted=tuple(round(accepted) for _, accepted in by_prompt),
            )
            for place, row in enumerate(self.rows)
            if (by_prompt := row.configuration.acceptance.by_prompt)
        ]

    def figures_sha256(self, date: str) -> str:
        """The same of two files of one run: of every figure and when it was measured, else of the file's date."""
        found = hashlib.sha256()
        for row in self.rows:
            found.update(f"{_order(row.configuration.id)} {row.values} {row.began or date}\n".encode())
        return found.hexdigest()


def _order(one: ConfigurationId) -> tuple[object, ...]:
    cell = one.cell
    return cell.device, cell.family, cell.drafter.draft, cell.drafter.quant, cell.drafter.algorithm, cell.settings, one.k


def _value(one: Followed, configuration: Configuration, serving: Serving, figures: Figures[float]) -> float | None:
    """The value of a series; None where there is none, or none that has a logarithm."""
    if one.objective is not None:
        lacking = one.objective.lacks(configuration, serving) is not None
        value = None if lacking else one.objective.value(figures, serving)
    elif one.metric == DRAFTING:
        value = configuration.drafting_tokens_per_s
    else:
        value = configuration.acceptance.rate.value
    return kept(value) if value is not None and 0 < value < float("inf") else None
