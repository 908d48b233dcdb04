"""What one pytest run keeps: the plan of cases, the session, the rows, the journal. Filled as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from configspec.pytest_plugin.clock import DeviceClock

if TYPE_CHECKING:
    from configspec.profiling.current_setup import CurrentSetup
    from configspec.profiling.session import ProfilingSession
    from configspec.pytest_plugin.options import Asked
    from configspec.pytest_plugin.plan import Plan
    from configspec.pytest_plugin.resume import EarlierRun
    from configspec.pytest_plugin.xdist.queues import DeviceQueues
    from configspec.records.journal import Journal


@dataclass
class Run:
    """One pytest run that measures, or one worker of it."""

    asked: Asked
    plan: Plan
    earlier: EarlierRun | None = None  # what --resume goes on from
    session: ProfilingSession | None = None
    present: CurrentSetup | None = None  # how things stand now, for the earlier rows
    journal: Journal | None = None
    unwritten: list[Callable[[Journal], None]] = field(default_factory=list)  # what the journal lacks, in order
    journal_problem: str | None = None
    unfit: str | None = None  # why this worker must not measure
    workers: int = 0
    queues: DeviceQueues | None = None  # where the workers get their tests from
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # finished rows, by node id
    resumed: set[str] = field(default_factory=set)  # node ids of those that were not measured in this run
    private: Mapping[str, str] | None = None  # words that --anonymous leaves out; None: not looked up yet
    kept_out_of: dict[str | None, bool] = field(default_factory=dict)  # by device that failed: whether busy, at first
    again: list[tuple[str, str, str]] = field(default_factory=list)  # why earlier rows were not taken over

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of all cases."""
        return tuple(dict.fromkeys(case.device for case in self.plan.cases))

    @property
    def kept_out(self) -> bool:
        """Whether nothing was measured, for no other reason than that other runs have the devices."""
        return not self.rows and bool(self.kept_out_of) and all(self.kept_out_of.values())

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each finished row's record, by node id."""
        from configspec.records.row import KEY

        for node, row in self.rows.items():
            yield node, row["extra_info"][KEY]


RUN = pytest.StashKey[Run]()
CLOCK: pytest.StashKey[DeviceClock] = pytest.StashKey()
TAKEN = pytest.StashKey[dict[str, Any]]()  # of a test: the earlier record that stands for it
AGAIN = pytest.StashKey[tuple[str, str, str]]()  # of a test: which fact of its earlier row no longer holds
SENT = pytest.StashKey[str]()  # of a test: the row that its report carried
