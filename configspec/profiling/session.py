"""Measures cells of a testbed when asked, each once, and remembers the answer for the next question.

The order of work for one cell: build the draft's file if it is missing, check that it speaks the target's
vocabulary; check that the board has it, so that an error comes before the host works for an hour; score it against the
target's text (both cached by content); then time it on the device and have that repeat some of the scoring.

A device's cells are timed in several passes (`passes.py`). The first question about a device makes all passes but the
last; then each cell is timed for the last time when it is asked for, and its rows are made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from configspec.cache import Store
from configspec.devices.lock_wait import LockWait
from configspec.errors import ConfigspecError
from configspec.profiling.acceptance_check import PROMPTS_CHECKED
from configspec.profiling.attempts import attempted, retried_rows
from configspec.profiling.cell_measurement import CellMeasurement
from configspec.profiling.measured_cell import recounted
from configspec.profiling.meters import Meters
from configspec.profiling.more_prompts import MorePrompts
from configspec.profiling.opened_cell import CellOpener
from configspec.profiling.parts import Parts, prepared_draft
from configspec.profiling.passes import way_there
from configspec.profiling.real_decoding import RealDecoding
from configspec.profiling.side_files import SideFiles
from configspec.profiling.visit_log import VisitLog
from configspec.profiling.workbench import Workbench
from configspec.progress import Finished, Progress, unheard
from configspec.records.row import Row
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Cell, ConfigurationId

Stop = tuple[Cell, tuple[int, ...]]  # a cell, and every K of it


def _alone(cell: Cell, ks: Sequence[int]) -> Sequence[Stop]:
    return [(cell, tuple(ks))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How a session measures.

    `host_threads`: for what is computed on this host, where nothing else is declared; None: all of them. `samples`: the
    folder for side files; None: none are kept. `visits`: the folder for what was timed of cells without rows; None: in
    memory. `stops`: of a cell that is asked for, the first of its device, all cells of the device that will be, in
    that order. `finished` is called with each part of the work that is over.
    """

    separate_k: bool = False
    acceptance_check: int = PROMPTS_CHECKED  # prompts of each cell
    host_threads: int | None = None
    wait: LockWait | None = None
    samples: Path | None = None
    visits: Path | None = None
    stops: Callable[[Cell, Sequence[int]], Sequence[Stop]] = _alone
    finished: Callable[[Finished], None] = unheard


