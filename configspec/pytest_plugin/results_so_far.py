"""What this run has measured so far, for a test that asks (the fixture `results`): all of a device and family, or none.

Under pytest-xdist a worker has the rows of the devices that it measures itself. A device's tests are in one worker, in
their order, and a test belongs to a device by its id (`dev:jetson:`). Whoever asks elsewhere, or too early, is told so:
a choice among half of the configurations would be an answer to another question.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.pytest_plugin.baseline_items import AGAIN, asks_for_results
from configspec.pytest_plugin.private_pytest import configuration_of, fixtures_of
from configspec.pytest_plugin.run import KeptRow, MeasuringRun

if TYPE_CHECKING:
    from configspec.histories.run import Run
    from configspec.records.row import Row
    from configspec.reporting.rows_to_rank import RankedRow

_LETTERS = 60


class OwnRows:
    """The plugin of a worker: keeps the rows of its own tests, where one of its tests asks for them."""

    def __init__(self, run: MeasuringRun) -> None:
        self._run = run
        self._wanted = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know whether anybody asks."""
        refines = self._run.asked.refine is not None
        self._wanted = refines or AGAIN in session.config.stash or any(map(asks_for_results, session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the row that a report takes to the controller."""
        from configspec.pytest_plugin.rows import ROW

        text = getattr(report, ROW, None)
        if self._wanted and text is not None:
            entry: dict[str, object] = json.loads(text)
            kept = KeptRow(fullname=str(entry["fullname"]), entry=entry)
            self._run.rows[kept.fullname] = kept


class ResultsSoFar:
    """Makes a run of what is there, when somebody asks."""

    def __init__(self, run: MeasuringRun) -> None:
        self._run = run
        self._began_s = time.time()
        self._made: dict[tuple[str | None, str | None], Run] = {}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Nothing: a row that this run made is whole."""
        return ()

    def run(self, device: str | None, family: str | None) -> Run:
        """What was measured of a device and family; None: of all that this run measures.

        Raises:
            UsageError: Some of its configurations have no row in this process, or it measures none.
        """
        key = device, family
        if key not in self._made:
            self._made[key] = self._run_of_items(self._items(device, family))
        return self._made[key]

    def rows(self, device: str | None, family: str | None) -> list[RankedRow]:
        """The same, row by row.

        Raises:
            UsageError: As for `run`.
        """
        from configspec.reporting.rows_to_rank import ranked_row

        return list(map(ranked_row(), self._rows(self._items(device, family))))

    def _items(self, device: str | None, family: str | None) -> list[pytest.Item]:
        items = list(self._asked(device, family))
        self._check(items, device, family)
        return items

    def _rows(self, items: list[pytest.Item]) -> Iterator[Row]:
        return (self._run.rows[item.nodeid].row for item in items)

    def _asked(self, device: str | None, family: str | None) -> Iterator[pytest.Item]:
        for item in self._run.measuring:
            it = configuration_of(item)
            if it is None or "hil_end_to_end" in fixtures_of(item):
                continue
            if device in (None, it.device) and family in (None, it.family):
                yield item

    def _check(self, items: list[pytest.Item], device: str | None, family: str | None) -> None:
        what = printable(
            ", ".join(name for name in (device, family) if name is not None) or "this run", at_most=_LETTERS
        )
        if not items:
            known = ", ".join(self._run.devices[:10])
            raise UsageError(f"results: this run measures nothing of {what}. Its devices: {known}.")
        lacking = sum(item.nodeid not in self._run.rows for item in items)
        if lacking:
            name = device or "NAME"
            raise UsageError(
                f"results: {lacking} of {len(items)} configurations of {what} have no row in this process: their tests "
                f"failed, or another worker runs them. With -n, a test that asks has 'dev:{name}:' in its id "
                "and asks for that device alone; without -n, any test may ask. A finished run is asked by "
                "configspec.Results.read."
            )

    def _run_of_items(self, items: list[pytest.Item]) -> Run:
        from configspec.histories.of_rows import run_of_rows

        return run_of_rows(self._rows(items), source="this run", at_s=self._began_s)
