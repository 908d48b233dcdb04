"""The tests of `--refine`: one a device, behind all that measure, in the device's queue by its id.

Such a test times cells again in the process that has the device: a worker, or the only process. The rows that it made
travel on its report to the process that keeps them (`refined_rows.py`), also where it fails.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from configspec.printable import printable_line
from configspec.pytest_plugin import private_benchmark, private_xdist
from configspec.theory.ids import device_in

if TYPE_CHECKING:
    from configspec.pytest_plugin.run import MeasuringRun

GROUP = "refine"
TOLD = pytest.StashKey[str]()
RAN = "configspec_refine_ran"  # on a report: the device
REPLAYED = "recorded figures say the same again"
SHOWN = 5  # devices of a line


class RefineGroup(pytest.Collector):
    """What the tests stand below."""

    def collect(self) -> list[pytest.Item]:
        """Nothing: the tests are added when all others are known."""
        return []


class RefineTest(pytest.Item):
    """That of one device."""

    def runtest(self) -> None:
        """Measure more of what cannot be told from the best; what could not be fails it, the rest is kept."""
        from configspec.pytest_plugin.refined_rows import as_text, keep_here, refined
        from configspec.pytest_plugin.run import RUN

        run = self.config.stash[RUN]
        device = device_in(self.name, run.devices)
        assert device is not None
        if run.plan.inventory.devices[device].replay is not None:
            pytest.skip(printable_line(f"{device} replays recorded figures, which say the same again"))
        found = refined(run, self.config, device)
        self.stash[TOLD] = as_text(run, found)
        if private_xdist.is_worker(self.config):
            keep_here(run, found.rows)
        if found.outcome.problems:
            why = "; ".join(f"{cell}: {problem}" for cell, problem in found.outcome.problems.items())
            pytest.fail(printable_line(f"not measured again: {why}"), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where reports say that it is."""
        return self.path, None, self.name


class RefineItems:
    """The plugin of every process that collects."""

    def __init__(self, run: MeasuringRun) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around -k, -m, and what shuffles tests
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Add the tests. `BaselineItems` has them run behind all that measure."""
        assert self._run.asked.refine is not None
        group = RefineGroup.from_parent(session, name=GROUP, nodeid=GROUP)
        for device in self._run.devices:
            item: RefineTest = RefineTest.from_parent(group, name=f"dev:{device}:-{self._run.asked.refine.objective}")
            item.add_marker(pytest.mark.hil)
            items.append(item)
        yield
        for one in items:
            if isinstance(one, RefineTest):
                private_benchmark.spare_from_only(one)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what was measured more on the report, and that it ran."""
        report = yield
        if report.when == "call" and isinstance(item, RefineTest):
            setattr(report, RAN, device_in(item.name, self._run.devices))
        if report.when == "call" and TOLD in item.stash:
            from configspec.pytest_plugin.refined_rows import REFINED

            setattr(report, REFINED, item.stash[TOLD])
            del item.stash[TOLD]
        return report


def not_refined(run: MeasuringRun, devices: Iterable[str], have_tests: Collection[str], why: str) -> Iterator[str]:
    """A line for each reason why nothing is measured again of some devices; `why`: of one that has no test here."""
    reasons: dict[str, list[str]] = {}
    for device in devices:
        replays = run.plan.inventory.devices[device].replay is not None
        if replays or device not in have_tests:
            reasons.setdefault(REPLAYED if replays else why, []).append(device)
    for reason, of in reasons.items():
        more = f" and {len(of) - SHOWN} more" if len(of) > SHOWN else ""
        yield f"{', '.join(of[:SHOWN])}{more}: {reason}"
