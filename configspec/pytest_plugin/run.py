"""What one pytest run keeps: its plan, the session, the rows, the journal. Filled as it is needed."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

import pytest

from configspec.pytest_plugin.clock import ReportedClock

if TYPE_CHECKING:
    from configspec.profiling.current_setup import CurrentSetup
    from configspec.profiling.recorded_cell import Recordings
    from configspec.profiling.session import ProfilingSession
    from configspec.progress import Finished
    from configspec.pytest_plugin.asked import Asked
    from configspec.pytest_plugin.baseline_judge import BaselineJudge
    from configspec.pytest_plugin.plan import Plan
    from configspec.pytest_plugin.refining import Refinement
    from configspec.pytest_plugin.whereabouts import Whereabouts
    from configspec.pytest_plugin.written_results import ResultsFiles
    from configspec.pytest_plugin.xdist.queues import DeviceQueues
    from configspec.pytest_plugin.xdist.watched_workers import WatchedWorkers
    from configspec.records.journal import Journal
    from configspec.records.left_out import LeftOutList
    from configspec.records.redact import Private
    from configspec.records.row import Row
    from configspec.theory.ids import ConfigurationId


class KeptRow:
    """A finished row, as the entry of pytest-benchmark's file that holds it.

    Kept as packed JSON, a small part of what its values take; what it holds is read again each time.
    """

    __slots__ = ("_packed", "fullname")

    def __init__(self, *, fullname: str, entry: Mapping[str, object]) -> None:
        from configspec.records.plain import dumps

        self.fullname = fullname
        self._packed = zlib.compress(dumps(entry).encode(), level=1)

    @property
    def json(self) -> str:
        """It, as one line of a journal holds it."""
        return zlib.decompress(self._packed).decode()

    @property
    def entry(self) -> dict[str, object]:
        """All of it."""
        from configspec.records.plain import loads

        entry = loads(self.json)
        assert isinstance(entry, dict)
        return entry

    @property
    def row(self) -> Row:
        """What it holds of configspec's."""
        from configspec.records.codec import from_record
        from configspec.records.shared import record_of

        record = record_of(self.entry)
        assert record is not None
        return from_record(record, self.fullname)


class RowsOf(Sequence["Row"]):
    """The rows of what is kept, each read when it is asked for, so that thousands are not there at once."""

    def __init__(self, kept: Iterable[KeptRow]) -> None:
        self._kept = tuple(kept)

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> RowsOf: ...

    def __getitem__(self, place: int | slice) -> Row | RowsOf:
        return RowsOf(self._kept[place]) if isinstance(place, slice) else self._kept[place].row


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """What --resume continues: the rows of one file by the test's node id, each naming its origin."""

    path: Path
    rows: Mapping[str, KeptRow]
    left_out: LeftOutList  # what of the file could not be taken
    whole: bool  # whether `rows` are all that the file holds, but for the half line that a kill left


@dataclass
class MeasuringRun:
    """One pytest run that measures, or one worker of it."""

    asked: Asked
    plan: Plan
    process: int = field(default_factory=os.getpid)  # where its tests run
    samples: Path | None = None  # the folder for side files, once the journal is open
    visits: Path | None = None  # the folder for what was timed of cells without rows
    earlier: EarlierRun | None = None
    session: ProfilingSession | None = None
    recordings: Recordings | None = None
    current_setup: CurrentSetup | None = None
    journal: Journal | None = None
    aside: Path | None = None  # the earlier journal, where this one took its name and not all that it holds
    unwritten: list[Callable[[Journal], None]] = field(default_factory=list)  # what the journal lacks, in order
    journal_problem: str | None = None  # why it lacks it
    results: ResultsFiles | None = None  # once their writing is taken over
    whereabouts: Whereabouts | None = None  # of the rows, once they are looked up
    told_whereabouts: bool = False
    told_report: bool = False  # its page is written
    missing_samples: int = 0  # side files that an earlier run's rows refer to, and that are gone
    unfit: str | None = None  # why this worker must not measure
    measuring: list[pytest.Item] = field(default_factory=list)  # the tests that will be run and measure, in order
    workers: int = 0
    workers_died: bool = False  # every one of them, before it had collected
    parts: list[Finished] = field(default_factory=list)  # of a worker's work, that no report has told yet
    places: dict[ConfigurationId, int] = field(default_factory=dict)  # of configurations in the plan
    has_told_tests: bool = False  # this worker, by its first report
    queues: DeviceQueues | None = None  # where the workers get their tests from
    watched: WatchedWorkers | None = None  # by the controller, lest one that is stopped stops the run
    rows: dict[str, KeptRow] = field(default_factory=dict)  # finished rows, by node id
    unreported: pytest.Item | None = None  # the running test, once its row is written
    resumed: set[str] = field(default_factory=set)  # node ids of those that were not measured in this run
    refine_ran: set[str] = field(default_factory=set)  # devices whose test of --refine ran, or was skipped
    refinements: list[Refinement] = field(default_factory=list)  # of devices, in the process that keeps the rows
    comparison: BaselineJudge | None = None  # with a baseline, in the process that keeps the rows
    private: Private | None = None  # what --anonymous leaves out; None: not looked up yet
    kept_out_of: dict[str | None, bool] = field(default_factory=dict)  # by device that failed: whether busy, at first
    again: list[tuple[str, str, str]] = field(default_factory=list)  # why earlier rows were not taken over

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices of all configurations."""
        return self.plan.devices

    @property
    def kept_out(self) -> bool:
        """Whether nothing was measured, for no other reason than that other runs have the devices."""
        return not self.rows and bool(self.kept_out_of) and all(self.kept_out_of.values())


RUN = pytest.StashKey[MeasuringRun]()
CLOCK: pytest.StashKey[ReportedClock] = pytest.StashKey()
TAKEN = pytest.StashKey[bool]()  # of a test: an earlier row stands for it
AGAIN = pytest.StashKey[tuple[str, str, str]]()  # of a test: what changed since its earlier row was measured
SENT = pytest.StashKey[bytes]()  # of a test: the hash of the row that its report carried
