"""Measures cells of a testbed when asked, each once, and remembers the answer for the next question.

The order of work for one cell: build the draft's file if it is missing, check that it speaks the target's
vocabulary; look whether the board has it, so that this is told before the host works for an hour; score it against the
target's text (both cached by content); then time it on the device and have that repeat some of the scoring.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from configspec import __version__
from configspec.cache import Store
from configspec.devices.device import Device
from configspec.devices.faults import LinkLost
from configspec.devices.lock_wait import LockWait
from configspec.errors import ConfigspecError
from configspec.families.memory import cache_bytes
from configspec.profiling.acceptance_check import PROMPTS_CHECKED, check_acceptance
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.cell_row import cell_row, retried
from configspec.profiling.drafting_speed import time_cell
from configspec.profiling.end_to_end import measure_end_to_end, time_exchange
from configspec.profiling.target_text import Trace
from configspec.profiling.verification import VerificationTimes
from configspec.profiling.workbench import Workbench
from configspec.records.profile_file import read_profile
from configspec.records.row import Row
from configspec.testbed.specs import DeviceSpec, FamilySpec, Inventory
from configspec.theory.serving.assumptions import Serving


class ProfilingSession:
    """Measures on demand; close it, or use it in a `with` statement, to let the devices go."""

    def __init__(
        self,
        inventory: Inventory,
        store: Store,
        *,
        progress: Callable[[str], None],
        separate_k: bool = False,
        wait: LockWait | None = None,
        acceptance_check: int = PROMPTS_CHECKED,
        host_threads: int | None = None,
    ) -> None:
        """`host_threads`: for what is computed on this host, where nothing else is declared; None: all of them."""
        self._inventory = inventory
        self._progress = progress
        self._separate_k = separate_k
        self._acceptance_check = acceptance_check  # prompts of each cell
        self._bench = Workbench(inventory, store, progress, wait=wait, host_threads=host_threads)
        self._cells: dict[tuple[str, ...], dict[int, Row] | ConfigspecError] = {}

    def __enter__(self) -> ProfilingSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let all devices go."""
        self._bench.close()

    @property
    def bench(self) -> Workbench:
        """What is open: for a question that measures nothing."""
        return self._bench

    def rows(self, device: str, family: str, draft: str, quant: str, ks: Sequence[int]) -> dict[int, Row]:
        """One cell at every K of `ks`; measured when first asked for, remembered afterwards, failures too.

        Raises:
            UsageError: Something about the cell must be changed by the person.
            TestbedError: The device misbehaved or was lost now, or it is quarantined (then with the first cause).
        """
        cell = (device, family, draft, quant, *map(str, ks))
        if cell not in self._cells:
            self._cells[cell] = self._attempt(device, family, draft, quant, ks)
        outcome = self._cells[cell]
        if isinstance(outcome, ConfigspecError):
            raise outcome
        return outcome

    def end_to_end(self, device: str, family: str, draft: str, quant: str, k: int, ks: Sequence[int]) -> Row:
        """One configuration decoded for real, beside what its profile predicts.

        Raises:
            UsageError, TestbedError: As for `rows`.
            OutputDiffers: A text came out that is not the target's own.
        """
        row = self.rows(device, family, draft, quant, ks)[k]
        self._bench.boards.admit(device)
        self._progress(f"{device}: {family} {draft} {quant} K={k}, end to end")
        spec, prepared = self._inventory.devices[device], self._bench.prepare(family, draft, quant)
        return self._tried(device, lambda: {k: measure_end_to_end(self._bench, spec, prepared, row, ks)})[k]

    def _attempt(
        self, device: str, family: str, draft: str, quant: str, ks: Sequence[int]
    ) -> dict[int, Row] | ConfigspecError:
        spec = self._inventory.devices[device]
        try:
            self._bench.boards.admit(device)
            if spec.replay is not None:
                return self._replayed(spec, family, draft, quant, ks)
            return self._tried(device, lambda: self._measured(spec, family, draft, quant, ks))
        except ConfigspecError as problem:
            return problem

    def _tried(self, device: str, measure: Callable[[], dict[int, Row]]) -> dict[int, Row]:
        """What `measure` returns; after a lost link it is tried once more, and the rows say so."""
        boards = self._bench.boards
        failures: list[str] = []
        try:
            rows = measure()
        except LinkLost as lost:
            failures = [*boards.failures(device), str(lost)]
            if not boards.may_return(device):
                raise
            rows = measure()
        finally:
            failures += boards.failures(device)
        return {k: retried(row, failures) for k, row in rows.items()} if failures else rows

    def _replayed(self, spec: DeviceSpec, family: str, draft: str, quant: str, ks: Sequence[int]) -> dict[int, Row]:
        assert spec.replay is not None
        profile = read_profile(spec.replay.profile)
        rows = {}
        for one in profile.configurations(spec.replay.device, as_name=spec.name):
            if (one.family, one.draft, one.quant) == (family, draft, quant) and one.k in ks:
                rows[one.k] = Row(
                    configuration=one,
                    serving=profile.serving.get(family, self._inventory.serving_for(family)),
                    drafting={"method": "replay of a profile file", "clock": "none: no device was timed"},
                    acceptance={"method": "replay of a profile file"},
                    environment={"source": profile.source, "profile": spec.replay.profile.name},
                )
        return rows

    def _measured(self, spec: DeviceSpec, family: str, draft: str, quant: str, ks: Sequence[int]) -> dict[int, Row]:
        model = self._bench.model_on(spec, family, draft, quant)
        prepared = self._bench.prepare(family, draft, quant)
        serving, verification = self._inventory.serving_for(family), None
        if serving.verify == "measured":
            verification = self._bench.verification(prepared.family, ks)
        sweep = self._inventory.sweep
        device = self._bench.device(spec)
        self._progress(f"{spec.name}: {family} {draft} {quant}")
        context = prepared.trace.context_of(sweep.depth)
        room = cache_bytes(prepared.model, spec.llama_cpp.context)
        timing = time_cell(device, spec, model, context, ks, sweep, separate=self._separate_k, cache_bytes=room)
        if verification is not None:
            serving = measured_serving(serving, verification, device, context, ks)
        check = check_acceptance(device, spec, prepared, model, self._acceptance_check)
        environment = self._environment(device)
        return {
            k: replace(
                cell_row(spec, prepared, k, timing, check, sweep=sweep, serving=serving, environment=environment),
                verification=None if verification is None else verification.record(k),
            )
            for k in ks
        }

    def draft_file(self, family: FamilySpec, draft: str, quant: str) -> Path:
        """The draft's GGUF, built if it is missing and checked: whole, of the target's vocabulary."""
        return self._bench.draft_file(family, draft, quant)

    def trace(self, family: FamilySpec) -> Trace:
        """The target's text for the sweep's prompts."""
        return self._bench.trace(family)

    def scores(self, family: FamilySpec, model: Path, trace: Trace) -> AcceptanceTrace:
        """The draft's acceptance against the target's text, scored on this host."""
        return self._bench.scores(family, model, trace)

    def _environment(self, device: Device) -> dict[str, Any]:
        return {
            "device": asdict(device.describe()),
            "health": None if device.health is None else asdict(device.health),
            "host": {"python": platform.python_version(), "configspec": __version__},
            "inventory_sha256": self._inventory.sha256,
        }


def measured_serving(
    serving: Serving, verification: VerificationTimes, device: Device, context: Sequence[int], ks: Sequence[int]
) -> Serving:
    """`serving` with what this target took on this host, and this device's link and protocol, for every K."""
    by_k = tuple((k, verification.verify_s(k).value + median(time_exchange(device, context, k))) for k in ks)
    return replace(serving, verify_s=by_k[-1][1], verify_s_by_k=by_k)
