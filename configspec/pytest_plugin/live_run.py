"""The live line of a run: when it is shown, what it says, and who is told of it.

Of a process that runs its tests itself it is seen while they are captured; of the controller of workers, while it waits
for them. Elsewhere (a pipe, a log, `-s`, another reporter, a debugger) a run says what is left in lines, as before.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from configspec.devices.lock_wait import CLOCK
from configspec.pytest_plugin import private_pytest, private_xdist
from configspec.pytest_plugin.live_line import LiveLine, terminal_writer
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.shown import live_output, own_writer
from configspec.reporting.live_text import NARROWEST, AtWork, drawn
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    from configspec.theory.ids import ConfigurationId

NAME = "configspec live line"
EVERY_S = 0.5  # how often the time that is left is told anew


def live_run(run: MeasuringRun, config: pytest.Config) -> LiveRun | None:
    """The plugin, where pytest's output allows a line below it; None elsewhere."""
    option = config.option
    if private_xdist.is_worker(config) or option.collectonly or option.capture != "fd" or option.usepdb or option.trace:
        return None
    output = live_output()
    return None if output is None else LiveRun(run, config, *output)


class LiveRun:
    """The plugin of the process that has the terminal."""

    def __init__(
        self,
        run: MeasuringRun,
        config: pytest.Config,
        terminal: int,
        encoding: str,
        *,
        clock_s: Callable[[], float] = CLOCK.now_s,
    ) -> None:
        self._run = run
        self._config = config
        self._terminal = terminal
        self._encoding = encoding
        self._clock_s = clock_s
        self._at_work: dict[str | None, str] = {}  # of each device, what it is at
        self._now = AtWork(began_s=clock_s())
        self._line: LiveLine | None = None
        self._over = threading.Event()
        self._ids: dict[str, ConfigurationId] = {}

    @property
    def is_shown(self) -> bool:
        """Whether what goes on is told by the line."""
        return self._line is not None

    def left(self, now: AtWork) -> None:
        """Take over what is done and left."""
        self._now = replace(now, doing=self._now.doing, began_s=self._now.began_s)
        self._draw()

    def doing(self, text: str) -> None:
        """Say what is done now, in words that begin with the device or family."""
        self._now = replace(self._now, doing=text)
        self._draw()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Show the line while tests run."""
        writer = own_writer(session.config)
        if writer is None or session.config.option.collectonly:
            return (yield)
        line = LiveLine(
            terminal_writer(self._terminal, self._encoding),
            self._size,
            lambda: max(0, writer.width_of_current_line),
            lambda columns: drawn(self._now, self._clock_s(), columns, coloured=writer.hasmarkup),
        )
        watched = self._watch(writer, line)
        if watched is None:
            return (yield)
        self._line = line
        ticker = threading.Thread(target=self._tick, args=(line,), daemon=True)
        ticker.start()
        try:
            return (yield)
        finally:
            self._line = None
            self._over.set()
            line.hide()
            ticker.join()
            watched()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins, here or in a worker."""
        self._at_work[device_in(nodeid, self._run.devices)] = self._words(nodeid)
        self._tell()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test is over."""
        self._at_work.pop(device_in(nodeid, self._run.devices), None)
        if self._at_work:
            self._tell()  # else the next one begins in a moment

    def pytest_enter_pdb(self) -> None:
        """Somebody is at the keyboard."""
        self._over.set()
        if self._line is not None:
            self._line.hide()
            self._line = None

    def pytest_unconfigure(self) -> None:
        """Let the terminal go."""
        with suppress(OSError):
            os.close(self._terminal)

    def _watch(self, writer: private_pytest.Writer, line: LiveLine) -> Callable[[], None] | None:
        """Have the line hidden whenever somebody else writes; returns what ends that, None where it cannot be known."""
        if private_xdist.is_controller(self._config):
            line.show()
            return private_pytest.watch_writing(writer, line.before)
        return private_pytest.watch_capture(self._config, line.hide, self._resumed(line))

    def _resumed(self, line: LiveLine) -> Callable[[], None]:
        return lambda: None if self._over.is_set() else line.show()

    def _tick(self, line: LiveLine) -> None:
        while not self._over.wait(EVERY_S):
            line.draw()

    def _tell(self) -> None:
        several = [name for name in self._at_work if name is not None]
        self.doing(", ".join(several) if len(several) > 1 else next(iter(self._at_work.values())))

    def _draw(self) -> None:
        if self._line is not None:
            self._line.draw()

    def _words(self, nodeid: str) -> str:
        found = re.search(r"dev:[^:\s]+:-.*-K[0-9]+", nodeid)
        one = self._by_id.get(found[0]) if found else None
        return nodeid.rpartition("::")[2] if one is None else str(one)

    @property
    def _by_id(self) -> dict[str, ConfigurationId]:
        if not self._ids:
            self._ids.update((one.id, one) for one in self._run.plan.configurations)
        return self._ids

    def _size(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._terminal)
        except OSError:
            return 0, 0
        return (columns if columns >= NARROWEST else 0), lines
