"""What measuring needs, each thing made when it is first asked for and kept: devices, targets, files, texts, traces.

One target is open at a time, since a large one fills the memory; devices stay open, each with the draft it had last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.cache import Store
from configspec.devices.device import Device, open_this_host
from configspec.devices.gpu_build import lacking_gpu
from configspec.devices.lock_wait import LockWait
from configspec.devices.pool import DevicePool
from configspec.errors import UsageError
from configspec.families.board_files import BoardFile, board_files
from configspec.families.build import ensure_draft
from configspec.families.contexts import draft_contexts, gguf_context
from configspec.families.gguf.gguf_facts import gguf_sha256, read_facts
from configspec.families.hub.hub import Hub
from configspec.families.llama_cpp_version import llama_cpp_version
from configspec.families.memory import cache_bytes, check_target_fits, host_memory_bytes
from configspec.families.resolve import resolve_draft, resolve_target
from configspec.profiling.acceptance_trace import AcceptanceTrace, Scorer, trace_acceptance
from configspec.profiling.prompt_ids import TokenizedPrompts, tokenize_prompts
from configspec.profiling.prompt_room import Room, check_fits, limits, room_of_draft
from configspec.profiling.staging import StagedModel, find_model, push_command, shares_this_hosts_files
from configspec.profiling.target_text import TargetText, Writing, write_target_text
from configspec.profiling.verification import VerificationTimes, time_verification
from configspec.progress import Progress
from configspec.targets.registry import open_target
from configspec.targets.target import Target
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import FamilySpec, TargetSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.prompt_choice import sweep_prompts
from configspec.testbed.prompts import PromptSet
from configspec.theory.ids import Drafter


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDraft:
    """A drafter, ready to be measured on any device: its file on this host, and its trace over the target's text."""

    family: FamilySpec
    model: Path
    tensor_types: Mapping[str, int]  # of the file: how many of each
    trace: AcceptanceTrace


