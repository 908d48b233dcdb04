"""The profiling session of a run, made when the first test needs it."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from configspec.errors import UsageError
from configspec.progress import Notice
from configspec.pytest_plugin import private_xdist
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.shown import terminal_of, write_past_workers

if TYPE_CHECKING:
    from configspec.profiling.recorded_cell import Recordings
    from configspec.profiling.session import ProfilingSession
    from configspec.progress import Progress
    from configspec.records.row import Row
    from configspec.theory.ids import Cell


def check_cache(run: MeasuringRun) -> None:
    """Before the first test, where a device is not replayed: one error, rather than one for each test.

    Raises:
        UsageError: The cache's folder is refused, or cannot be made.
    """
    if any(run.plan.inventory.devices[name].replay is None for name in run.devices):
        from configspec.cache import Store, default_root

        Store(default_root()).check()


def session_of(run: MeasuringRun, config: pytest.Config) -> ProfilingSession:
    """What measures for this process; its progress is shown past pytest's capture.

    Raises:
        UsageError: This worker of pytest-xdist must not measure.
    """
    if run.unfit is not None:
        raise UsageError(run.unfit)
    if run.session is None:
        from configspec.cache import Store, default_root
        from configspec.devices.lock_wait import LockWait
        from configspec.profiling.session import ProfilingSession, SessionOptions
        from configspec.pytest_plugin.stops import stops_from
        from configspec.pytest_plugin.time_shown import report_part

        progress = progress_of(config)
        run.session = ProfilingSession(
            run.plan.inventory,
            Store(default_root()),
            progress,
            SessionOptions(
                separate_k=run.asked.separate_k,
                acceptance_check=run.asked.acceptance_check,
                host_threads=_host_threads(run, config),
                wait=LockWait(wait_s=run.asked.device_wait_s, progress=_progress_of_waiting(config, progress)),
                samples=run.samples,
                visits=run.visits,
                stops=partial(stops_from, run),
                finished=partial(report_part, run, config),
            ),
        )
    return run.session


def rows_of(run: MeasuringRun, config: pytest.Config, cell: Cell) -> dict[int, Row]:
    """The rows of a cell by K. What is replayed needs no session, and none of what a session is made of is imported."""
    ks = run.plan.ks[cell]
    if run.plan.inventory.devices[cell.device].replay is None:
        return session_of(run, config).rows(cell, ks)
    if run.unfit is not None:
        raise UsageError(run.unfit)
    return recordings_of(run).rows(cell, ks)


def again_rows_of(run: MeasuringRun, config: pytest.Config, cell: Cell) -> dict[int, Row]:
    """The rows of a cell by K, measured once more. What is replayed says the same again."""
    if run.plan.inventory.devices[cell.device].replay is None:
        return session_of(run, config).again(cell, run.plan.ks[cell])
    return rows_of(run, config, cell)


def more_rows_of(run: MeasuringRun, config: pytest.Config, cell: Cell, *, passes: int, prompts: int) -> dict[int, Row]:
    """The rows of a cell by K, with so many more passes over it, counted over so many more prompts that were asked.

    Not of what is replayed: it says the same again.
    """
    return session_of(run, config).more(cell, run.plan.ks[cell], passes=passes, prompts=prompts)


def recordings_of(run: MeasuringRun) -> Recordings:
    """What the run replays."""
    if run.recordings is None:
        from configspec.profiling.recorded_cell import Recordings

        run.recordings = Recordings(run.plan.inventory)
    return run.recordings


def progress_of(config: pytest.Config) -> Progress:
    """Shows lines at once, past pytest's capture; nothing where this process has no terminal.

    Where there is a live line it is told there, but for what has to stay.
    """
    from configspec.pytest_plugin.live_run import NAME, LiveRun

    def progress(text: str) -> None:
        live = config.pluginmanager.get_plugin(NAME)
        if isinstance(live, LiveRun) and live.is_shown and not isinstance(text, Notice):
            live.doing(text)
            return
        # Looked up now: pytest makes its terminal after our plugin has been configured.
        terminal, capture = terminal_of(config), config.pluginmanager.get_plugin("capturemanager")
        if terminal is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                terminal.write_now(text)

    return progress


def _progress_of_waiting(config: pytest.Config, progress: Progress) -> Progress:
    """What a worker of pytest-xdist reports goes nowhere, but a wait must be visible."""
    capture = config.pluginmanager.get_plugin("capturemanager")

    def say(text: str) -> None:
        if not private_xdist.is_worker(config):
            progress(text)
        elif capture is not None:
            with capture.global_and_fixture_disabled():
                write_past_workers(text)

    return say


def _host_threads(run: MeasuringRun, config: pytest.Config) -> int | None:
    """The worker's share of the host's processors: one thread that waits for its turn stops all of a computation."""
    at_work = min(private_xdist.worker_count(config), len(run.devices))
    return None if at_work == 1 else max(1, len(os.sched_getaffinity(0)) // at_work)
