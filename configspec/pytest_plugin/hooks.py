"""pytest's hooks in a testbed: when something is done. How it is done is mostly in other modules of this package."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError, UsageError
from configspec.printable import printable_line
from configspec.pytest_plugin import private_benchmark, private_xdist
from configspec.pytest_plugin.absence import MEASURING
from configspec.pytest_plugin.clock import ReportedClock
from configspec.pytest_plugin.fixtures import CALLS, Calls
from configspec.pytest_plugin.private_pytest import configuration_of, fixtures_of
from configspec.pytest_plugin.refusals import refuse_another_benchmark, refuse_to_compare_in_vain, refuse_to_fork
from configspec.pytest_plugin.run import CLOCK, RUN, MeasuringRun
from configspec.pytest_plugin.shown import Terminal, message, usage_error
from configspec.pytest_plugin.start import end_in_order_when_terminated, run_of
from configspec.pytest_plugin.xdist.workers import heed_controller, report_not_run

if TYPE_CHECKING:
    from configspec.theory.ids import ConfigurationId


def begin(config: pytest.Config) -> None:
    """Where a device is asked for, decide what is measured; every mistake ends the run before it begins."""
    heed_controller(config)
    run = None if config.option.help else run_of(config)
    if run is None:
        return
    if private_xdist.is_worker(config) or private_xdist.is_controller(config):
        private_benchmark.share_the_work(config)
    else:
        private_xdist.no_workers(config)
    if run.asked.plan:
        from configspec.pytest_plugin.plan_shown import PlanShown

        _refine(run, config)
        config.pluginmanager.register(PlanShown(run, config), "configspec plan")
        return
    from configspec.pytest_plugin.baseline_start import begin_comparison

    begin_comparison(run, config)
    _refine(run, config)
    if not private_xdist.is_worker(config):
        from configspec.pytest_plugin import time_shown
        from configspec.pytest_plugin.live_run import NAME, live_run
        from configspec.pytest_plugin.rows import RowKeeper
        from configspec.pytest_plugin.sessions import progress_of
        from configspec.pytest_plugin.times_table import TimesTable

        config.pluginmanager.register(RowKeeper(run, config), "configspec rows")
        config.pluginmanager.register(TimesTable(run, config), "configspec times table")
        if run.asked.refine is not None:
            from configspec.pytest_plugin.refined_rows import RefinedKeeper

            config.pluginmanager.register(RefinedKeeper(run, config), "configspec refined rows")
        live = live_run(run, config)
        if live is not None:
            config.pluginmanager.register(live, NAME)
        config.pluginmanager.register(time_shown.TimeShown(run, progress_of(config), live), time_shown.NAME)
        if private_xdist.is_controller(config):
            private_xdist.limit_restarts(config)
            from configspec.pytest_plugin.xdist.worker_starts import WorkerStarts

            config.pluginmanager.register(WorkerStarts(run.asked.worker_silence_s), "configspec worker starts")
        end_in_order_when_terminated(config)


def _refine(run: MeasuringRun, config: pytest.Config) -> None:
    """Collect the tests that measure more, behind the others."""
    if run.asked.refine is not None:
        from configspec.pytest_plugin.refine_items import RefineItems

        config.pluginmanager.register(RefineItems(run), "configspec refine tests")


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line: what will be measured."""
    run = config.stash.get(RUN, None)
    if run is None:
        return None
    count, devices = len(run.plan.configurations), ", ".join(run.devices)
    swept = any(cell.settings for cell in run.plan.ks)
    cells = f" of {len(run.plan.ks)} cells, settings varied," if swept else ""
    return printable_line(f"configspec: {count} configurations{cells} on {devices} ({run.asked.inventory})")


