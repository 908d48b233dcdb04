"""The session of a run, made when the first test needs it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.run import Run

if TYPE_CHECKING:
    from configspec.profiling.session import ProfilingSession


def session_of(run: Run, config: pytest.Config) -> ProfilingSession:
    """What measures for this process; its progress is told past pytest's capture.

    Raises:
        UsageError: This worker of pytest-xdist must not measure.
    """
    if run.unfit is not None:
        raise UsageError(run.unfit)
    if run.session is None:
        from configspec.cache import Store, default_root
        from configspec.devices.lock_wait import LockWait
        from configspec.profiling.session import ProfilingSession

        reporter = config.pluginmanager.get_plugin("terminalreporter")
        capture = config.pluginmanager.get_plugin("capturemanager")

        def progress(text: str) -> None:
            if reporter is not None and capture is not None:
                with capture.global_and_fixture_disabled():
                    reporter.ensure_newline()
                    reporter.write_line(text)
                    reporter.flush()  # into a log, it would be told when it is over

        def say(text: str) -> None:
            """What a worker of pytest-xdist reports goes nowhere, but whoever waits must be told."""
            if not private_api.is_worker(config):
                progress(text)
            elif capture is not None:
                with capture.global_and_fixture_disabled():
                    print(f"configspec: {text}", file=sys.__stderr__, flush=True)

        run.session = ProfilingSession(
            run.plan.inventory,
            Store(default_root()),
            progress=progress,
            separate_k=run.asked.separate_k,
            wait=LockWait(wait_s=run.asked.device_wait_s, progress=say),
            acceptance_check=run.asked.acceptance_check,
            host_threads=_host_threads(run, config),
        )
    return run.session


def _host_threads(run: Run, config: pytest.Config) -> int | None:
    """Of the host's processors this worker's share: threads that wait for one stop all others of their computation."""
    at_work = min(private_api.worker_count(config), len(run.devices))
    return None if at_work == 1 else max(1, len(os.sched_getaffinity(0)) // at_work)
