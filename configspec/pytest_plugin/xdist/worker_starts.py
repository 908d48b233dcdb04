"""A worker that is stopped or killed while it starts.

xdist waits for its first word in the main thread, and ends with that wait. Nobody holds the worker's process yet, so it
is found among the children of this one. From `pytest_configure_node` on, it is watched like all others.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest

from configspec.printable import printable_line
from configspec.pytest_plugin import private_xdist
from configspec.pytest_plugin.private_xdist import Worker
from configspec.pytest_plugin.xdist.watch import LOOKS, Silence, used_ticks


class WorkerStarts:
    """The plugin of a controller that ends such a worker, and with it the run, in order."""

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._settled: set[int] = set()  # children that are not about to become workers
        self._due = 0  # workers that are about to start
        self._ended: int | None = None
        self._over = threading.Event()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """The first workers are about to start, one after another, from this thread."""
        thread_id = threading.get_native_id()
        self._settled.update(private_xdist.started_by_execnet(thread_id))
        self._due = len(specs)
        threading.Thread(target=self._watch, args=(thread_id,), daemon=True).start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object | None) -> None:
        """One more, in the place of this one."""
        self._due += error is not None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Worker) -> None:
        """It has answered."""
        process = private_xdist.process_of(node)
        if process is not None:
            self._settled.add(process.pid)
        self._due -= 1

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self) -> Generator[None, object, object]:
        """The workers are started in here."""
        with self._ends_the_run():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """A worker that has died is replaced in here."""
        with self._ends_the_run():
            return (yield)

    def pytest_unconfigure(self) -> None:
        """Watch no more."""
        self._over.set()

    @contextmanager
    def _ends_the_run(self) -> Generator[None]:
        try:
            yield
        except (EOFError, OSError) as problem:  # what execnet makes of a process that ends before it answers
            if not private_xdist.ended_while_it_started(problem):
                raise
            said = f"{self._what_happened()} Run again, with --resume to keep rows."
            pytest.exit(printable_line(said), returncode=pytest.ExitCode.TESTS_FAILED)

    def _what_happened(self) -> str:
        if self._ended is None:
            return "a worker ended while it started, before it had answered. Was it killed, as for lack of memory?"
        silent = f"a worker gave no sign of life for {self._silence_s:g} s while it started, and was ended"
        return f"{silent} (process {self._ended}). Was it stopped, by a signal or a debugger?"

    def _watch(self, thread_id: int) -> None:
        silences: dict[int, Silence] = {}
        while not self._over.wait(self._silence_s / LOOKS):
            if self._due <= 0:
                continue
            for pid in private_xdist.started_by_execnet(thread_id) - self._settled:
                now_s, sign = time.monotonic(), used_ticks(pid)
                silence = silences.setdefault(pid, Silence(self._silence_s, now_s=now_s, sign=sign))
                if silence.is_over(now_s, sign):
                    self._ended = pid
                    with contextlib.suppress(ProcessLookupError):  # it ended between the look and the signal
                        os.kill(pid, signal.SIGKILL)
