"""Shows the time that is left: fed by the session of this process, and by what workers put on the reports of tests.

A worker reports the parts that it has finished with its next report, and with its first one what there is to do, since
the controller knows tests by their names only. A test that is over stands for its cell where nothing was measured: its
row was resumed, or the cell failed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

import pytest

from configspec.devices.lock_wait import CLOCK
from configspec.progress import Finished, Progress, Work
from configspec.pytest_plugin import private_xdist
from configspec.pytest_plugin.absence import MEASURING
from configspec.pytest_plugin.private_pytest import configuration_of, fixtures_of
from configspec.pytest_plugin.run import MeasuringRun
from configspec.pytest_plugin.time_left import Planned, TimeLeft
from configspec.reporting.live_text import AtWork

if TYPE_CHECKING:
    from configspec.pytest_plugin.plan import Plan
    from configspec.theory.ids import ConfigurationId

NAME = "configspec time left"
TODO, PARTS, OVER = "configspec_todo", "configspec_parts", "configspec_over"  # plain values on a report


def asked_of(items: Iterable[pytest.Item]) -> list[tuple[ConfigurationId, bool]]:
    """The configuration of each test that measures, and whether it decodes for real."""
    found = ((configuration_of(item), fixtures_of(item)) for item in items if MEASURING & fixtures_of(item))
    return [(one, "hil_end_to_end" in fixtures) for one, fixtures in found if one is not None]


def planned(plan: Plan, asked: Sequence[tuple[ConfigurationId, bool]]) -> Planned:
    """The parts of a run that these tests ask for; recorded figures cost nothing."""
    real = [(one, decodes) for one, decodes in asked if plan.inventory.devices[one.device].replay is None]
    cells = dict.fromkeys(one.cell for one, _ in real)
    decodings = [one for one, decodes in real if decodes]
    return Planned(
        cells=_by_device((cell.device, str(cell)) for cell in cells),
        decodings=_by_device((one.device, str(one)) for one in decodings),
        texts=frozenset(cell.family for cell in cells),
        drafts=frozenset(cell.drafter_of_family for cell in cells),
    )


def _by_device(names: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for device, name in names:
        found.setdefault(device, set()).add(name)
    return {device: frozenset(some) for device, some in found.items()}


def attach_parts(item: pytest.Item, report: pytest.TestReport, run: MeasuringRun) -> None:
    """Put on a report what is finished since the last one; on the first of a worker, what there is to do."""
    asked = asked_of([item])
    if report.when == "teardown" and asked:
        setattr(report, OVER, json.dumps((_places(run)[asked[0][0]], asked[0][1])))
    if private_xdist.is_worker(item.config) and not run.has_told_tests:
        run.has_told_tests = True
        setattr(
            report, TODO, json.dumps([(_places(run)[one], decodes) for one, decodes in asked_of(item.session.items)])
        )
    if run.parts:
        setattr(report, PARTS, json.dumps([asdict(part) for part in run.parts]))
        run.parts.clear()


def _places(run: MeasuringRun) -> dict[ConfigurationId, int]:
    """Of each configuration in the plan, which controller and workers have alike."""
    if not run.places:
        run.places.update((one, place) for place, one in enumerate(run.plan.configurations))
    return run.places


class Live(Protocol):
    """A line that is rewritten in place."""

    @property
    def is_shown(self) -> bool:
        """Whether it tells what is left now."""

    @property
    def left(self) -> Callable[[AtWork], None]:
        """Takes over what is done and left."""


class TimeShown:
    """The plugin of the process that has the terminal: the only one, or the controller of workers."""

    def __init__(
        self,
        run: MeasuringRun,
        say: Progress,
        live: Live | None = None,
        *,
        clock_s: Callable[[], float] = CLOCK.now_s,
    ) -> None:
        """`live`: the line that tells it, wherever it is shown; `say` writes lines elsewhere."""
        self._run = run
        self._say = say
        self._live = live
        self._clock_s = clock_s
        self._began_s = clock_s()
        self._left: TimeLeft | None = None
        self._tests: Counter[str] = Counter()  # of each cell, that measure it
        self._decodings = 0
        self._over: dict[Work, set[str]] = {"cell": set(), "decoding": set()}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without workers, what there is to do is known here."""
        if session.items:
            self._begin(asked_of(session.items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what came with a report."""
        plan = self._run.plan
        todo, parts, over = (report.__dict__.pop(name, None) for name in (TODO, PARTS, OVER))
        if todo is not None and self._left is None:
            self._begin([(plan.configurations[place], decodes) for place, decodes in json.loads(todo)])
        for part in json.loads(parts or "[]"):
            self.finish(Finished(**part))
        if over is not None:
            place, decodes = json.loads(over)
            self._test_is_over(plan.configurations[place], decodes=decodes)

    def finish(self, part: Finished) -> None:
        """Take note of a part, and say what is left where it is time to."""
        if self._left is None:
            return
        self._left.finish(part)
        if part.work in self._over and self._left.is_over(part):
            self._over[part.work].add(part.name)
        if self._live is not None and self._live.is_shown:
            self._live.left(self._at_work())
            return
        line = self._left.line() if part.work in ("cell", "decoding") and part.seconds is not None else None
        if line is not None:
            self._say(f"configspec: {line}")

    def _begin(self, asked: Sequence[tuple[ConfigurationId, bool]]) -> None:
        self._tests = Counter(str(one.cell) for one, decodes in asked if not decodes)
        self._decodings = sum(decodes for _, decodes in asked)
        self._left = TimeLeft(planned(self._run.plan, asked), self._clock_s, workers=max(1, self._run.workers))
        self._left.said_s = self._began_s  # workers tell what there is to do when their first test is ready
        if self._live is not None:
            self._live.left(self._at_work())  # how much there is, before anything is finished

    def _at_work(self) -> AtWork:
        """What the live line tells, recorded figures included."""
        now_s, left_s = self._clock_s(), None if self._left is None else self._left.seconds()
        return AtWork(
            began_s=self._began_s,
            done=len(self._over["cell"] & self._tests.keys()),
            cells=len(self._tests),
            decoded=len(self._over["decoding"]),
            decodings=self._decodings,
            ends_s=None if left_s is None else now_s + left_s,
        )

    def _test_is_over(self, one: ConfigurationId, *, decodes: bool) -> None:
        """Where its part of the work has not been done by now, it never will be."""
        if decodes:
            self.finish(Finished(work="decoding", name=str(one), device=one.device, seconds=None))
            return
        self._tests[str(one.cell)] -= 1
        if self._tests[str(one.cell)] == 0:
            self.finish(Finished(work="cell", name=str(one.cell), device=one.device, seconds=None))


def report_part(run: MeasuringRun, config: pytest.Config, part: Finished) -> None:
    """A part of the work of this process's session is over."""
    shown = config.pluginmanager.get_plugin(NAME)
    if isinstance(shown, TimeShown):
        shown.finish(part)
    elif private_xdist.is_worker(config):
        run.parts.append(part)
