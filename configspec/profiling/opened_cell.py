"""Opens a cell's draft on its device, with all that timing it needs; one that is still open is not opened again.

What can be wrong is found in the order of what it costs: the device's GPU, the draft's file on it, what the host makes
(the target's text, the draft's scores, the verification's times), then the device's health.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.devices.device import Device
from configspec.profiling.parts import Parts, prepared_draft
from configspec.profiling.staging import StagedModel
from configspec.profiling.verification import VerificationTimes
from configspec.profiling.visit import Timing, setup_sha256
from configspec.profiling.workbench import PreparedDraft, Workbench
from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import asked_words
from configspec.theory.ids import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCell:
    """A cell whose draft is open on its device, with all that timing it needs."""

    cell: Cell
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


class CellOpener:
    """Opens the cells of one session, and knows which draft is still open. `separate_k`: each K is timed on its own."""

    def __init__(self, bench: Workbench, parts: Parts, *, separate_k: bool) -> None:
        self._bench = bench
        self._parts = parts
        self._separate_k = separate_k
        self._still_open: tuple[Device, Cell, ModelFacts] | None = None

    def open(self, cell: Cell, ks: Sequence[int], told: str) -> OpenedCell:
        """The cell with its draft open. `told`: which pass it is opened for.

        Raises:
            UsageError, TestbedError: The draft, its text, or the device.
        """
        bench, inventory = self._bench, self._bench.inventory
        sweep, spec = inventory.sweep, inventory.devices[cell.device].for_cell(cell)
        bench.check_gpu(spec)
        staged = bench.stage(spec, cell.family, cell.drafter)
        prepared = prepared_draft(bench, cell, self._parts)
        measures = inventory.serving_for(cell.family).verify == "measured"
        verification = bench.verification(prepared.family, ks) if measures else None
        device = bench.device(spec)
        bench.pool.check_health(device)
        bench.progress(f"{cell}, {told}" if sweep.passes > 1 else str(cell))
        model = self._model(device, cell, staged)
        context = prepared.trace.text.context_of(sweep.depth)
        return OpenedCell(
            cell=cell,
            spec=spec,
            prepared=prepared,
            staged=staged,
            verification=verification,
            device=device,
            board=device.describe(),
            model=model,
            timing=Timing(context=context, ks=ks, sweep=sweep, separate=self._separate_k),
        )

    def leave_open(self, opened: OpenedCell) -> None:
        """Its draft is open still, as it was: nothing but visits was made."""
        self._still_open = opened.device, opened.cell, opened.model

    def forget(self) -> None:
        """Another draft is open now, or the same one otherwise."""
        self._still_open = None

    def _model(self, device: Device, cell: Cell, staged: StagedModel) -> ModelFacts:
        still, self._still_open = self._still_open, None
        if still is not None and still[0] is device and not device.lost and still[1] == cell:
            return still[2]
        return device.open_model(staged.path, staged.llama_cpp, cache_bytes=staged.cache_bytes)
