"""The rows that `--refine` has made: of all passes over their cells, in place of those of the sweep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import pytest

from configspec.devices.lock_wait import CLOCK
from configspec.errors import UsageError
from configspec.pytest_plugin.baseline_again import rows_here
from configspec.pytest_plugin.redaction import public_record
from configspec.pytest_plugin.refining import Known, Refinement, Refining
from configspec.pytest_plugin.rows import amend_row
from configspec.pytest_plugin.run import KeptRow
from configspec.pytest_plugin.sessions import more_rows_of
from configspec.records.codec import from_record, to_record
from configspec.records.row import KEY, Refined, Row
from configspec.records.shared import with_record
from configspec.reporting.figure_words import duration
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.selection.ranking import RankingRules
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.objectives.registry import objective

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun

REFINED = "configspec_refined"  # on a report: a plain value


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinedRows:
    """The rows that took the place of others, by configuration, and how it went."""

    rows: Mapping[ConfigurationId, Row]
    outcome: Refinement


def refined(run: MeasuringRun, config: pytest.Config, device: str) -> RefinedRows:
    """Time again what cannot be told from the best on a device.

    Raises:
        UsageError: This process has no row of it.
    """
    asked = run.asked.refine
    assert asked is not None
    rows = {row.id: row for row in rows_here(run, [device]) if row.end_to_end is None}
    if not rows:
        raise UsageError(
            f"--refine: nothing of {device} was measured in this process, so there is nothing to refine: its tests "
            "failed, or were left out. Select them too."
        )
    made: dict[ConfigurationId, Row] = {}

    def measure(cell: Cell, passes: int) -> Iterable[Known]:
        found = more_rows_of(run, config, cell, passes)
        for row in found.values():
            made[row.id] = _instead(rows.get(row.id), row, asked.objective, run.plan.inventory.sweep.passes)
        return rows_to_rank([made[row.id] for row in found.values()])

    refining = Refining(
        device,
        objective(asked.objective),
        rows_to_rank(list(rows.values())),
        measure,
        budget_s=asked.budget_s,
        now_s=CLOCK.now_s,
        rules=RankingRules(allow_throttled=run.asked.allow_throttled),
    )
    return RefinedRows(rows=made, outcome=refining.refine())


def _instead(first: Row | None, now: Row, by: str, of_sweep: int) -> Row:
    """A row of more passes, with what the first one says of the sweep and of its test."""
    if first is None:
        return now
    sweep_round_s = first.drafting.round_s if first.refined is None else first.refined.sweep_round_s
    more = max(len(now.drafting.passes or ()) - of_sweep, 1)
    return replace(now, outcome=first.outcome, refined=Refined(objective=by, passes=more, sweep_round_s=sweep_round_s))


def as_text(run: MeasuringRun, found: RefinedRows) -> str:
    """As it travels on a report: without private names, where this run leaves them out."""
    rows = [public_record(run, to_record(row)) for row in found.rows.values()]
    return json.dumps({"rows": rows, "outcome": asdict(found.outcome)})


def from_text(text: str) -> RefinedRows:
    """What `as_text` says."""
    told = json.loads(text)
    rows = [from_record(record, "a row that was refined") for record in told["rows"]]
    return RefinedRows(rows={row.id: row for row in rows}, outcome=Refinement(**told["outcome"]))


class RefinedKeeper:
    """The plugin of the process that keeps the rows."""

    def __init__(self, run: MeasuringRun, config: pytest.Config) -> None:
        self._run = run
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the rows in place of those of the sweep, in the journal too, before the test is reported as ended."""
        told = report.__dict__.pop(REFINED, None)
        if told is None:
            return
        found = from_text(told)
        self._run.refinements.append(found.outcome)
        for fullname, row in _replaced(self._run, found.rows):
            amend_row(self._run, self._config, fullname, KEY, to_record(row))
            self._run.resumed.discard(fullname)


def keep_here(run: MeasuringRun, rows: Mapping[ConfigurationId, Row]) -> None:
    """In a worker: what its later tests ask for are these rows."""
    for fullname, row in _replaced(run, rows):
        entry = with_record(run.rows[fullname].entry, to_record(row))
        run.rows[fullname] = KeptRow(fullname=fullname, entry=entry)


def _replaced(run: MeasuringRun, rows: Mapping[ConfigurationId, Row]) -> Iterator[tuple[str, Row]]:
    """The tests whose rows these take the place of; rows of real decoding stay."""
    for fullname, kept in list(run.rows.items()):
        if any(one.id in fullname for one in rows):
            row = kept.row
            if row.end_to_end is None and row.id in rows:
                yield fullname, rows[row.id]


def lines_of(one: Refinement, budget_s: float) -> Iterator[str]:
    """What the summary says of a device."""
    what = f"refined by {one.objective}: {one.device}"
    passes, cells = sum(one.passes.values()), len(one.passes)
    budget = f"{budget_s:g} s" if budget_s < 90 else duration(budget_s)
    if not passes and not one.problems:
        yield f"{what}: nothing was timed again: {one.ended}"
        return
    yield (
        f"{what}: {passes} more passes over {cells} cell{'s' if cells != 1 else ''} in {duration(one.seconds)}, of "
        f"{budget} at most; {one.before} could not be told from the best, {one.after} still cannot: "
        f"{one.ended}"
    )
    for cell, why in one.problems.items():
        yield f"{cell} was not timed again: {why}"
