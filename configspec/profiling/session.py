"""Measures cells of a testbed when asked, each once, and remembers the answer for the next question.

The order of work for one cell: build the draft's file if it is missing, check that it speaks the target's
vocabulary; check that the board has it, so that an error comes before the host works for an hour; score it against the
target's text (both cached by content); then time it on the device and have that repeat some of the scoring.

A device's cells are timed in several passes (`passes.py`). The first question about a device makes all passes but the
last; then each cell is timed for the last time when it is asked for, and its rows are made.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from configspec import __version__
from configspec.cache import Store
from configspec.devices.device import Device
from configspec.devices.faults import LinkLost
from configspec.devices.lock_wait import LockWait
from configspec.devices.metering import DECLARED
from configspec.errors import ConfigspecError
from configspec.profiling.acceptance_check import PROMPTS_CHECKED, check_acceptance
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.drafting_speed import DraftingTimes, over_visits
from configspec.profiling.end_to_end import check_room, decode_prompts, summarise
from configspec.profiling.measured_cell import MeasuredCell, recounted, retried
from configspec.profiling.meters import Meters, declared_power
from configspec.profiling.more_prompts import MorePrompts
from configspec.profiling.parts import Parts, prepared_draft
from configspec.profiling.passes import complete, way_there
from configspec.profiling.power_figures import power_of, readings_of
from configspec.profiling.staging import StagedModel
from configspec.profiling.verification import VerificationTimes, measured_serving
from configspec.profiling.visit import Timing, Visit, setup_sha256, time_visit
from configspec.profiling.visit_log import VisitLog
from configspec.profiling.workbench import PreparedDraft, Workbench
from configspec.progress import Finished, Notice, Progress, unheard
from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.records.passes import MOST_PASSES
from configspec.records.power import NO_METER, Power
from configspec.records.row import Environment, HostFacts, Row, SampleRefs
from configspec.records.samples import write_samples
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.power_spec import asked_words
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.statistics import disturbed

Found = TypeVar("Found")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A cell whose draft is open on its device, with all that timing it needs."""

    spec: DeviceSpec
    prepared: PreparedDraft
    staged: StagedModel
    verification: VerificationTimes | None
    device: Device
    board: DeviceFacts
    model: ModelFacts
    timing: Timing

    @property
    def where(self) -> str:
        """Device and draft, for messages."""
        return f"{self.device.name}, {self.staged.path.name}"

    @property
    def setup_sha256(self) -> str:
        """What other visits must have in common with one that is made now."""
        power = self.spec.power
        return setup_sha256(self.model, self.board, self.timing, None if power is None else asked_words(power))


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
        self._cells: dict[Stop, dict[int, Row] | ConfigspecError] = {}
        self._logs: dict[str, VisitLog] = {}  # by device, once all passes but the last were made over it
        self._meters = Meters(os.environ)
        self._failures: dict[Cell, list[str]] = {}  # of attempts to visit it, before the last pass
        self._open: tuple[Device, Cell, ModelFacts] | None = None  # the draft that was opened last, and is open

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
        log = self._logs.get(cell.device)
        self._logs[cell.device] = VisitLog(None, cell.device)  # no earlier visit counts, and none is kept
        try:
            self.workbench.pool.admit(cell.device)
            rows, failures = self._tried(cell.device, lambda: self._measured(cell, ks))
        finally:
            if log is None:
                del self._logs[cell.device]
            else:
                self._logs[cell.device] = log
        return _retried(rows, failures)

    def more(self, cell: Cell, ks: Sequence[int], *, passes: int, prompts: int = 0) -> dict[int, Row]:
        """The rows of a cell, made anew of all its visits that are kept and so many more. `rows` remembers them.

        They are counted over so many prompts, of those that were asked, behind the sweep's. Where fewer visits are kept
        than a sweep makes, as where rows were resumed from a results file, those are made too.

        Raises:
            UsageError, TestbedError: As for `rows`.
        """
        self._logs.setdefault(cell.device, VisitLog(self._options.visits, cell.device))
        self.workbench.pool.admit(cell.device)
        rows, failures = self._tried(cell.device, lambda: self._measured(cell, ks, passes, prompts))
        self._cells[cell, tuple(ks)] = found = _retried(rows, failures)
        return found

    def recounted(self, cell: Cell, rows: Sequence[Row], *, prompts: int) -> list[Row]:
        """Rows of a cell, counted over so many prompts behind the sweep's, that were asked. No device is touched.

        Raises:
            UsageError, TestbedError: The draft's file, or what scores it.
        """
        trace = self.more_prompts.trace(prepared_draft(self.workbench, cell, self._parts), prompts)
        samples = self._samples_kept(partial(self._counts_written, trace))
        return [recounted(row, trace, samples) for row in rows]

    def end_to_end(self, configuration: ConfigurationId, ks: Sequence[int]) -> Row:
        """One configuration decoded for real, beside what its profile predicts; `ks` are all K of its cell.

        Raises:
            UsageError, TestbedError: As for `rows`.
            OutputDiffers: A text came out that is not the target's own.
        """
        cell, k = configuration.cell, configuration.k
        row = self.rows(cell, ks)[k]
        self.workbench.pool.admit(cell.device)
        self._progress(f"{configuration}, end to end")
        with self._parts.timed("decoding", str(configuration), cell.device):
            decoded, failures = self._tried(cell.device, lambda: self._decoded(configuration, row, ks))
        return _retried({k: decoded}, failures)[k]

    def _go_there(self, cell: Cell, ks: Sequence[int]) -> None:
        """All passes but the last over the cell's device. What fails is the outcome of its cell.

        A device that cannot be opened fails for the cell that is asked for: the others have their turn. Where it is
        lost on the way, and may return, the cell's test tries again.
        """
        log = self._logs[cell.device] = VisitLog(self._options.visits, cell.device)
        passes, spec = self._inventory.sweep.passes, self._inventory.devices[cell.device].for_cell(cell)
        if passes == 1:
            return
        try:
            _, self._failures[cell] = self._tried(cell.device, lambda: self.workbench.device(spec))
        except ConfigspecError as problem:
            self._cells[cell, tuple(ks)] = problem
            return
        for number, (stop, of_stop) in way_there(self._options.stops(cell, ks), passes):
            key = (stop, of_stop)
            if key in self._cells or len(log.of(stop, of_stop)) >= number:
                continue
            try:
                self.workbench.pool.admit(stop.device)
                visit = partial(self._visited, stop, of_stop, f"pass {number} of {passes}")
                with self._parts.timed("cell", str(stop), stop.device, share=1 / passes):
                    _, failures = self._tried(stop.device, visit)
                self._failures.setdefault(stop, []).extend(failures)
            except ConfigspecError as problem:
                if self.workbench.pool.may_return(stop.device):  # it was lost for the first time
                    self._failures.setdefault(stop, []).append(str(problem))
                else:
                    self._cells[key] = problem

    def _attempt(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row] | ConfigspecError:
        try:
            with self._parts.timed("cell", str(cell), cell.device, share=1 / self._inventory.sweep.passes):
                self.workbench.pool.admit(cell.device)
                rows, failures = self._tried(cell.device, lambda: self._measured(cell, ks))
            return _retried(rows, [*self._failures.pop(cell, []), *failures])
        except ConfigspecError as problem:
            return problem

    def _tried(self, device: str, measure: Callable[[], Found]) -> tuple[Found, list[str]]:
        """What `measure` returns; after a lost link it is tried once more. With it why attempts failed."""
        pool = self.workbench.pool
        failures: list[str] = []
        try:
            found = measure()
        except LinkLost as lost:
            failures = [*pool.failures(device), str(lost)]
            if not pool.may_return(device):
                raise
            found = measure()
        finally:
            failures += pool.failures(device)
        return found, failures

    def _ready(self, cell: Cell, ks: Sequence[int], told: str) -> _Ready:
        """The cell with its draft open; it is not opened again where it still is."""
        bench, sweep, spec = self.workbench, self._inventory.sweep, self._inventory.devices[cell.device].for_cell(cell)
        bench.check_gpu(spec)
        staged = bench.stage(spec, cell.family, cell.drafter)
        prepared = prepared_draft(bench, cell, self._parts)
        measures = self._inventory.serving_for(cell.family).verify == "measured"
        verification = bench.verification(prepared.family, ks) if measures else None
        device = bench.device(spec)
        bench.pool.check_health(device)
        self._progress(f"{cell}, {told}" if sweep.passes > 1 else str(cell))
        still, self._open = self._open, None
        if still is not None and still[0] is device and not device.lost and still[1] == cell:
            model = still[2]
        else:
            model = device.open_model(staged.path, staged.llama_cpp, cache_bytes=staged.cache_bytes)
        context = prepared.trace.text.context_of(sweep.depth)
        return _Ready(
            spec=spec,
            prepared=prepared,
            staged=staged,
            verification=verification,
            device=device,
            board=device.describe(),
            model=model,
            timing=Timing(context=context, ks=ks, sweep=sweep, separate=self._options.separate_k),
        )

    def _visited(self, cell: Cell, ks: Sequence[int], told: str) -> None:
        ready = self._ready(cell, ks, told)
        self._visit(cell, ks, ready)
        self._open = ready.device, cell, ready.model

    def _visit(self, cell: Cell, ks: Sequence[int], ready: _Ready) -> Visit:
        metered = self._meters.of(ready.device)
        visit = time_visit(ready.device, ready.model, ready.timing, ready.setup_sha256, metered)
        try:
            self._logs[cell.device].add(cell, ks, visit)
        except OSError as problem:
            where = f"{self._options.visits}: what was timed cannot be written: {problem.strerror}"
            self._progress(Notice(f"{where}. It is kept until this run ends."))
        return visit

    def _measured(self, cell: Cell, ks: Sequence[int], more: int = 0, prompts: int = 0) -> dict[int, Row]:
        """Its rows, of as many passes as the sweep makes; or of all that are kept, and `more`; `prompts` as there."""
        passes = self._inventory.sweep.passes
        ready = self._ready(cell, ks, f"{more} more passes" if more else f"pass {passes} of {passes}")
        device, prepared = ready.device, ready.prepared
        counted = self.more_prompts.trace(prepared, prompts)
        before = self._logs[cell.device].keep_only(cell, ks, ready.setup_sha256)
        if more:
            before = before[: MOST_PASSES - more - 1]  # one more is made where they disagree
            passes = max(len(before), passes) + more
        visits = complete(before, passes, lambda: self._visit(cell, ks, ready), where=ready.where)
        times = over_visits(ready.model, visits, ready.timing, where=ready.where)
        serving, verification = self._inventory.serving_for(cell.family), ready.verification
        if verification is not None:
            serving = measured_serving(serving, verification, device, ready.timing.context, ks)
        measured = MeasuredCell(
            cell=cell,
            spec=ready.spec,
            family=prepared.family,
            times=times,
            trace=prepared.trace,
            counted=counted,
            check=check_acceptance(device, ready.staged, prepared.trace, self._options.acceptance_check),
            serving=serving,
            verification=verification,
            environment=self._environment(device, ready),
            lock_fallback_reason=device.lock_fallback_reason,
            samples=self._samples_kept(partial(self._written, times, counted)),
            tensor_types=prepared.tensor_types,
            power=self._power(ready, visits),
        )
        return {k: measured.row(k) for k in ks}

    def _power(self, ready: _Ready, visits: Sequence[Visit]) -> Power:
        spec = ready.spec.power
        if spec is None:
            return Power(watts=None, reason=NO_METER)
        if spec.meter == DECLARED:
            return declared_power(spec)
        metered = self._meters.of(ready.device)
        return power_of(visits, asked_words(spec), metered.looked_for, metered.reason or NO_METER)

    def _decoded(self, configuration: ConfigurationId, row: Row, ks: Sequence[int]) -> Row:
        bench, sweep, cell, k = self.workbench, self._inventory.sweep, configuration.cell, configuration.k
        spec = self._inventory.devices[cell.device].for_cell(cell)
        prepared = prepared_draft(bench, cell, self._parts)
        target = bench.target(prepared.family)
        check_room(prepared.trace, k, sweep, spec, target)
        verification = bench.verification(prepared.family, ks)
        device, self._open = bench.device(spec), None
        device.open_model(bench.stage(spec, cell.family, cell.drafter).path, spec.llama_cpp)
        metered = self._meters.of(device)
        decoded = decode_prompts((device, target), prepared.trace, configuration, sweep, metered.meter)
        found = summarise(decoded, sweep, spec.link, row.power, metered.reason or NO_METER)
        doubt = disturbed(found.repeats_s, "end_to_end")
        more = (doubt,) if doubt else ()
        return replace(
            row.flagged(*verification.flags(k), *more), verification=verification.record(k), end_to_end=found
        )

    def _samples_kept(self, write: Callable[[Path], SampleRefs]) -> SampleRefs:
        """The side files; none where they cannot be written, as on a full disk: what was measured is not lost by it."""
        folder = self._options.samples
        if folder is None:
            return SampleRefs()
        try:
            return write(folder)
        except OSError as problem:
            why = f"{folder}: side files cannot be written: {problem.strerror}"
            self._progress(Notice(f"{why}. The figures are kept without."))
            return SampleRefs()

    def _written(self, times: DraftingTimes, trace: AcceptanceTrace, folder: Path) -> SampleRefs:
        readings = readings_of(times.visits)
        return replace(
            self._counts_written(trace, folder),
            times=write_samples(folder, times.token_times()),
            power=None if readings is None else write_samples(folder, readings),
        )

    def _counts_written(self, trace: AcceptanceTrace, folder: Path) -> SampleRefs:
        text = write_samples(folder, trace.text.samples(private=self._inventory.sweep.texts == "private"))
        return SampleRefs(text=text, acceptance=write_samples(folder, trace.samples(text)))

    def _environment(self, device: Device, ready: _Ready) -> Environment:
        return Environment(
            device=ready.board,
            health=device.health,
            host=HostFacts(python=platform.python_version(), configspec=__version__),
            inventory_sha256=self._inventory.sha256,
            env_names=tuple(sorted(ready.spec.env)),
        )


def _retried(rows: dict[int, Row], failures: Sequence[str]) -> dict[int, Row]:
    return {k: retried(row, failures) for k, row in rows.items()} if failures else rows
