"""What is suspect is measured again, twice, by the process that has the device: a worker, or the only process.

A worker does not know the baseline. It is told what a first look at each of its series needs (`FirstLook`), and looks
when all tests of the device that measure are over. Every suspect cell is measured again once, then every one a second
time, so that the three runs of a cell lie apart as far as the end of the device's tests allows.

The rows travel on the report of the device's first test that compares; the process that keeps the rows judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from configspec.errors import ConfigspecError
from configspec.histories.judge_metric import MetricRules, judge_metric
from configspec.histories.judging import TONIGHT
from configspec.histories.of_rows import run_of_rows
from configspec.pytest_plugin.redaction import public_record
from configspec.pytest_plugin.sessions import again_rows_of
from configspec.records.codec import from_record, to_record
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    import pytest

    from configspec.pytest_plugin.baseline import Baseline
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.records.row import Row
    from configspec.theory.ids import Cell, ConfigurationId

MEASURED_AGAIN = "configspec_measured_again"  # on a report: a plain value


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What it takes to see whether a series is suspect: its earlier runs, oldest first, and its rules."""

    name: str  # of its test
    earlier: tuple[Measured, ...]
    rules: MetricRules

    def suspects(self, now: Measured) -> bool:
        """Whether a value of this run has to be measured again."""
        after_s = max((one.at_s for one in self.earlier), default=0.0)
        tonight = replace(now, night=TONIGHT, at_s=max(now.at_s, after_s + 1.0))
        return judge_metric([tonight], self.earlier, self.rules).state == "SUSPECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredAgain:
    """The rows of a device's suspect configurations, one a time that it was measured again.

    `problems`: why a cell, by its name, could not be measured again as often as it takes. It has no rows here.
    """

    rows: Mapping[ConfigurationId, tuple[Row, ...]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def first_looks(baseline: Baseline) -> tuple[FirstLook, ...]:
    """One for each declared series that is measured; what is counted needs no second look."""
    request = baseline.request
    return tuple(
        FirstLook(
            name=one.name,
            earlier=tuple(run.measured[one.series] for run in baseline.runs if one.series in run.measured),
            rules=MetricRules(
                floor=request.floors.of(one.series),
                known=request.floors.known(one.series),
                changes=request.changes,
                together=baseline.together,
            ),
        )
        for one in baseline.declared
        if one.objective is None and one.series.metric != ACCEPTANCE
    )


def packed_looks(looks: Sequence[FirstLook]) -> bytes:
    """As they travel to a worker."""
    return msgspec.msgpack.encode(looks)


def unpacked_looks(packed: bytes) -> tuple[FirstLook, ...]:
    """What `packed_looks` packed."""
    return msgspec.msgpack.decode(packed, type=tuple[FirstLook, ...])


def suspects(
    looks: Sequence[FirstLook], run: MeasuringRun, names: Sequence[str], at_s: float
) -> dict[SeriesKey, Measured]:
    """The suspect series among the tests `names`, with what this run measured of them."""
    wanted = {look.earlier[0].series: look for look in looks if look.name in names and look.earlier}
    ids = {key.configuration for key in wanted}
    rows = [row for row in rows_here(run, {one.device for one in ids}) if row.id in ids]
    now = run_of_rows(rows, source="first look", at_s=at_s, choices=False).measured
    return {key: now[key] for key, look in wanted.items() if key in now and look.suspects(now[key])}


def rows_here(run: MeasuringRun, devices: Sequence[str] | set[str]) -> Iterator[Row]:
    """The rows of these devices that this process has."""
    for fullname, kept in list(run.rows.items()):
        if device_in(fullname, devices) is not None:
            yield kept.row


def measure_again(
    run: MeasuringRun, config: pytest.Config, configurations: Sequence[ConfigurationId], times: int
) -> MeasuredAgain:
    """Measure the cells of these configurations, each `times` times more, and keep the rows of the configurations."""
    cells = dict.fromkeys(one.cell for one in configurations)
    found: dict[Cell, list[Mapping[int, Row]]] = {cell: [] for cell in cells}
    problems: dict[str, str] = {}
    for _ in range(times):
        for cell in [one for one in cells if str(one) not in problems]:
            try:
                found[cell].append(again_rows_of(run, config, cell))
            except ConfigspecError as problem:
                problems[str(cell)] = problem.lines[0]
    rows = {
        one: tuple(by_k[one.k] for by_k in found[one.cell]) for one in configurations if str(one.cell) not in problems
    }
    return MeasuredAgain(rows=rows, problems=problems)


def as_text(run: MeasuringRun, found: MeasuredAgain) -> str:
    """As it travels on a report: without private names, where this run leaves them out."""
    rows = [[public_record(run, to_record(row)) for row in of_one] for of_one in found.rows.values()]
    return json.dumps({"rows": rows, "problems": dict(found.problems)})


def from_text(text: str) -> MeasuredAgain:
    """What `as_text` says."""
    told = json.loads(text)
    rows = [tuple(from_record(record, "a row measured again") for record in of_one) for of_one in told["rows"]]
    return MeasuredAgain(rows={of_one[0].id: of_one for of_one in rows if of_one}, problems=told["problems"])
