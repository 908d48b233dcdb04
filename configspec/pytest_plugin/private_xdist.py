"""What is used of pytest-xdist, and of execnet below it, although they do not promise it: in this module only.

`tests/pytest_plugin/test_private_xdist.py` uses each against the installed releases, and names it when it is gone. What
is used of pytest-benchmark is in `private_benchmark.py`, of pytest itself in `private_pytest.py`.
"""

from __future__ import annotations

import queue
import re
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pytest

if TYPE_CHECKING:
    import subprocess

Untyped: TypeAlias = Any  # pytest-xdist ships no types
LATE_S = 6.0  # execnet gives a worker five to exit


class Worker(Protocol):
    """xdist's `WorkerController`, as a scheduler needs it."""

    config: pytest.Config  # the controller's
    gateway: Untyped  # .id names the worker

    @property
    def shutting_down(self) -> bool:
        """Whether it was asked to end, or is gone."""

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """More tests for it, by their place in its collection."""

    def shutdown(self) -> None:
        """No more tests for it: it ends when it has run those that it knows."""


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def worker_count(config: pytest.Config) -> int:
    """How many processes run this pytest's tests at the same time: a worker's answer; 1 elsewhere."""
    return int(config.workerinput["workercount"]) if is_worker(config) else 1  # type: ignore[attr-defined]


def is_controller(config: pytest.Config) -> bool:
    """Whether this process distributes its tests to workers; not where it only collects."""
    distributes = config.getoption("dist", "no") != "no" and bool(config.getoption("tx", []))
    return not is_worker(config) and distributes and not config.option.collectonly


def workers_of(spec: str) -> int | None:
    """How many workers a value of `--tx` starts; None where it names another host, Python or folder than this."""
    found = re.fullmatch(r"(?:([0-9]{1,4})\*)?popen(?://(?:env:[^/=]+|nice)=[^/]*)*", spec)
    return None if found is None else int(found[1] or 1)


def limit_restarts(config: pytest.Config) -> None:
    """Xdist's own limit, four deaths for each worker, which it has only with `-n`; with `--tx` there is none."""
    if config.option.maxworkerrestart is None and not config.option.numprocesses:
        config.option.maxworkerrestart = str(4 * sum(workers_of(spec) or 0 for spec in config.option.tx))


def ended_while_it_started(problem: BaseException) -> bool:
    """Whether this was raised where xdist starts a worker: its process has ended before it answered."""
    frames = traceback.walk_tb(problem.__traceback__)
    return any(frame.f_globals.get("__name__") == "xdist.workermanage" for frame, _ in frames)


def no_workers(config: pytest.Config) -> None:
    """`--dist load` without `-n` distributes to nobody; pytest-benchmark would take it for more."""
    if config.getoption("dist", "no") != "no":
        config.option.dist = "no"


def late_reports(config: pytest.Config) -> Iterator[pytest.TestReport]:
    """End the workers, and yield what they still report of their running tests, for LATE_S at most.

    Whoever cancels a run kills it some seconds later (GitHub after 7.5), and by then the results are to be written.
    """
    distribution = config.pluginmanager.get_plugin("dsession")
    workers = getattr(distribution, "nodemanager", None)
    if distribution is None or workers is None:  # ended before there were any
        return
    at_work = set(distribution._active_nodes)
    for worker in at_work:
        worker.gateway.exit()
    end_s = time.monotonic() + LATE_S
    while at_work:
        try:
            event, values = distribution.queue.get(timeout=max(0.0, end_s - time.monotonic()))
        except queue.Empty:
            return
        if event == "testreport":
            values["rep"].node = values["node"]
            yield values["rep"]
        elif event in ("workerfinished", "errordown"):
            at_work.discard(values["node"])


def process_of(worker: Worker) -> subprocess.Popen[bytes] | None:
    """The process that execnet started for a worker; None where another process did (`via`)."""
    process: subprocess.Popen[bytes] | None = getattr(worker.gateway._io, "popen", None)
    return process


def started_by_execnet(thread_id: int) -> set[int]:
    """The processes that a thread of this one has started and that run execnet; none where the system does not say."""
    from execnet.gateway_io import popen_bootstrapline

    found = set()
    with suppress(OSError):
        for pid in Path(f"/proc/self/task/{thread_id}/children").read_text().split():
            with suppress(OSError):  # it has just ended
                if popen_bootstrapline.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
    return found


def has_finished(worker: Worker) -> bool:
    """Whether a worker that is gone has ended its run in order, though tests were left (`pytest.exit`, with a code)."""
    told = getattr(worker, "workeroutput", None)  # of one that was interrupted, xdist takes its test for crashed
    return told is not None and told["exitstatus"] != pytest.ExitCode.INTERRUPTED


def give_up(worker: Worker) -> None:
    """Have xdist take a worker for dead that does not die."""
    node: Untyped = worker
    node._down = True  # else its end, should it come, would be a second one
    distribution: Untyped = worker.config.pluginmanager.get_plugin("dsession")
    distribution.queue.put(("errordown", {"node": worker, "error": "it does not die"}))