class Workbench:
    """The open things of one run; close it to release them."""

    def __init__(
        self,
        inventory: Inventory,
        store: Store,
        progress: Progress,
        *,
        wait: LockWait | None = None,
        host_threads: int | None = None,
        hub: Hub | None = None,
    ) -> None:
        self.inventory = inventory
        self.store = store
        self.progress = progress
        self.pool = DevicePool(store.root, progress, wait=wait)
        self._host_threads = host_threads
        self.hub = hub or Hub()
        self._open = ExitStack()
        self._scorer: Device | None = None
        self._families: dict[str, FamilySpec] = {}
        self._rooms: dict[str, tuple[Room, ...]] = {}
        self._target: tuple[str, Target] | None = None
        self._prompts: PromptSet | None = None
        self._tokenized: dict[str, TokenizedPrompts] = {}
        self._texts: dict[str, TargetText] = {}
        self._files: dict[tuple[str, Drafter], tuple[BoardFile, ...]] = {}
        self._prepared: dict[tuple[str, Drafter], PreparedDraft] = {}
        self._verification: dict[str, VerificationTimes] = {}

    def close(self) -> None:
        """Release all devices and the target."""
        self._close_target()
        self._scorer = None
        self._open.close()
        self.pool.close()

    def device(self, spec: DeviceSpec) -> Device:
        """The device, with its agent running; one that was lost is opened once more."""
        return self.pool.device(spec)

    def family(self, name: str) -> FamilySpec:
        """The family, its target on this machine."""
        if name not in self._families:
            family = self.inventory.families[name]
            self._draft_rooms(family)  # as they are before a draft is fetched, whichever is the first
            target = resolve_target(name, family.target, self.progress, hub=self.hub)
            self._families[name] = replace(family, target=target)
        return self._families[name]

    def prepare(self, family: str, drafter: Drafter) -> PreparedDraft:
        """Everything of the host that measuring a cell needs: the target's text alone may take it an hour.

        Raises:
            UsageError, TestbedError: A model, the hub, a server or this host's disk; never the device's fault.
        """
        key = (family, drafter)
        if key not in self._prepared:
            spec = self.family(family)
            model = self.draft_file(spec, drafter)
            asked = [(one.id, len(one.prompt)) for one in self.target_text(spec).prompts]
            self._check_prompts_fit(drafter, model, asked)
            trace = self.acceptance(spec, model)
            types = dict(read_facts(model).tensor_types)
            self._prepared[key] = PreparedDraft(family=spec, model=model, tensor_types=types, trace=trace)
        return self._prepared[key]

    def has_prepared(self, family: str, drafter: Drafter) -> bool:
        """Whether `prepare` has nothing more to do for it."""
        return (family, drafter) in self._prepared

    def stage(self, spec: DeviceSpec, family: str, drafter: Drafter) -> StagedModel:
        """Where the draft's file is on the device, compared by hash if it is not this host's own.

        Raises:
            UsageError: It is missing there, or another file is in its place.
        """
        files = self._draft_files(self.family(family), drafter)
        path = files[0].path
        if not shares_this_hosts_files(spec):
            push = push_command(self.inventory.path, spec.name, family, drafter.draft, drafter.quant)
            path = find_model(self.device(spec), files, push)
        source, settings = files[0].path, spec.llama_cpp
        cached = cache_bytes(source, settings.context, (settings.cache_type_k, settings.cache_type_v))
        return StagedModel(path=path, source=source, llama_cpp=settings, cache_bytes=cached)

    def check_gpu(self, spec: DeviceSpec) -> None:
        """A UsageError where a GPU is declared that the device's llama.cpp cannot use; told before the host works."""
        if spec.llama_cpp.of_gpu() is not None:
            problem = lacking_gpu(spec, self.device(spec).describe())
            if problem is not None:
                raise UsageError(f"{spec.name}: {problem}.")

    def draft_file(self, family: FamilySpec, drafter: Drafter) -> Path:
        """The draft's GGUF, fetched or built if it is missing and checked: whole, of the target's vocabulary.

        Where no prompt may be left out or shortened, that all fit it is told here, before the target writes.
        """
        path = self._draft_files(family, drafter)[0].path
        if self.inventory.sweep.prompts.longest == "error":
            tokenized = self.tokenized(family)
            named = zip(tokenized.prompts, tokenized.ids, strict=True)
            self._check_prompts_fit(drafter, path, [(prompt.id, len(ids)) for prompt, ids in named])
        return path

    def _check_prompts_fit(self, drafter: Drafter, model: Path, asked: Sequence[tuple[str, int]]) -> None:
        """A UsageError where a prompt does not fit what a draft was trained for, by the header of its file."""
        sweep, context = self.inventory.sweep, gguf_context(model)
        if context is not None:
            room = room_of_draft(drafter.draft, context)
            path, longest = self.prompts().path, sweep.prompts.longest
            check_fits(path, asked, room, new_tokens=sweep.new_tokens, longest=longest)

    def _draft_files(self, family: FamilySpec, drafter: Drafter) -> tuple[BoardFile, ...]:
        key = (family.name, drafter)
        if key not in self._files:
            draft = family.drafts[drafter.draft]
            spec = resolve_draft(family.name, draft, (drafter.quant,), self.progress, hub=self.hub)
            file = ensure_draft(family, spec, drafter.quant, self.store, self.progress)
            self._files[key] = board_files(family.name, spec, drafter.quant, file)
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

    def prompts(self) -> PromptSet:
        """The sweep's prompts."""
        if self._prompts is None:
            self._prompts = sweep_prompts(self.inventory.sweep.prompts)
        return self._prompts

    def tokenized(self, family: FamilySpec) -> TokenizedPrompts:
        """The sweep's prompts as the family's target reads them; the target itself is not loaded."""
        if family.name not in self._tokenized:
            sweep = self.inventory.sweep
            self._tokenized[family.name] = tokenize_prompts(family, self.prompts(), sweep.chat, self.store)
        return self._tokenized[family.name]

    def target_text(self, family: FamilySpec) -> TargetText:
        """The target's text for the sweep's prompts."""
        if family.name not in self._texts:
            self._texts[family.name] = write_target_text(
                family, self.writing(family), self.store, lambda: self.target(family), self.progress
            )
        return self._texts[family.name]

    def writing(self, family: FamilySpec) -> Writing:
        """What the sweep asks the family's target to write."""
        sweep, tokenized = self.inventory.sweep, self.tokenized(family)
        return Writing(
            prompts=tokenized,
            new_tokens=sweep.new_tokens,
            decoding=sweep.decoding,
            longest=sweep.prompts.longest,
            contexts=limits(self.rooms(family), tokenized.ids, sweep.new_tokens),
        )

    def rooms(self, family: FamilySpec) -> tuple[Room, ...]:
        """The contexts that were known when this run began: of drafts, and of a target whose context is declared."""
        rooms, target = self._draft_rooms(family), family.target
        if target.gguf is None:
            return rooms
        return *rooms, Room(tokens=target.llama_cpp.context, of=f"families.{family.name}.target.context")

    def _draft_rooms(self, family: FamilySpec) -> tuple[Room, ...]:
        if family.name not in self._rooms:
            found = draft_contexts(family, self.hub)
            self._rooms[family.name] = tuple(room_of_draft(name, tokens) for name, tokens in found)
        return self._rooms[family.name]

    def acceptance(self, family: FamilySpec, model: Path) -> AcceptanceTrace:
        """A draft's acceptance against the target's text, scored on this host."""
        return trace_acceptance(model, gguf_sha256(model), self.target_text(family), self.scorer())

    def scorer(self) -> Scorer:
        """What scores drafts; this host is opened for it where a score is not cached."""
        return Scorer(open=self._open_scorer, runtime=scoring_runtime(), threads=self._host_threads, store=self.store)

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


def scoring_runtime() -> str:
    """What scores drafts on this host; a UsageError where it is not installed."""
    return f"llama-cpp-python {llama_cpp_version('Scoring a draft')}"