class ProfilingSession:
    """Measures on demand; close it, or use it in a `with` statement, to release the devices."""

    def __init__(
        self, inventory: Inventory, store: Store, progress: Progress, options: SessionOptions | None = None
    ) -> None:
        self._inventory = inventory
        self._progress = progress
        self._options = options or SessionOptions()
        self.workbench = Workbench(
            inventory, store, progress, wait=self._options.wait, host_threads=self._options.host_threads
        )
        clock, pool = (self._options.wait or LockWait()).clock, self.workbench.pool
        self.more_prompts = MorePrompts(self.workbench)
        self._parts = Parts(clock.now_s, self._options.finished, aside_s=lambda: pool.opening_s)
        self._side_files = SideFiles(
            folder=self._options.samples, private=inventory.sweep.texts == "private", progress=progress
        )
        meters = Meters(os.environ)
        opener = CellOpener(self.workbench, self._parts, separate_k=self._options.separate_k)
        self._measurement = CellMeasurement(
            bench=self.workbench,
            opener=opener,
            meters=meters,
            more_prompts=self.more_prompts,
            side_files=self._side_files,
            prompts_checked=self._options.acceptance_check,
        )
        self._decoding = RealDecoding(bench=self.workbench, opener=opener, meters=meters, parts=self._parts)
        self._cells: dict[Stop, dict[int, Row] | ConfigspecError] = {}
        self._logs: dict[str, VisitLog] = {}  # by device, once all passes but the last were made over it
        self._failures: dict[Cell, list[str]] = {}  # of attempts to visit it, before the last pass

    def __enter__(self) -> ProfilingSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release all devices."""
        self.workbench.close()

    def rows(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row]:
        """One cell at every K of `ks`; measured when first asked for, remembered afterwards, failures too.

        Raises:
            UsageError: Something about the cell must be changed by the person.
            TestbedError: The device misbehaved or was lost now, or it is quarantined (then with the first cause).
        """
        key = (cell, tuple(ks))
        if key not in self._cells and cell.device not in self._logs:
            self._go_there(cell, ks)
        if key not in self._cells:
            self._cells[key] = self._attempt(cell, ks)
        outcome = self._cells[key]
        if isinstance(outcome, ConfigspecError):
            raise outcome
        return outcome

    def again(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row]:
        """One more measurement of a cell, all of its passes anew; what `rows` remembers stays.

        Raises:
            UsageError, TestbedError: As for `rows`.
        """
        log = VisitLog(None, cell.device)  # no earlier visit counts, and none is kept
        return retried_rows(*self._measured(cell, ks, log))

    def more(self, cell: Cell, ks: Sequence[int], *, passes: int, prompts: int = 0) -> dict[int, Row]:
        """The rows of a cell, made anew of all its visits that are kept and so many more. `rows` remembers them.

        They are counted over so many prompts, of those that were asked, behind the sweep's. Where fewer visits are kept
        than a sweep makes, as where rows were resumed from a results file, those are made too.

        Raises:
            UsageError, TestbedError: As for `rows`.
        """
        log = self._logs.setdefault(cell.device, VisitLog(self._options.visits, cell.device))
        rows, failures = self._measured(cell, ks, log, more=passes, prompts=prompts)
        self._cells[cell, tuple(ks)] = found = retried_rows(rows, failures)
        return found

    def recounted(self, cell: Cell, rows: Sequence[Row], *, prompts: int) -> list[Row]:
        """Rows of a cell, counted over so many prompts behind the sweep's, that were asked. No device is touched.

        Raises:
            UsageError, TestbedError: The draft's file, or what scores it.
        """
        trace = self.more_prompts.trace(prepared_draft(self.workbench, cell, self._parts), prompts)
        samples = self._side_files.of_counts(trace)
        return [recounted(row, trace, samples) for row in rows]

    def end_to_end(self, configuration: ConfigurationId, ks: Sequence[int]) -> Row:
        """One configuration decoded for real, beside what its profile predicts; `ks` are all K of its cell.

        Raises:
            UsageError, TestbedError: As for `rows`.
            OutputDiffers: A text came out that is not the target's own.
        """
        cell, k = configuration.cell, configuration.k
        row = self.rows(cell, ks)[k]
        pool = self.workbench.pool
        pool.admit(cell.device)
        self._progress(f"{configuration}, end to end")
        with self._parts.timed("decoding", str(configuration), cell.device):
            decoded, failures = attempted(pool, cell.device, lambda: self._decoding.row(configuration, row, ks))
        return retried_rows({k: decoded}, failures)[k]

    def _go_there(self, cell: Cell, ks: Sequence[int]) -> None:
        """All passes but the last over the cell's device. What fails is the outcome of its cell.

        A device that cannot be opened fails for the cell that is asked for: the others have their turn. Where it is
        lost on the way, and may return, the cell's test tries again.
        """
        log = self._logs[cell.device] = VisitLog(self._options.visits, cell.device)
        pool, passes = self.workbench.pool, self._inventory.sweep.passes
        spec = self._inventory.devices[cell.device].for_cell(cell)
        if passes == 1:
            return
        try:
            _, self._failures[cell] = attempted(pool, cell.device, lambda: self.workbench.device(spec))
        except ConfigspecError as problem:
            self._cells[cell, tuple(ks)] = problem
            return
        for number, (stop, of_stop) in way_there(self._options.stops(cell, ks), passes):
            key = (stop, of_stop)
            if key in self._cells or len(log.of(stop, of_stop)) >= number:
                continue
            try:
                pool.admit(stop.device)
                visit = partial(self._measurement.visit, stop, of_stop, f"pass {number} of {passes}", log)
                with self._parts.timed("cell", str(stop), stop.device, share=1 / passes):
                    _, failures = attempted(pool, stop.device, visit)
                self._failures.setdefault(stop, []).extend(failures)
            except ConfigspecError as problem:
                if pool.may_return(stop.device):  # it was lost for the first time
                    self._failures.setdefault(stop, []).append(str(problem))
                else:
                    self._cells[key] = problem

    def _attempt(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row] | ConfigspecError:
        try:
            with self._parts.timed("cell", str(cell), cell.device, share=1 / self._inventory.sweep.passes):
                rows, failures = self._measured(cell, ks, self._logs[cell.device])
            return retried_rows(rows, [*self._failures.pop(cell, []), *failures])
        except ConfigspecError as problem:
            return problem

    def _measured(
        self, cell: Cell, ks: Sequence[int], log: VisitLog, *, more: int = 0, prompts: int = 0
    ) -> tuple[dict[int, Row], list[str]]:
        """Its rows, as `CellMeasurement` makes them, and why attempts failed; raises where no more work goes there."""
        measure = partial(self._measurement.rows, cell, ks, log, more=more, prompts=prompts)
        self.workbench.pool.admit(cell.device)
        return attempted(self.workbench.pool, cell.device, measure)
