"""What measuring needs, each thing made when it is first asked for and kept: devices, targets, files, texts, scores.

One target is open at a time, since a large one fills the memory; devices stay open, each with the draft it had last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.cache import Store
from configspec.devices.device import Device, open_this_host
from configspec.devices.lock_wait import LockWait
from configspec.devices.pool import DevicePool
from configspec.families.board_files import BoardFile, board_files
from configspec.families.build import ensure_draft
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.families.memory import check_target_fits, host_memory_bytes
from configspec.families.resolve import resolve_draft, resolve_target
from configspec.profiling.acceptance_trace import AcceptanceTrace, llama_cpp_version, score_draft
from configspec.profiling.staging import find_model, push_command, shares_this_hosts_files
from configspec.profiling.target_text import Trace, trace_target
from configspec.profiling.verification import VerificationTimes, time_verification
from configspec.targets.registry import open_target, target_runtime
from configspec.targets.target import Target
from configspec.testbed.prompts import PromptSet, default_prompts, read_prompts
from configspec.testbed.specs import DeviceSpec, FamilySpec, Inventory, LlamaCppSpec, TargetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft in one quantisation, ready to be measured on any device: its file, the target's text, its scores."""

    family: FamilySpec
    draft: str
    quant: str
    model: Path
    trace: Trace
    scores: AcceptanceTrace


class Workbench:
    """The open things of one run; close it to let them go."""

    def __init__(
        self,
        inventory: Inventory,
        store: Store,
        progress: Callable[[str], None],
        *,
        wait: LockWait | None = None,
        host_threads: int | None = None,
    ) -> None:
        self.inventory = inventory
        self.store = store
        self.progress = progress
        self.boards = DevicePool(store.root, progress, wait=wait)
        self._host_threads = host_threads
        self._open = ExitStack()
        self._scorer: Device | None = None
        self._families: dict[str, FamilySpec] = {}
        self._target: tuple[str, Target] | None = None
        self._traces: dict[str, Trace] = {}
        self._files: dict[tuple[str, str, str], tuple[BoardFile, ...]] = {}
        self._prepared: dict[tuple[str, str, str], Prepared] = {}
        self._verification: dict[str, VerificationTimes] = {}

    def close(self) -> None:
        """Let all devices and the target go."""
        self._close_target()
        self._scorer = None
        self._open.close()
        self.boards.close()

    def device(self, spec: DeviceSpec) -> Device:
        """The device, with its agent running; one that was lost is opened once more."""
        return self.boards.device(spec)

    def family(self, name: str) -> FamilySpec:
        """The family, its target on this machine."""
        if name not in self._families:
            family = self.inventory.families[name]
            self._families[name] = replace(family, target=resolve_target(name, family.target, self.progress))
        return self._families[name]

    def prepare(self, family: str, draft: str, quant: str) -> Prepared:
        """Everything of the host that measuring a cell needs: the target's text alone may take it an hour.

        Raises:
            UsageError, TestbedError: A model, the hub, a server or this host's disk; never the device's fault.
        """
        key = (family, draft, quant)
        if key not in self._prepared:
            spec = self.family(family)
            model, trace = self.draft_file(spec, draft, quant), self.trace(spec)
            scores = self.scores(spec, model, trace)
            self._prepared[key] = Prepared(
                family=spec, draft=draft, quant=quant, model=model, trace=trace, scores=scores
            )
        return self._prepared[key]

    def model_on(self, spec: DeviceSpec, family: str, draft: str, quant: str) -> Path:
        """Where the draft's file is on the device, compared by hash if it is not this host's own.

        Raises:
            UsageError: It is not there, or another file is.
        """
        files = self._draft_files(self.family(family), draft, quant)
        if shares_this_hosts_files(spec):
            return files[0].path
        push = push_command(self.inventory.path, spec.name, family, draft, quant)
        return find_model(self.device(spec), files, push)

    def draft_file(self, family: FamilySpec, draft: str, quant: str) -> Path:
        """The draft's GGUF, fetched or built if it is missing and checked: whole, of the target's vocabulary."""
        return self._draft_files(family, draft, quant)[0].path

    def _draft_files(self, family: FamilySpec, draft: str, quant: str) -> tuple[BoardFile, ...]:
        key = (family.name, draft, quant)
        if key not in self._files:
            spec = resolve_draft(family.name, family.drafts[draft], (quant,), self.progress)
            file = ensure_draft(family, spec, quant, self.store, self.progress)
            self._files[key] = board_files(family.name, spec, quant, file)
        return self._files[key]

    def target(self, family: FamilySpec) -> Target:
        """The family's target, in place of the one that was open."""
        if self._target is None or self._target[0] != family.name:
            self._close_target()
            check_target_fits(family.target, host_memory_bytes())
            self._target = family.name, open_target(self._with_threads(family.target))
        return self._target[1]

    def _with_threads(self, target: TargetSpec) -> TargetSpec:
        if target.server is not None or target.llama_cpp.threads is not None:
            return target
        return replace(target, llama_cpp=replace(target.llama_cpp, threads=self._host_threads))

    def _close_target(self) -> None:
        if self._target is not None:
            self._target[1].close()
        self._target = None

    def trace(self, family: FamilySpec) -> Trace:
        """The target's text for the sweep's prompts."""
        if family.name not in self._traces:
            sweep = self.inventory.sweep
            self._traces[family.name] = trace_target(
                family,
                self._prompts(),
                sweep.new_tokens,
                sweep.decoding,
                self.store,
                self.progress,
                open_target=lambda: self.target(family),
                runtime=target_runtime(family.target),
            )
        return self._traces[family.name]

    def _prompts(self) -> PromptSet:
        prompts = self.inventory.sweep.prompts
        return default_prompts() if prompts is None else read_prompts(prompts)

    def scores(self, family: FamilySpec, model: Path, trace: Trace) -> AcceptanceTrace:
        """The draft's acceptance against the target's text, scored on this host."""
        return score_draft(
            model,
            gguf_sha256(model),
            trace,
            self.inventory.sweep.decoding,
            self.store,
            runtime=llama_cpp_version(),
            open_scorer=self._open_scorer,
            llama_cpp=LlamaCppSpec(threads=self._host_threads, context=trace.longest),
        )

    def _open_scorer(self) -> Device:
        """The host itself. Counts do not depend on its speed, so runs of other boards may score at the same time."""
        if self._scorer is None or self._scorer.lost:
            self._scorer = self._open.enter_context(open_this_host(self.store.root, progress=self.progress))
        return self._scorer

    def verification(self, family: FamilySpec, ks: Sequence[int]) -> VerificationTimes:
        """How long the target takes to verify, measured once a run."""
        if family.name not in self._verification:
            sweep = self.inventory.sweep
            target = self.target(family)
            self.progress(f"{family.name}: timing the target's verification")
            room = sweep.depth if target.context is None else target.context - max(ks) - 1
            self._verification[family.name] = time_verification(
                target, ks, max(1, min(sweep.depth, room)), seconds=sweep.seconds_per_cell
            )
        return self._verification[family.name]