@pytest.hookimpl(tryfirst=True)  # before pytest-benchmark's, which skips and warns
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse what loses rows; in a worker, restore `--benchmark-only`, and keep it from warning without need."""
    if RUN not in config.stash:
        return
    measuring = [item for item in items if _measures(item)]
    if private_xdist.is_worker(config):
        private_benchmark.quiet_warning(config, items, measuring)
    elif not config.option.collectonly:
        refuse_to_fork(config, measuring)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Know which tests are left to run, in their order."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        run.measuring = [item for item in session.items if _measures(item)]


@pytest.hookimpl(tryfirst=True)  # before xdist starts its workers, who may read the file that it takes the place of
def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the journal before the first test: where it or the results cannot be written, nothing is measured."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.config.option.collectonly or private_xdist.is_worker(session.config):
        return
    from configspec.pytest_plugin.journals import begin_journal
    from configspec.pytest_plugin.sessions import check_cache
    from configspec.pytest_plugin.written_results import begin_results

    refuse_to_compare_in_vain(session.config)
    try:
        check_cache(run)
        begin_results(run, session.config)
        if run.asked.report is not None:
            from configspec.pytest_plugin.report_page import begin_report

            begin_report(run.asked.report, run, session.config)
        begin_journal(run, session.config)
    except ConfigspecError as problem:
        raise usage_error(problem, session.config) from problem


@pytest.hookimpl(tryfirst=True)  # before xdist's, which collects nothing in the controller
def pytest_collection(session: pytest.Session) -> None:
    """Look who gives tests their fixture `benchmark`, now that every plugin has registered its own."""
    config = session.config
    if RUN in config.stash and not config.option.collectonly and not private_xdist.is_worker(config):
        refuse_another_benchmark(session)


@pytest.hookimpl(tryfirst=True)  # before the fixtures: pytest-benchmark's reads the marker
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a measuring test its timer and, unless it is marked itself, its group; not at collection, for 10,000."""
    run = item.config.stash.get(RUN, None)
    if run is None or not _measures(item):
        return
    if os.getpid() != run.process:
        raise UsageError(
            "This test is run in a process of its own, as pytest-forked does, where its row would be lost. Leave the "
            "option or the marker out that does so."
        )
    from configspec.pytest_plugin.written_row import WRITTEN

    asked = configuration_of(item)
    decoded = "hil_end_to_end" in fixtures_of(item)
    recorded = asked is not None and run.plan.inventory.devices[asked.device].replay is not None
    item.stash[CALLS] = Calls()  # each time: a plugin may run a test again
    if WRITTEN in item.stash:
        del item.stash[WRITTEN]
    clock = ReportedClock("host_clock" if decoded else "recorded_figures" if recorded else "device_clock")
    item.stash[CLOCK] = clock
    # Only the closest marker counts for pytest-benchmark, so ours goes before the test's own and carries its values.
    own = item.get_closest_marker("benchmark")
    values = {**(own.kwargs if own else {"group": _group(asked, decoded=decoded)}), "timer": clock}
    values.pop("cprofile", None)  # what it would profile is the reporting of times that the device has measured
    item.add_marker(pytest.mark.benchmark(**values), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passed without having written the row that it asked for has measured for nothing: it fails."""
    result = yield
    uncalled = item.stash[CALLS].uncalled() if CALLS in item.stash else ()
    if uncalled:
        name = uncalled[0]
        why = f"{name} was not called, so there is no row: call it once in the test, {name}()."
        pytest.fail(printable_line(why), pytrace=False)
    return result


def _measures(item: pytest.Item) -> bool:
    return bool(MEASURING & fixtures_of(item))


def _group(asked: ConfigurationId | None, *, decoded: bool) -> str | None:
    """What pytest-benchmark compares: times of one K only, since a round of 10 takes longer than one of 2."""
    if asked is None:
        return None
    what = "time to decode the prompts" if decoded else "time of a round"
    return printable_line(f"{asked.device}, {asked.family}, K={asked.k}: {what}")  # pytest-benchmark shows it as it is


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the row, or a busy device, to its report; show our own errors as one message, without the traceback."""
    if CALLS in item.stash:
        private_benchmark.hide_another_fixture(item)
    report = yield
    problem = None if call.excinfo is None else call.excinfo.value
    if isinstance(problem, ConfigspecError):
        report.longrepr = message(problem, item.config)
        from configspec.pytest_plugin.rows import mark_busy

        mark_busy(report, problem)
    if RUN in item.config.stash:
        from configspec.pytest_plugin.rows import attach_row
        from configspec.pytest_plugin.time_shown import attach_parts

        attach_row(item, report)
        attach_parts(item, report, item.config.stash[RUN])
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A test that judged an earlier row has passed, but nothing was measured: it is counted as resumed."""
    if report.when == "call" and report.passed and hasattr(report, "configspec_resumed"):
        return "resumed", "r", "RESUMED"
    return None


@pytest.hookimpl(optionalhook=True, trylast=True)  # after a conftest's, whose words are redacted too
def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, object]) -> None:
    """Leave out the momentary clock frequency, which makes one machine look like two, and words that are private."""
    cpu = machine_info.get("cpu")
    if isinstance(cpu, dict):
        for key in [key for key in cpu if key.startswith("hz_")]:
            del cpu[key]
    if RUN in config.stash:
        from configspec.pytest_plugin.redaction import public_machine

        machine_info.update(public_machine(config.stash[RUN], machine_info))


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_benchmark_update_commit_info(config: pytest.Config, commit_info: dict[str, object]) -> None:
    """With --anonymous the commit stays; project and branch, whose names may be a person's, are left out."""
    if RUN in config.stash and config.stash[RUN].asked.anonymous:
        commit_info.update(project=None, branch=None)
        commit_info.pop("error", None)


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, object]) -> None:
    """How well the profiles predicted what was decoded for real, beside the rows."""
    run = config.stash.get(RUN, None)
    if run is not None and run.rows:
        from configspec.pytest_plugin.summary import prediction_json

        output_json["configspec"] = prediction_json(run)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest-benchmark's own wrapper, which writes the file
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Give pytest-benchmark all rows and no others, and say what could not be written; a run that lacks rows fails."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        if private_xdist.is_worker(session.config):
            private_benchmark.forget_rows(session.config)
        else:
            _hand_over(run, session)
    try:
        result = yield
    finally:  # also where pytest-benchmark raises, as it does where a run has become slower
        if run is not None and not private_xdist.is_worker(session.config):
            _end(run, session.config)
    return result


