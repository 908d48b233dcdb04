"""pytest-xdist's hooks: one worker a device, on this host; the workers measure, the controller keeps the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from configspec.printable import printable_line
from configspec.pytest_plugin.run import RUN, MeasuringRun
from configspec.pytest_plugin.start import FROM_CONTROLLER

if TYPE_CHECKING:
    from configspec.pytest_plugin.xdist.queues import DeviceQueues


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """How many workers the run begins with."""
    if RUN in config.stash:
        config.stash[RUN].workers = len(specs)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """What a worker must not find out for itself: a file may change, and the last journal is soon another one."""
    run = node.config.stash.get(RUN, None)
    if run is not None:
        node.workerinput[FROM_CONTROLLER] = {
            "inventory_sha256": run.plan.inventory.sha256,
            "resume": None if run.earlier is None else str(run.earlier.path),
            "samples": None if run.samples is None else str(run.samples),
        }


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> DeviceQueues | None:
    """Ours where devices are measured, whatever --dist says."""
    run = config.stash.get(RUN, None)
    if run is None:
        return None
    from configspec.pytest_plugin.xdist.queues import DeviceQueues

    run.queues = DeviceQueues(config, run.devices, run.workers)
    return run.queues


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """A test whose worker died on a device is an error of the testbed, and says so."""
    run = sched.config.stash.get(RUN, None)
    if run is None:
        return
    from configspec.theory.ids import device_in

    device = device_in(crashitem, run.devices)
    if device is not None:
        report.when = "setup"  # an error, where xdist would have a failed test
        report.longrepr = printable_line(f"{report.longrepr}. It measured on {device}; the test is not run again.")


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
