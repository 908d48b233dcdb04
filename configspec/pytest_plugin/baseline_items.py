"""The tests that compare with a baseline: collected items like any other, so that `-k`, `-m` and reports find them.

They come after all tests that measure, whatever shuffles those, and each is in its device's queue by its id. What such
a test does is to have its device measure suspect cells again, if that was asked for. It judges nothing: the process
that keeps the rows does, when it hears that the test is over (`baseline_judge.py`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from configspec.pytest_plugin import private_benchmark
from configspec.pytest_plugin.private_pytest import fixtures_of
from configspec.pytest_plugin.refine_items import RefineTest
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    from configspec.pytest_plugin.baseline_again import FirstLook
    from configspec.pytest_plugin.run import MeasuringRun

GROUP = "baseline"
RESULTS = "results"  # the fixture of tests that ask what was measured


class BaselineGroup(pytest.Collector):
    """What the tests stand below."""

    def collect(self) -> list[pytest.Item]:
        """Nothing: the tests are added when all others are known."""
        return []


class BaselineTest(pytest.Item):
    """One of them."""

    def runtest(self) -> None:
        """Have what is suspect on its device measured again, once for all tests of the device."""
        again = self.config.stash.get(AGAIN, None)
        if again is not None:
            self.stash[TOLD] = again.told_with(self)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where reports say that it is."""
        return self.path, None, self.name


AGAIN: pytest.StashKey[SuspectCells] = pytest.StashKey()
TOLD = pytest.StashKey[str | None]()


class SuspectCells:
    """Measures again what is suspect, each device once, in the process that has it."""

    def __init__(self, run: MeasuringRun, looks: Sequence[FirstLook], times: int, at_s: float) -> None:
        """`at_s`: when the run began."""
        self._run = run
        self._looks = looks
        self._times = times
        self._at_s = at_s
        self._done: set[str] = set()

    def told_with(self, item: BaselineTest) -> str | None:
        """What to tell with this test's report: the rows of its whole device, or nothing."""
        from configspec.pytest_plugin.baseline_again import as_text, measure_again, suspects

        device = device_in(item.name, self._run.devices)
        if device is None or device in self._done:
            return None
        self._done.add(device)
        names = [one.name for one in baseline_tests(item.session.items) if device_in(one.name, [device])]
        found = suspects(self._looks, self._run, names, self._at_s)
        if not found:
            return None
        configurations = list(dict.fromkeys(key.configuration for key in found))
        return as_text(self._run, measure_again(self._run, item.config, configurations, self._times))


class BaselineItems:
    """The plugin of every process that collects."""

    def __init__(self, names: Sequence[str]) -> None:
        """`names`: of the tests, in order."""
        self._names = tuple(names)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around -k, -m, and what shuffles tests
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Add the tests, and have them, and those that ask for results, run behind all that measure."""
        if self._names:
            group = BaselineGroup.from_parent(session, name=GROUP, nodeid=GROUP)
            for name in self._names:
                items.append(_test(group, name))
        yield
        items.sort(key=_place)
        for item in baseline_tests(items):
            private_benchmark.spare_from_only(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what was measured again on the report."""
        report = yield
        told = item.stash.get(TOLD, None)
        if told is not None and report.when == "call":
            from configspec.pytest_plugin.baseline_again import MEASURED_AGAIN

            del item.stash[TOLD]
            setattr(report, MEASURED_AGAIN, told)
        return report


def baseline_tests(items: Sequence[pytest.Item]) -> Iterator[BaselineTest]:
    """Those that compare with a baseline."""
    return (item for item in items if isinstance(item, BaselineTest))


def asks_for_results(item: pytest.Item) -> bool:
    """Whether a test asks what was measured."""
    return RESULTS in fixtures_of(item)


def _test(group: BaselineGroup, name: str) -> BaselineTest:
    item: BaselineTest = BaselineTest.from_parent(group, name=name)
    item.add_marker(pytest.mark.hil)
    return item


def _place(item: pytest.Item) -> int:
    if isinstance(item, BaselineTest):
        return 3
    return 2 if asks_for_results(item) else int(isinstance(item, RefineTest))