def _end(run: MeasuringRun, config: pytest.Config) -> None:
    from configspec.pytest_plugin.summary import tell_whereabouts

    try:
        try:
            tell_whereabouts(run, config)
        finally:
            if run.asked.report is not None and not run.told_report:
                from configspec.pytest_plugin.report_page import write_report

                write_report(run.asked.report, run, config)
    except ConfigspecError as problem:
        raise usage_error(problem, config) from problem


def _hand_over(run: MeasuringRun, session: pytest.Session) -> None:
    from configspec.pytest_plugin.rows import catch_up, take_unreported

    config = session.config
    lacking = 0
    if private_xdist.is_controller(config):
        with suppress(KeyboardInterrupt, pytest.exit.Exception):  # the person's second: no more waiting for workers
            for report in private_xdist.late_reports(config):
                config.hook.pytest_runtest_logreport(report=report)
        in_order = run.queues.ids if run.queues is not None else ()
        run.rows = {node_id: run.rows[node_id] for node_id in in_order if node_id in run.rows}
        private_benchmark.put_rows(config, [kept.entry for kept in run.rows.values()])
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):  # else the person ended it
            lacking = report_not_run(config, run)
    else:
        take_unreported(run)
        there = private_benchmark.tidy_rows(config)
        private_benchmark.put_rows(config, [kept.entry for name, kept in run.rows.items() if name not in there])
    catch_up(run)
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and run.queues and not run.queues.has_collected:
        run.workers_died = True  # each of them, before it knew the tests
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    # An unplugged board must not make a green night.
    if (lacking or not run.rows) and not config.option.collectonly and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if run.kept_out and session.exitstatus == pytest.ExitCode.TESTS_FAILED:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR  # come back later, or wait longer


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The rankings, last of all; not in a worker, whose terminal is nowhere."""
    run = config.stash.get(RUN, None)
    if run is not None and not private_xdist.is_worker(config):
        from configspec.pytest_plugin.summary import write_summary

        write_summary(Terminal(terminalreporter), run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Release the devices and close the journal, whatever happened."""
    run = config.stash.get(RUN, None)
    if run is None:
        return
    if run.session is not None:
        run.session.close()
    if run.journal is not None:
        run.journal.close()
