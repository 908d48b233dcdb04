"""Measures cells of a testbed when asked, each once, and keeps devices, traces and scores for the next question.

The order of work for one cell: build the draft's file if it is missing, check that it speaks the target's
vocabulary, score it against the target's text (both cached by content), then time it on the device.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from configspec import __version__
from configspec.devices.device import Device, open_device
from configspec.errors import ConfigspecError, TestbedError
from configspec.families.build import ensure_draft
from configspec.families.content_hash import file_sha256
from configspec.families.store import Store
from configspec.inventory.prompts import default_prompts, read_prompts
from configspec.inventory.specs import DeviceSpec, FamilySpec, Inventory, LlamaCppSpec
from configspec.model.profile import Configuration
from configspec.profiling.acceptance import DraftScores, llama_cpp_version, score_draft
from configspec.profiling.cell import CellTiming, time_cell
from configspec.profiling.trace import Trace, trace_target
from configspec.records.profile_file import read_profile
from configspec.records.record import Row

NO_METER = "devices.yaml declares no power meter for this device"
ACCEPTANCE_RULE = "match-greedy-draft"  # accepted if the target's greedy token is the same


class Laboratory:
    """Measures on demand; close it, or use it in a `with` statement, to let the devices go."""

    def __init__(
        self, inventory: Inventory, store: Store, *, progress: Callable[[str], None], separate_k: bool = False
    ) -> None:
        self._inventory = inventory
        self._store = store
        self._progress = progress
        self._separate_k = separate_k
        self._open = ExitStack()
        self._devices: dict[str, Device] = {}
        self._lost: dict[str, TestbedError] = {}
        self._traces: dict[str, Trace] = {}
        self._cells: dict[tuple[str, ...], dict[int, Row] | ConfigspecError] = {}

    def __enter__(self) -> Laboratory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let all devices go."""
        self._devices.clear()
        self._open.close()

    def rows(self, device: str, family: str, draft: str, quant: str, ks: Sequence[int]) -> dict[int, Row]:
        """One cell at every K of `ks`; measured when first asked for, remembered afterwards, failures too.

        Raises:
            UsageError: Something about the cell must be changed by the person.
            TestbedError: The device was lost: now, or earlier in this run (then with that first cause).
        """
        cell = (device, family, draft, quant, *map(str, ks))
        if cell not in self._cells:
            self._cells[cell] = self._attempt(device, family, draft, quant, ks)
        outcome = self._cells[cell]
        if isinstance(outcome, ConfigspecError):
            raise outcome
        return outcome

    def _attempt(
        self, device: str, family: str, draft: str, quant: str, ks: Sequence[int]
    ) -> dict[int, Row] | ConfigspecError:
        if device in self._lost:
            return self._lost[device]
        try:
            spec = self._inventory.devices[device]
            if spec.replay is not None:
                return self._replayed(spec, family, draft, quant, ks)
            return self._measured(spec, self._inventory.families[family], draft, quant, ks)
        except TestbedError as lost:
            self._lost[device] = lost
            return lost
        except ConfigspecError as problem:
            return problem

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

    def _measured(
        self, spec: DeviceSpec, family: FamilySpec, draft: str, quant: str, ks: Sequence[int]
    ) -> dict[int, Row]:
        model = self.draft_file(family, draft, quant)
        trace = self.trace(family)
        scores = self.scores(family, model, trace)
        sweep = self._inventory.sweep
        device = self._device(spec)
        self._progress(f"{spec.name}: {family.name} {draft} {quant}")
        timing = time_cell(device, spec, model, trace.context_of(sweep.depth), ks, sweep, separate=self._separate_k)
        environment = self._environment(device)
        return {k: self._row(spec, family, draft, quant, k, timing, scores, trace, environment) for k in ks}

    def draft_file(self, family: FamilySpec, draft: str, quant: str) -> Path:
        """The draft's GGUF, built if it is missing and checked: whole, of the target's vocabulary."""
        return ensure_draft(family, family.drafts[draft], quant, self._store, self._progress)

    def trace(self, family: FamilySpec) -> Trace:
        """The target's text for the sweep's prompts."""
        if family.name not in self._traces:
            sweep = self._inventory.sweep
            prompts = default_prompts() if sweep.prompts is None else read_prompts(sweep.prompts)
            self._traces[family.name] = trace_target(family, prompts, sweep.new_tokens, self._store, self._progress)
        return self._traces[family.name]

    def scores(self, family: FamilySpec, model: Path, trace: Trace) -> DraftScores:
        """The draft's acceptance against the target's text, scored on this host."""
        return score_draft(
            model,
            file_sha256(model),
            trace,
            self._store,
            runtime=llama_cpp_version(),
            open_scorer=self._scorer,
            llama_cpp=LlamaCppSpec(context=trace.longest),
        )

    def _scorer(self) -> Device:
        return self._device(DeviceSpec(name="this host, scoring", connection="local"))

    def _device(self, spec: DeviceSpec) -> Device:
        if spec.name not in self._devices:
            self._devices[spec.name] = self._open.enter_context(open_device(spec, self._store.root))
        return self._devices[spec.name]

    def _environment(self, device: Device) -> dict[str, Any]:
        return {
            "device": asdict(device.describe()),
            "host": {"python": platform.python_version(), "configspec": __version__},
            "inventory_sha256": self._inventory.sha256,
        }

    def _row(
        self,
        spec: DeviceSpec,
        family: FamilySpec,
        draft: str,
        quant: str,
        k: int,
        timing: CellTiming,
        scores: DraftScores,
        trace: Trace,
        environment: dict[str, Any],
    ) -> Row:
        sweep = self._inventory.sweep
        configuration = Configuration(
            device=spec.name,
            family=family.name,
            draft=draft,
            quant=quant,
            k=k,
            round_s=timing.round_s(k),
            round_samples_s=timing.samples_s(k),
            acceptance=scores.acceptance(k),
            power_w=None,
            power_reason=NO_METER,
            provenance="measured",
            warnings=(*timing.flags(k, sweep), *scores.flags()),
        )
        return Row(
            configuration=configuration,
            serving=self._inventory.serving_for(family.name),
            token_samples_s=timing.token_samples_s(k),
            drafting=timing.record(k, sweep),
            acceptance={
                "rule": ACCEPTANCE_RULE,
                "method": "teacher-forced replay of the target's greedy text",
                "last_round": "counted whole",
                "prompts": len(trace.prompts),
                "new_tokens": sweep.new_tokens,
            },
            models={
                "draft": asdict(timing.model),
                "target": {"sha256": trace.target_sha256, "dtype": family.target.dtype, "runtime": trace.runtime},
            },
            environment=environment,
        )
