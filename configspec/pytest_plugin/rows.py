"""How a finished row leaves a test: on the test's report, to the journal's process, before the next test begins.

Under pytest-xdist the report travels from the worker to the controller; without it, it stays in the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin.run import AGAIN, RUN, SENT, TAKEN, KeptRow
from configspec.pytest_plugin.shown import message
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.pytest_plugin.written_row import WrittenRow
    from configspec.records.journal import Journal

# Plain values on a report.
ROW, RESUMED, WHY_AGAIN, BUSY = "configspec_row", "configspec_resumed", "configspec_again", "configspec_busy"


def attach_row(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the row of `item` on its report: when it was called, and after its teardown if that changed it."""
    if AGAIN in item.stash and report.when == "setup":
        setattr(report, WHY_AGAIN, json.dumps(item.stash[AGAIN]))
    from configspec.pytest_plugin.written_row import WRITTEN

    written = item.stash.get(WRITTEN, None)
    if written is None:
        return
    try:
        own = written.own_values()
    except UsageError as problem:
        own = {}
        if not written.has_told:
            written.has_told = True
            _fail(report, message(problem, item.config))
    run = item.config.stash[RUN]
    if report.when == "call":
        written.record["outcome"], run.unreported = report.outcome, None
    text = put_back(run, written, own)
    if report.when == "teardown":
        del item.stash[WRITTEN]  # the last report; pytest keeps all tests to the end
    digest = hashlib.sha256(text.encode()).digest()  # pytest keeps all tests to the end, and these with them
    if digest == item.stash.get(SENT, None):
        return
    item.stash[SENT] = digest
    setattr(report, ROW, text)
    if TAKEN in item.stash:
        setattr(report, RESUMED, True)


def put_back(run: MeasuringRun, written: WrittenRow, own: Mapping[str, object]) -> str:
    """The row as this run may write it, in pytest-benchmark's hands and as JSON; with `own` values of the test."""
    from configspec.pytest_plugin.redaction import public_extra_info
    from configspec.records.row import KEY

    return written.put_back(public_extra_info(run, {**own, KEY: written.record}))


def _fail(report: pytest.TestReport, why: str) -> None:
    """A test's own values are lost: it fails, or says so beside the reason why it has failed already."""
    if report.failed:
        report.sections.append(("configspec", why))
    else:
        report.outcome, report.longrepr = "failed", why


def mark_busy(report: pytest.TestReport, problem: BaseException) -> None:
    """Note on a report that another run holds the test's device."""
    from configspec.devices.faults import DeviceBusy

    if isinstance(problem, DeviceBusy):
        setattr(report, BUSY, True)


class RowKeeper:
    """The plugin of the process that keeps the rows: the only one, or the controller of workers."""

    def __init__(self, run: MeasuringRun, config: pytest.Config) -> None:
        self._run = run
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The row is on the disk before its test is reported as ended."""
        before = self._run.journal_problem
        take_row(self._run, report)
        if self._run.journal_problem is not None and before is None:
            from configspec.pytest_plugin.summary import tell_unwritten

            tell_unwritten(self._run, self._config)  # there is still time to make room
        if report.failed:
            device = device_in(report.nodeid, self._run.devices)
            self._run.kept_out_of.setdefault(device, hasattr(report, BUSY))  # the first cause applies to all

    @pytest.hookimpl(trylast=True)  # after pytest-benchmark has written, and before the summary
    def pytest_sessionfinish(self) -> None:
        """Look where the rows are."""
        from configspec.pytest_plugin.whereabouts import look

        self._run.whereabouts = look(self._run)


def take_row(run: MeasuringRun, report: pytest.TestReport) -> None:
    """Keep the row that came with a report, and journal it."""
    why = getattr(report, WHY_AGAIN, None)
    if why is not None:
        _drop(run, report.nodeid, json.loads(why))
    text = getattr(report, ROW, None)
    if text is None:
        return
    delattr(report, ROW)  # pytest keeps the reports of all tests to the end
    _keep(run, text, resumed=hasattr(report, RESUMED))


def take_unreported(run: MeasuringRun) -> None:
    """Keep the row of a test that Ctrl-C, SIGTERM or `pytest.exit` has ended: it has no report, and it is measured."""
    from configspec.pytest_plugin.written_row import WRITTEN

    item, run.unreported = run.unreported, None
    if item is not None and WRITTEN in item.stash and item.nodeid not in run.rows:
        _keep(run, put_back(run, item.stash[WRITTEN], {}), resumed=TAKEN in item.stash)


def amend_row(run: MeasuringRun, config: pytest.Config, fullname: str, key: str, value: object) -> None:
    """Add a value to `extra_info` of a row that is kept. The journal gets the row once more: its last line counts."""
    from configspec.pytest_plugin.private_benchmark import add_to_row

    entry = run.rows[fullname].entry
    extra = entry.get("extra_info")
    entry["extra_info"] = {**(extra if isinstance(extra, dict) else {}), key: value}
    kept = run.rows[fullname] = KeptRow(fullname=fullname, entry=entry)
    add_to_row(config, fullname, key, value)
    _journalled(run, lambda journal: journal.append_json(kept.json))


def _keep(run: MeasuringRun, text: str, *, resumed: bool) -> None:
    entry: dict[str, object] = json.loads(text)
    kept = KeptRow(fullname=str(entry["fullname"]), entry=entry)
    run.rows[kept.fullname] = kept
    if resumed:
        run.resumed.add(kept.fullname)
    _journalled(run, lambda journal: journal.append_json(kept.json))


def _drop(run: MeasuringRun, fullname: str, why: Sequence[str]) -> None:
    path, then, now = why
    run.again.append((path, then, now))
    _journalled(run, lambda journal: journal.drop(fullname, f"{path} was {then}, is {now}"))


def _journalled(run: MeasuringRun, write: Callable[[Journal], None]) -> None:
    """A full disk does not end the run: what could not be written is tried again with each next row."""
    run.unwritten.append(write)
    catch_up(run)


def catch_up(run: MeasuringRun) -> None:
    """Write what the journal lacks, in order, if it can be written now."""
    run.journal_problem = None
    if run.journal is None:
        return
    try:
        while run.unwritten:
            run.unwritten[0](run.journal)
            del run.unwritten[0]
    except OSError as problem:
        run.journal_problem = problem.strerror or str(problem)
