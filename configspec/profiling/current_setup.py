"""The present set-up, read from the inventory, from files and last from the device: whether an earlier row still holds.

Each thing is looked up when the first row asks, and once. Price and declared latency are not asked: they are assumed,
not measured, and an earlier row takes the present ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import msgspec

from configspec.content_hash import file_sha256
from configspec.errors import ConfigspecError
from configspec.profiling.recorded_cell import Recordings
from configspec.profiling.session import ProfilingSession
from configspec.profiling.threads import threads_of
from configspec.records.codec import to_record
from configspec.records.facts import DeviceFacts
from configspec.records.row import Row
from configspec.records.setup import (
    DecodedSetup,
    DeviceSetup,
    Difference,
    DrafterSetup,
    Setup,
    SetupPart,
    TargetSetup,
    difference,
    first_difference,
    setup_of,
)
from configspec.targets.registry import target_runtime, target_sha256
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.inventory import Inventory
from configspec.testbed.power_spec import asked_words
from configspec.theory.ids import Cell, settings_words
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.link import Link

Found = TypeVar("Found")
Part = TypeVar("Part", bound=SetupPart)
# What a replayed row says of its run, and not of the figures.
OF_THE_RUN = ("version", "outcome", "resumed", "samples", "origin")


class CurrentSetup:
    """The testbed as it is. A look-up that failed fails again for every row, but a device's, which may come back."""

    def __init__(
        self,
        inventory: Inventory,
        session: ProfilingSession,
        recordings: Recordings,
        *,
        separate_k: bool,
        public: Callable[[object], object] = lambda plain: plain,
    ) -> None:
        """`public` leaves out of plain values what the rows of this run do not say either."""
        self._inventory = inventory
        self._session = session
        self._recordings = recordings
        self._separate_k = separate_k
        self._public = public
        self._known: dict[tuple[object, ...], object] = {}

    def change(self, row: Row, *, decoded: bool) -> Difference | None:
        """The first thing that differs now from what it was when `row` was measured. None if the row still holds.

        Raises:
            ConfigspecError: A file, a server or the device cannot be asked; measuring would meet the same.
        """
        try:
            spec = self._inventory.devices[row.device].for_cell(row.cell)
        except KeyError:
            return Difference(what="settings", then=settings_words(row.cell.settings) or "none", now="others")
        if spec.replay is not None:
            return self._replay_change(row)
        if row.power.asked != (asked := None if spec.power is None else asked_words(spec.power)):
            return Difference(what="power", then=row.power.asked or "not measured", now=asked or "not measured")
        then = setup_of(row)
        if decoded and then.decoded is None:
            return Difference(what="end_to_end", then="not decoded", now="to be decoded")
        measured = "measured" if row.serving.verify == "measured" else "declared"
        if self._inventory.serving_for(row.family).verify != measured:
            now = self._inventory.serving_for(row.family).verify
            return Difference(what="serving.verify", then=measured, now=now)
        for name, before, after in self._parts(row.cell, spec, then, decoded=decoded):
            changed = difference(name, None if before is None else self._of_this_run(before), self._of_this_run(after))
            if changed is not None:
                return changed
        return None

    def serving(self, row: Row) -> Serving:
        """What is assumed of the verifier now, with what was measured of it then."""
        now = self._inventory.serving_for(row.family)
        if self._inventory.devices[row.device].replay is not None:
            return row.serving
        if now.verify != "measured":
            return now
        then = row.serving
        return replace(now, verify_s=then.verify_s, verify_s_by_k=then.verify_s_by_k, link_s_by_k=then.link_s_by_k)

    def _parts(
        self, cell: Cell, spec: DeviceSpec, then: Setup, *, decoded: bool
    ) -> Iterator[tuple[str, SetupPart | None, SetupPart]]:
        """Each part then and now, from what costs nothing to what needs the device."""
        settings = self._settings()
        # What the inventory says is compared before any file is read.
        yield "drafting", replace(then.drafter, file_sha256=None), settings
        if decoded:
            yield "end_to_end", then.decoded, self._decoded(spec)
        yield "target", then.target, self._once(("target", cell.family), lambda: self._target(cell.family))
        drafter = self._once(("draft", cell.family, cell.drafter), lambda: self._file_sha256(cell))
        yield "draft", then.drafter, replace(settings, file_sha256=drafter)
        yield "device", then.device, self._device(spec)

    def _settings(self) -> DrafterSetup:
        sweep = self._inventory.sweep
        return DrafterSetup(
            depth_tokens=sweep.depth,
            rounds_asked=sweep.rounds,
            seconds_allowed=sweep.seconds_per_cell,
            method="separate rounds" if self._separate_k else "shared rounds",
        )

    def _decoded(self, spec: DeviceSpec) -> DecodedSetup:
        asked, link = self._inventory.sweep.end_to_end, spec.link
        prompts = self._once(("prompts",), self._session.workbench.prompts)
        return DecodedSetup(
            prompts=min(asked.prompts, len(prompts.prompts)),
            repeats=asked.repeats,
            link=None if link is None else Link(rtt_s=link.rtt_s, jitter_s=link.jitter_s, bits_per_s=link.bits_per_s),
        )

    def _target(self, name: str) -> TargetSetup:
        bench, sweep = self._session.workbench, self._inventory.sweep
        family = bench.family(name)
        target, longest, prompting = family.target, sweep.prompts.longest, bench.tokenized(family).prompting
        return TargetSetup(
            sha256=target_sha256(target),
            dtype=target.dtype if target.transformers else None,
            runtime=target_runtime(target),
            template_sha256=prompting.template_sha256,
            system_sha256=prompting.system_sha256,
            thinking=prompting.thinking,
            date=prompting.date,
            prompts_sha256=bench.writing(family).prompts_sha256,
            new_tokens=sweep.new_tokens,
            longest=None if longest == "error" else longest,
            decoding=sweep.decoding,
        )

    def _file_sha256(self, cell: Cell) -> str:
        bench = self._session.workbench
        # Of a model in several files the device hashes the one that it is given, the first.
        return file_sha256(bench.draft_file(bench.family(cell.family), cell.drafter))

    def _device(self, spec: DeviceSpec) -> DeviceSetup:
        """Asked until it answers; which boards are to be left alone is decided where they are opened."""
        key = ("device", spec.name)
        if key not in self._known:
            self._known[key] = self._session.workbench.device(spec).describe()
        found, settings = self._known[key], spec.llama_cpp
        assert isinstance(found, DeviceFacts)
        return DeviceSetup(
            machine=found.machine,
            board=found.board,
            cpu_model=found.cpu_model,
            cores=found.cores,
            governor=found.governor,
            llama_cpp_version=found.llama_cpp_version,
            llama_cpp_system_info=found.llama_cpp_system_info,
            threads=threads_of(settings, found),
            context=settings.context,
            gpu_layers=settings.gpu_layers,
            batch=settings.batch,
            settings=tuple(sorted(settings.chosen().items())),
            env_names=tuple(sorted(spec.env)),
        )

    def _replay_change(self, row: Row) -> Difference | None:
        """What the profile says today, looked up again: that is as cheap as remembering."""
        now = self._recordings.rows(row.cell, (row.k,)).get(row.k)
        if now is None:
            return Difference(what="profile", then=f"K={row.k}", now="no such configuration")
        before, after = (
            self._public({key: value for key, value in to_record(one).items() if key not in OF_THE_RUN})
            for one in (row, now)
        )
        return first_difference(before, after)

    def _of_this_run(self, part: SetupPart) -> SetupPart:
        found: SetupPart = msgspec.convert(self._public(msgspec.to_builtins(part)), type(part))
        return found

    def _once(self, key: tuple[object, ...], look: Callable[[], Found]) -> Found:
        if key not in self._known:
            try:
                self._known[key] = look()
            except ConfigspecError as problem:
                self._known[key] = problem
        found = self._known[key]
        if isinstance(found, ConfigspecError):
            raise found
        return found  # type: ignore[return-value]  # this key stores only values of this type
