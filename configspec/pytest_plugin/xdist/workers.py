"""pytest-xdist's hooks: one worker a device, on this host; the workers measure, the controller keeps the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from configspec.printable import printable_line
from configspec.pytest_plugin.private_xdist import Worker
from configspec.pytest_plugin.run import RUN, MeasuringRun
from configspec.pytest_plugin.shown import terminal_of
from configspec.pytest_plugin.start import FROM_CONTROLLER

if TYPE_CHECKING:
    from configspec.pytest_plugin.xdist.queues import DeviceQueues
    from configspec.pytest_plugin.xdist.watched_workers import Death


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """How many workers the run begins with."""
    run = config.stash.get(RUN, None)
    if run is not None:
        from configspec.pytest_plugin.xdist.watched_workers import WatchedWorkers

        run.workers = len(specs)
        run.watched = WatchedWorkers(run.asked.worker_silence_s)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """What a worker must not find out for itself: a file may change, and the last journal is soon another one."""
    run = node.config.stash.get(RUN, None)
    if run is not None:
        from configspec.pytest_plugin.baseline_start import told_to_workers

        assert run.watched is not None
        node.workerinput[FROM_CONTROLLER] = {
            "beats": run.watched.watch(node),
            "silence_s": run.asked.worker_silence_s,
            "inventory_sha256": run.plan.inventory.sha256,
            "resume": _rows_so_far(run),
            "samples": None if run.samples is None else str(run.samples),
            "visits": None if run.visits is None else str(run.visits),
            "baseline": told_to_workers(run),
        }


def _rows_so_far(run: MeasuringRun) -> str | None:
    """Where a worker finds the earlier rows: the run's own journal begins with them, and nobody else changes it.

    The file that was resumed may be another by the time when a worker takes the place of one that died.
    """
    if run.earlier is None:
        return None
    own = None if run.journal is None else run.journal.path
    return str(own if own is not None and own.is_file() else run.earlier.path)


def heed_controller(config: pytest.Config) -> None:
    """In a worker of a run that measures: beat, and end when the controller falls silent."""
    told = getattr(config, "workerinput", {}).get(FROM_CONTROLLER, {})
    if told and told["beats"] is not None:
        from configspec.pytest_plugin.xdist.watch import watch_controller

        watch_controller(told["beats"], told["silence_s"])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Worker, error: object | None) -> None:
    """Say why a worker is gone, where watching has told; also where it ran no test."""
    death = None if error is None else _death_of(node)
    terminal = terminal_of(node.config)
    if death is not None and terminal is not None:
        terminal.write_line(f"configspec: {death.what}. {death.hint}")


def _death_of(worker: Worker) -> Death | None:
    run = worker.config.stash.get(RUN, None)
    return None if run is None or run.watched is None else run.watched.death_of(worker)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> DeviceQueues | None:
    """Ours where devices are measured, whatever --dist says."""
    run = config.stash.get(RUN, None)
    if run is None:
        return None
    from configspec.pytest_plugin.xdist.queues import DeviceQueues
    from configspec.testbed.shared_boards import taking_turns

    asked = (run.plan.inventory.devices[name] for name in run.devices)
    run.queues = DeviceQueues(config, run.devices, run.workers, taking_turns(asked))
    return run.queues


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """A test whose worker died on a device is an error of the testbed, and says so."""
    run = sched.config.stash.get(RUN, None)
    if run is None:
        return
    from configspec.theory.ids import device_in

    death, device = _death_of(report.node), device_in(crashitem, run.devices)
    said = f"{report.longrepr}." if death is None else f"{death.what} while it ran {crashitem!r}. {death.hint}"
    if device is not None:
        report.when = "setup"  # an error, where xdist would have a failed test
        said += f" It measured on {device}; the test is not run again."
    report.longrepr = printable_line(said)


def report_not_run(config: pytest.Config, run: MeasuringRun) -> int:
    """An error for every test that no worker ran; their number."""
    missing = {} if run.queues is None else run.queues.not_run()
    for node_id, why in missing.items():
        path = node_id.split("::")[0]
        report = pytest.TestReport(
            nodeid=node_id,
            location=(path, None, path),
            keywords={},
            outcome="failed",
            longrepr=printable_line(f"not run: {why}"),
            when="setup",
        )
        config.hook.pytest_runtest_logreport(report=report)
    return len(missing)
