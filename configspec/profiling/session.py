"""Measures cells of a testbed when asked, each once, and remembers the answer for the next question.

The order of work for one cell: build the draft's file if it is missing, check that it speaks the target's
vocabulary; check that the board has it, so that an error comes before the host works for an hour; score it against the
target's text (both cached by content); then time it on the device and have that repeat some of the scoring.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from configspec import __version__
from configspec.cache import Store
from configspec.devices.device import Device
from configspec.devices.faults import LinkLost
from configspec.devices.lock_wait import LockWait
from configspec.errors import ConfigspecError
from configspec.profiling.acceptance_check import PROMPTS_CHECKED, check_acceptance
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.drafting_speed import DraftingTimes, Timing, time_drafting
from configspec.profiling.end_to_end import check_room, decode_prompts, summarise
from configspec.profiling.measured_cell import MeasuredCell, retried
from configspec.profiling.parts import Parts, prepared_draft
from configspec.profiling.recorded_cell import Recordings
from configspec.profiling.verification import measured_serving
from configspec.profiling.workbench import Workbench
from configspec.progress import Finished, Progress, unheard
from configspec.records.row import Environment, HostFacts, Row, SampleRefs
from configspec.records.samples import write_samples
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.statistics import disturbed


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How a session measures.

    `host_threads`: for what is computed on this host, where nothing else is declared; None: all of them. `samples`: the
    folder for side files; None: none are kept. `finished` is called with each part of the work that is over.
    """

    separate_k: bool = False
    acceptance_check: int = PROMPTS_CHECKED  # prompts of each cell
    host_threads: int | None = None
    wait: LockWait | None = None
    samples: Path | None = None
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
        self._recordings = Recordings()
        self._parts = Parts((self._options.wait or LockWait()).clock.now_s, self._options.finished)
        self._cells: dict[tuple[Cell, tuple[int, ...]], dict[int, Row] | ConfigspecError] = {}

    def __enter__(self) -> ProfilingSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release all devices."""
        self.workbench.close()

    def rows(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row]:
        """One cell at every K of `ks`; measured when first asked for, remembered afterwards, failures too.

        What is recorded is looked up each time: thousands of rows are not kept once more.

        Raises:
            UsageError: Something about the cell must be changed by the person.
            TestbedError: The device misbehaved or was lost now, or it is quarantined (then with the first cause).
        """
        replay = self._inventory.devices[cell.device].replay
        if replay is not None:
            self.workbench.pool.admit(cell.device)
            return self._recordings.rows(cell, ks, replay, self._inventory.serving_for(cell.family))
        key = (cell, tuple(ks))
        if key not in self._cells:
            self._cells[key] = self._attempt(cell, ks)
        outcome = self._cells[key]
        if isinstance(outcome, ConfigspecError):
            raise outcome
        return outcome

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
            return self._tried(cell.device, lambda: {k: self._decoded(configuration, row, ks)})[k]

    def _attempt(self, cell: Cell, ks: Sequence[int]) -> dict[int, Row] | ConfigspecError:
        spec = self._inventory.devices[cell.device].for_cell(cell)
        try:
            with self._parts.timed("cell", str(cell), cell.device):
                self.workbench.pool.admit(cell.device)
                return self._tried(cell.device, lambda: self._measured(spec, cell, ks))
        except ConfigspecError as problem:
            return problem

    def _tried(self, device: str, measure: Callable[[], dict[int, Row]]) -> dict[int, Row]:
        """What `measure` returns; after a lost link it is tried once more, and the rows say so."""
        pool = self.workbench.pool
        failures: list[str] = []
        try:
            rows = measure()
        except LinkLost as lost:
            failures = [*pool.failures(device), str(lost)]
            if not pool.may_return(device):
                raise
            rows = measure()
        finally:
            failures += pool.failures(device)
        return {k: retried(row, failures) for k, row in rows.items()} if failures else rows

    def _measured(self, spec: DeviceSpec, cell: Cell, ks: Sequence[int]) -> dict[int, Row]:
        bench, sweep = self.workbench, self._inventory.sweep
        bench.check_gpu(spec)
        staged = bench.stage(spec, cell.family, cell.drafter)
        prepared = prepared_draft(bench, cell, self._parts)
        serving = self._inventory.serving_for(cell.family)
        verification = bench.verification(prepared.family, ks) if serving.verify == "measured" else None
        device = bench.device(spec)
        bench.pool.check_health(device)
        self._progress(str(cell))
        context = prepared.trace.text.context_of(sweep.depth)
        timing = Timing(context=context, ks=ks, sweep=sweep, separate=self._options.separate_k)
        times = time_drafting(device, staged, timing)
        if verification is not None:
            serving = measured_serving(serving, verification, device, context, ks)
        measured = MeasuredCell(
            cell=cell,
            spec=spec,
            family=prepared.family,
            times=times,
            trace=prepared.trace,
            check=check_acceptance(device, staged, prepared.trace, self._options.acceptance_check),
            serving=serving,
            verification=verification,
            environment=self._environment(device, spec),
            lock_fallback_reason=device.lock_fallback_reason,
            samples=self._samples_kept(times, prepared.trace),
            tensor_types=prepared.tensor_types,
        )
        return {k: measured.row(k) for k in ks}

    def _decoded(self, configuration: ConfigurationId, row: Row, ks: Sequence[int]) -> Row:
        bench, sweep, cell, k = self.workbench, self._inventory.sweep, configuration.cell, configuration.k
        spec = self._inventory.devices[cell.device].for_cell(cell)
        prepared = prepared_draft(bench, cell, self._parts)
        target = bench.target(prepared.family)
        check_room(prepared.trace, k, sweep, spec, target)
        verification = bench.verification(prepared.family, ks)
        device = bench.device(spec)
        device.open_model(bench.stage(spec, cell.family, cell.drafter).path, spec.llama_cpp)
        decoded = decode_prompts(device, target, prepared.trace, configuration, sweep)
        found = summarise(decoded, sweep, spec.link)
        doubt = disturbed(found.repeats_s, "end_to_end")
        more = (doubt,) if doubt else ()
        return replace(
            row.flagged(*verification.flags(k), *more), verification=verification.record(k), end_to_end=found
        )

    def _samples_kept(self, times: DraftingTimes, trace: AcceptanceTrace) -> SampleRefs:
        """The side files; none where they cannot be written, as on a full disk: what was measured is not lost by it."""
        folder = self._options.samples
        if folder is None:
            return SampleRefs()
        try:
            return self._written(folder, times, trace)
        except OSError as problem:
            self._progress(f"{folder}: side files cannot be written: {problem.strerror}. The figures are kept without.")
            return SampleRefs()

    def _written(self, folder: Path, times: DraftingTimes, trace: AcceptanceTrace) -> SampleRefs:
        text = write_samples(folder, trace.text.samples(private=self._inventory.sweep.texts == "private"))
        return SampleRefs(
            text=text,
            acceptance=write_samples(folder, trace.samples(text)),
            times=write_samples(folder, times.token_times()),
        )

    def _environment(self, device: Device, spec: DeviceSpec) -> Environment:
        return Environment(
            device=device.describe(),
            health=device.health,
            host=HostFacts(python=platform.python_version(), configspec=__version__),
            inventory_sha256=self._inventory.sha256,
            env_names=tuple(sorted(spec.env)),
        )
