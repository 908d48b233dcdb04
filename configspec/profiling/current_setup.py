"""How things stand now, asked of the inventory, of files, and last of the device: whether an earlier row still holds.

Each thing is looked up when the first row asks, and once. Price and declared latency are not asked: they are assumed,
not measured, and an earlier row takes the present ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from configspec.errors import ConfigspecError
from configspec.families.content_hash import file_sha256
from configspec.profiling.drafting_speed import SEPARATE, SHARED
from configspec.profiling.session import ProfilingSession
from configspec.profiling.target_text import target_sha256
from configspec.pytest_plugin.plan import Case, Plan
from configspec.records.plain import dumps
from configspec.records.row import Row, to_record
from configspec.records.setup import difference, facts
from configspec.targets.registry import target_runtime
from configspec.testbed.prompts import default_prompts, read_prompts
from configspec.testbed.specs import DeviceSpec
from configspec.theory.serving.assumptions import Serving

Found = TypeVar("Found")
Facts = Mapping[str, Any]


class CurrentSetup:
    """The testbed as it is. A look-up that failed fails again for every row, but a device's, which may come back."""

    def __init__(
        self, plan: Plan, session: ProfilingSession, *, separate_k: bool, public: Callable[[Any], Any] = lambda it: it
    ) -> None:
        """`public` leaves out what the rows of this run do not say either."""
        self._plan = plan
        self._inventory = plan.inventory
        self._laboratory = session
        self._separate_k = separate_k
        self._public = public
        self._known: dict[tuple[str, ...], Any] = {}

    def change(self, case: Case, record: Facts, *, decoded: bool) -> tuple[str, str, str] | None:
        """The first fact of `record` that is otherwise now: its path, then, and now. None if the row still holds.

        Raises:
            ConfigspecError: A file, a server or the device cannot be asked; measuring would meet the same.
        """
        spec = self._inventory.devices[case.device]
        if spec.replay is not None:
            return difference(self._public(record), self._public(self._replayed(case)))
        if decoded and record.get("end_to_end") is None:
            return "end_to_end", "not decoded", "to be decoded"
        for now in self._facts(case, spec, decoded=decoded):
            changed = difference(self._public(facts(_counted(record), tuple(now))), self._public(now))
            if changed is not None:
                return changed
        return None

    def serving(self, case: Case, row: Row) -> Serving:
        """What is assumed of the verifier now, with what was measured of it then."""
        now = self._inventory.serving_for(case.family)
        if self._inventory.devices[case.device].replay is not None:
            return row.serving
        if now.verify != "measured":
            return now
        return replace(now, verify_s=row.serving.verify_s, verify_s_by_k=row.serving.verify_s_by_k)

    def _facts(self, case: Case, spec: DeviceSpec, *, decoded: bool) -> Iterator[Facts]:
        """From what costs nothing to what needs the device."""
        yield self._settings(case)
        if decoded:
            yield self._end_to_end(spec)
        yield self._once(("prompts",), self._prompts)
        yield self._once(("target", case.family), lambda: self._target(case.family))
        yield self._once(("draft", *case[1:4]), lambda: self._draft(case))
        yield self._of_device(spec)

    def _settings(self, case: Case) -> Facts:
        sweep = self._inventory.sweep
        return {
            "serving.verify": "measured" if self._inventory.serving_for(case.family).verify == "measured" else None,
            "drafting.depth_tokens": sweep.depth,
            "drafting.rounds_asked": sweep.rounds,
            "drafting.seconds_allowed": sweep.seconds_per_cell,
            "drafting.method": SEPARATE if self._separate_k else SHARED,
            "acceptance.new_tokens": sweep.new_tokens,
            "acceptance.decoding": asdict(sweep.decoding),
        }

    def _end_to_end(self, spec: DeviceSpec) -> Facts:
        sweep = self._inventory.sweep
        return {
            "end_to_end.prompts_counted": min(sweep.end_to_end.prompts, len(self._prompt_set().prompts)),
            "end_to_end.repeats_counted": sweep.end_to_end.repeats,
            "end_to_end.link": None if spec.link is None else asdict(spec.link),
        }

    def _prompts(self) -> Facts:
        return {"acceptance.prompts_sha256": self._prompt_set().sha256}

    def _prompt_set(self) -> Any:
        prompts = self._inventory.sweep.prompts
        return default_prompts() if prompts is None else read_prompts(prompts)

    def _target(self, name: str) -> Facts:
        target = self._laboratory.bench.family(name).target
        return {
            "models.target.sha256": target_sha256(target),
            "models.target.dtype": target.dtype if target.transformers else None,
            "models.target.runtime": target_runtime(target),
        }

    def _draft(self, case: Case) -> Facts:
        bench = self._laboratory.bench
        # Of a model in several files the device hashes the one that it is given, the first.
        path = bench.draft_file(bench.family(case.family), case.draft, case.quant)
        return {"models.draft.file_sha256": file_sha256(path)}

    def _of_device(self, spec: DeviceSpec) -> Facts:
        """Asked until it answers: which boards are to be left alone, whoever opens them knows."""
        key = ("device", spec.name)
        if key not in self._known:
            self._known[key] = self._device(spec)
        found: Facts = self._known[key]
        return found

    def _device(self, spec: DeviceSpec) -> Facts:
        found = asdict(self._laboratory.bench.device(spec).describe())
        names = ("machine", "board", "cpu_model", "cores", "governor", "llama_cpp_version", "llama_cpp_system_info")
        return {
            **{f"environment.device.{name}": found[name] for name in names},
            "models.draft.threads": spec.llama_cpp.threads or found["cores"],
            "models.draft.context": spec.llama_cpp.context,
            "models.draft.gpu_layers": spec.llama_cpp.gpu_layers,
        }

    def _replayed(self, case: Case) -> Facts:
        """What the profile says today, as JSON; looking it up is as cheap as remembering."""
        ks = tuple(one.k for one in self._plan.cases if one[:4] == case[:4])
        row = self._laboratory.rows(*case[:4], ks)[case.k]
        found: Facts = json.loads(dumps(to_record(row)))
        return found

    def _once(self, key: tuple[str, ...], look: Callable[[], Found]) -> Found:
        if key not in self._known:
            try:
                self._known[key] = look()
            except ConfigspecError as problem:
                self._known[key] = problem
        found: Found | ConfigspecError = self._known[key]
        if isinstance(found, ConfigspecError):
            raise found
        return found


def _counted(record: Facts) -> Facts:
    """The record with the lengths that end-to-end settings are compared by."""
    found = record.get("end_to_end")
    if found is None:
        return record
    counts = {"prompts_counted": len(found["prompts"]), "repeats_counted": len(found["repeats_s"])}
    return {**record, "end_to_end": {**found, **counts}}
