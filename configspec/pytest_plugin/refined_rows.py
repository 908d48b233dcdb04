"""The rows that `--refine` has made: of all passes and prompts, in place of those of the sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pytest

from configspec.count_words import count_words
from configspec.devices.lock_wait import CLOCK
from configspec.errors import UsageError
from configspec.pytest_plugin.baseline_again import rows_here
from configspec.pytest_plugin.redaction import public_record
from configspec.pytest_plugin.refine_items import RAN
from configspec.pytest_plugin.refined_measuring import MeasuringRows
from configspec.pytest_plugin.refining import Refinement, Refining
from configspec.pytest_plugin.rows import amend_row
from configspec.pytest_plugin.run import KeptRow
from configspec.records.codec import from_record, to_record
from configspec.records.row import KEY, Row
from configspec.records.shared import with_record
from configspec.reporting.figure_words import duration
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.selection.ranking import RankingRules
from configspec.theory.ids import ConfigurationId
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
    """Measure more of what cannot be told from the best on a device.

    Raises:
        UsageError: This process has no row of it.
    """
    asked = run.asked.refine
    assert asked is not None
    begun_s = CLOCK.now_s()
    rows = {row.id: row for row in rows_here(run, [device]) if row.end_to_end is None}
    if not rows:
        raise UsageError(
            f"--refine: nothing of {device} was measured in this process, so there is nothing to refine: its tests "
            "failed, or were left out. Select them too."
        )
    measuring = MeasuringRows(run, config, rows, asked.objective)
    measuring.go_on(lambda: CLOCK.now_s() - begun_s < asked.budget_s)
    refining = Refining(
        device,
        objective(asked.objective),
        rows_to_rank(list(measuring.rows.values())),
        measuring,
        budget_s=asked.budget_s - (CLOCK.now_s() - begun_s),
        now_s=CLOCK.now_s,
        rules=RankingRules(allow_throttled=run.asked.allow_throttled),
    )
    outcome = refining.refine()
    return RefinedRows(rows=measuring.made, outcome=outcome)


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
        device = report.__dict__.pop(RAN, None)
        if device is not None:
            self._run.refine_ran.add(device)
        told = report.__dict__.pop(REFINED, None)
        if told is None:
            return
        found = from_text(told)
        self._run.refinements.append(found.outcome)
        for fullname, row in _replaced(self._run, found.rows):
            amend_row(self._run, self._config, fullname, KEY, to_record(row))
            if row.resumed is None:  # else it was counted over more prompts, and not timed
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
    budget = f"{budget_s:g} s" if budget_s < 90 else duration(budget_s)
    if not one.passes and not one.prompts and not one.problems:
        yield f"{what}: nothing more was measured: {one.ended}"
        return
    done = [
        _passes_words(one),
        *(f"{count_words(count, 'more prompt')} of {family}" for family, count in one.prompts.items()),
    ]
    yield (
        f"{what}: {' and '.join(filter(None, done)) or 'nothing'} in {duration(one.seconds)}, of "
        f"{budget} at most; {one.before} could not be told from the best, {one.after} still cannot: "
        f"{one.ended}"
    )
    for thing, why in one.problems.items():
        yield f"{thing} was not measured again: {why}"


def _passes_words(one: Refinement) -> str:
    passes, cells = sum(one.passes.values()), len(one.passes)
    return f"{count_words(passes, 'more pass', 'more passes')} over {count_words(cells, 'cell')}" if passes else ""
