"""The health gate: whether a board is as it must be before it is measured. Pure, but for the wait that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from configspec.devices.faults import DeviceUnhealthy
from configspec.devices.lock_wait import LockWait
from configspec.records.facts import HealthFacts
from configspec.testbed.device_spec import HealthSpec
from configspec.theory.sizes import shown_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What was found, which demand it fails (None: one that holds for every board), and what would do.

    `cools`: time alone may cure it.
    """

    found: str
    demand: str | None
    remedy: str
    cools: bool = False

    def __str__(self) -> str:
        return f"{self.found}{'' if self.demand is None else f', {self.demand}'}: {self.remedy}"


def problems(spec: HealthSpec, facts: HealthFacts) -> tuple[Problem, ...]:
    """All that is wrong. A board that throttles or has no clock is refused whatever is declared."""
    return tuple(_problems(spec, facts))


def _problems(spec: HealthSpec, facts: HealthFacts) -> Iterator[Problem]:
    if facts.loop_s <= 0:
        remedy = "restart the board, or use another kernel"
        yield Problem(found="its monotonic clock does not move", demand=None, remedy=remedy)
    if facts.throttling:
        found = f"it throttles now ({', '.join(facts.throttling)})"
        yield Problem(found=found, demand=None, remedy="check its cooling and its power supply")
    if spec.max_start_c is not None:
        limit = f"health.max_start_c = {spec.max_start_c:g} °C"
        if facts.temperature_c is None:
            yield _unknown("temperature", facts.temperature_reason, limit)
        elif facts.temperature_c > spec.max_start_c:
            found = f"its temperature is {facts.temperature_c:g} °C ({facts.temperature_zone})"
            remedy = "let it cool, or improve its cooling"
            yield Problem(found=found, demand=f"which exceeds {limit}", remedy=remedy, cools=True)
    yield from _mode("power mode", facts.power_mode, facts.power_mode_reason, spec.power_mode, "sudo nvpmodel -m")
    yield from _mode("governor", facts.governor, facts.governor_reason, spec.governor, "sudo cpupower frequency-set -g")
    yield from _free(
        "available memory",
        facts.available_memory_bytes,
        facts.memory_reason,
        spec.min_free_memory_bytes,
        "end what else runs there",
    )
    yield from _free(
        "free disk", facts.free_disk_bytes, facts.free_disk_reason, spec.min_free_disk_bytes, "free some space there"
    )
    if spec.max_load is not None:
        limit = f"health.max_load = {spec.max_load:g}"
        if facts.load_1min is None:
            yield _unknown("load", facts.load_reason, limit)
        elif facts.load_1min > spec.max_load:
            remedy = "end what else runs there, or wait"
            yield Problem(found=f"its load is {facts.load_1min:g}", demand=f"which exceeds {limit}", remedy=remedy)


def _mode(what: str, found: str | None, reason: str | None, wanted: str | None, command: str) -> Iterator[Problem]:
    if wanted is None:
        return
    limit = f"health.{what.replace(' ', '_')} = {wanted}"
    if found is None:
        yield _unknown(what, reason, limit)
    elif found.casefold() != wanted.casefold():
        yield Problem(found=f"its {what} is {found}", demand=f"not {limit}", remedy=f"set it there, with `{command}`")


def _free(what: str, found: int | None, reason: str | None, wanted: int | None, remedy: str) -> Iterator[Problem]:
    if wanted is None:
        return
    key = {"available memory": "min_free_memory", "free disk": "min_free_disk"}[what]
    limit = f"health.{key} = {shown_bytes(wanted)}"
    if found is None:
        yield _unknown(what, reason, limit)
    elif found < wanted:
        yield Problem(found=f"its {what} is {shown_bytes(found)}", demand=f"less than {limit}", remedy=remedy)


def _unknown(what: str, reason: str | None, limit: str) -> Problem:
    return Problem(
        found=f"its {what} is not known ({reason})",
        demand=f"so {limit} cannot be checked",
        remedy="remove that key for this board",
    )


def pass_gate(device: str, spec: HealthSpec, ask: Callable[[], HealthFacts], wait: LockWait) -> HealthFacts:
    """The board's facts, once nothing is wrong. One that is only too hot is given time to cool, once.

    Raises:
        DeviceUnhealthy: Something is wrong: all of it, in one line.
    """
    facts = ask()
    found = problems(spec, facts)
    if found and all(problem.cools for problem in found):

        def is_cool() -> bool:
            nonlocal facts, found
            facts = ask()
            found = problems(spec, facts)
            return not found

        wait.until_cool(device, is_cool, found[0].found)
    if found:
        raise DeviceUnhealthy(f"{device}: unhealthy: {'. Also '.join(map(str, found))}.")
    return facts


def between_cells(facts: HealthFacts, *, own_bytes: int) -> HealthFacts:
    """The facts of a board without what this run itself takes there.

    The model that is open, at most `own_bytes` with its cache, gives way to the next one. A part of
    what llama.cpp maps counts as available already, so that this errs on the board's side.
    """
    free = facts.available_memory_bytes
    return replace(facts, available_memory_bytes=None if free is None else free + own_bytes)
