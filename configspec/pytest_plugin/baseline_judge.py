"""Judges the tests that compare, in the process that keeps the rows: the only one, or the controller of workers.

It hears of a test's end before anybody else does (terminal, JUnit, `-x`, `--lf`), and decides how it ended:

    failed     REGRESSED, or a state that the person chose
    passed     compared, and no failure
    skipped    could not be compared, with the reason

A device is judged once, when the first of its tests that compare is over: all its tests that measure are, by then.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.histories.judging import check
from configspec.histories.of_rows import run_of_rows, run_of_values
from configspec.histories.renaming import configurations
from configspec.printable import printable_line
from configspec.pytest_plugin.baseline import NOW
from configspec.pytest_plugin.baseline_again import MEASURED_AGAIN, MeasuredAgain, from_text, rows_here
from configspec.pytest_plugin.baseline_items import GROUP
from configspec.pytest_plugin.baseline_positions import first_position
from configspec.pytest_plugin.baseline_words import failure
from configspec.pytest_plugin.rows import amend_row
from configspec.pytest_plugin.shown import message
from configspec.records.codec import to_record
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.states import COMPARED, Against, Outcome, State, Verdict, outcome

if TYPE_CHECKING:
    from configspec.histories.run import Run
    from configspec.pytest_plugin.baseline import Baseline, Declared
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.records.row import Row
    from configspec.regression.series import SeriesKey
    from configspec.theory.ids import ConfigurationId

AGAIN_KEY = "configspec_measured_again"  # in `extra_info` of a row
NOTHING_OF_IT = "it was there before, and nothing that the baseline has of its device was measured"
GONE = "it is gone, and that was accepted"


class BaselineJudge:
    """The plugin; `verdicts` are those of the tests that are over, `new` those of choices that the baseline lacks."""

    def __init__(self, run: MeasuringRun, baseline: Baseline, config: pytest.Config) -> None:
        self.baseline = baseline
        self.verdicts: dict[str, Verdict] = {}
        self.new: dict[str, list[Verdict]] = {}
        self.problems: dict[str, str] = {}  # by cell: why it was not measured again
        self.refused: dict[str, str] = {}  # by device: why nothing of it can be compared
        self._run = run
        self._config = config
        self._again: dict[ConfigurationId, tuple[Row, ...]] = {}
        self._now: dict[str, Run] = {}  # by device
        self._judged: dict[str, Outcome] = {}
        self._by_name = {one.name: one for one in baseline.declared}

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest's own, which counts failures
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Decide how a test of ours ended."""
        group, _, name = report.nodeid.partition("::")
        one = self._by_name.get(name) if group == GROUP else None
        if one is not None and report.when == "call" and report.passed:
            told = report.__dict__.pop(MEASURED_AGAIN, None)
            if told is not None:
                self._take_again(from_text(told))
            self._decide(one, report)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Where nothing was compared, the run has failed: it was asked to compare."""
        if session.exitstatus == pytest.ExitCode.OK and not self.outcome.compared and not _only_collects(session):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def outcome(self) -> Outcome:
        """All verdicts so far."""
        found = [*self.verdicts.values(), *(one for some in self.new.values() for one in some)]
        return outcome(found, self.baseline.request.also)

    @property
    def failing(self) -> frozenset[State]:
        """The states that fail."""
        return frozenset(("REGRESSED", *self.baseline.request.also))

    def _decide(self, one: Declared, report: pytest.TestReport) -> None:
        try:
            found = self._of_device(one.device)
        except ConfigspecError as problem:
            self.refused[one.device] = problem.lines[0]
            report.outcome, report.longrepr = "failed", message(problem, self._config)
            return
        verdict = next((each for each in found.verdicts if one.is_of(each)), None)
        if verdict is None:
            _skip(report, GONE)
            return
        self.verdicts[one.name] = verdict
        if verdict.state in self.failing:
            report.outcome, report.longrepr = "failed", self._failure(verdict)
        elif verdict.state not in COMPARED:
            _skip(report, f"{verdict.state}: {verdict.reason}")

    def _of_device(self, device: str) -> Outcome:
        if device not in self._judged:
            self._judged[device] = self._judge(device)
        return self._judged[device]

    def _judge(self, device: str) -> Outcome:
        """The verdicts of one device's tests, and of what the device chose that the baseline has no choice for."""
        base = self.baseline
        rows = rows_here(self._run, [device])
        now = self._now[device] = run_of_rows(rows, source=NOW, at_s=base.at_s, commit=base.commit)
        if not configurations(now) & {one for run in base.runs for one in configurations(run)}:
            return outcome([self._missing(one) for one in base.of(device)])
        found = check([now], base.runs, base.request)
        again = self._again_runs(now, [one.series for one in found.verdicts if one.state == "SUSPECT"])
        if again:
            found = check([now, *again], base.runs, base.request)
        self.new[device] = [one for one in found.verdicts if one.state == "NEW" and one.against == "choice"]
        return outcome([self._explained(one) for one in found.verdicts])

    def _again_runs(self, now: Run, suspects: Sequence[SeriesKey]) -> list[Run]:
        """The runs that were made of what is suspect, with nothing else that was measured beside it."""
        times = max((len(rows) for rows in self._again.values()), default=0)
        found = []
        for number in range(times):
            rows = [of_one[number] for of_one in self._again.values()]
            measured = run_of_rows(rows, source=NOW, at_s=self.baseline.at_s, choices=False).measured
            values = {key: measured[key] for key in suspects if key in measured}
            if values:
                found.append(run_of_values(values, number + 1, now))
        return found

    def _take_again(self, told: MeasuredAgain) -> None:
        """Keep what was measured again, in the journal too, beside the row that was measured first."""
        self.problems.update(told.problems)
        self._again.update(told.rows)
        for fullname, kept in list(self._run.rows.items()):
            rows = told.rows.get(kept.row.id, ()) if any(one.id in fullname for one in told.rows) else ()
            if rows and kept.row.end_to_end is None:
                amend_row(self._run, self._config, fullname, AGAIN_KEY, [to_record(row) for row in rows])

    def _missing(self, one: Declared) -> Verdict:
        against: Against = "history" if one.objective is None else "choice"
        return self._explained(Verdict(series=one.series, state="MISSING", reason=NOTHING_OF_IT, against=against))

    def _explained(self, verdict: Verdict) -> Verdict:
        """A verdict with what only this run knows of its reason."""
        it = verdict.series.configuration
        why = ""
        if verdict.state == "MISSING":
            asked = it in self._run.plan.configurations
            why = "its test did not measure it" if asked else "this run was not asked to measure it"
        elif verdict.state == "SUSPECT" and str(it.cell) in self.problems:
            why = f"it could not be measured again: {self.problems[str(it.cell)]}"
        elif verdict.state in ("REGRESSED", "IMPROVED") and verdict.series.metric == ACCEPTANCE:
            now = self._now[it.device]
            why = first_position(verdict, now, self.baseline.runs, row_of(self._run, it), self._run.samples)
        return replace(verdict, reason=f"{verdict.reason}; {why}") if why else verdict

    def _failure(self, verdict: Verdict) -> str:
        now = self._now[verdict.series.configuration.device]
        return failure(verdict, now.measured.get(verdict.series), self.baseline)


def row_of(run: MeasuringRun, configuration: ConfigurationId) -> Row | None:
    """The profiled row of a configuration, where this process has it."""
    rows = rows_here(run, [configuration.device])
    return next((row for row in rows if row.id == configuration and row.end_to_end is None), None)


def _skip(report: pytest.TestReport, why: str) -> None:
    report.outcome, report.longrepr = "skipped", (GROUP, 0, printable_line(f"Skipped: {why}"))


def _only_collects(session: pytest.Session) -> bool:
    return bool(session.config.option.collectonly)
