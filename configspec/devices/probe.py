"""The state of a testbed's devices, asked in parallel and within a time limit.

A probe takes no lock and changes nothing but the agent's cached file. A board that another run measures on is not
disturbed: where this host's lock says so it is not even connected to, else it is only asked who holds it. What fails is
told of its own board, and of no other.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from configspec.agent.requests.board import Holder, ProcessorTimes
from configspec.agent.requests.files import ListFiles
from configspec.devices.device import ask_description, ask_health
from configspec.devices.faults import DeviceOffline, LinkLost
from configspec.devices.gate import problems
from configspec.devices.gpu_build import lacking_gpu
from configspec.devices.lock import holder_on_host, known_owner
from configspec.devices.metering import DECLARED, Metering, no_meter_reason
from configspec.devices.replies.board import LockState, ProcessorCounts
from configspec.devices.replies.files import Listing
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient, Limits
from configspec.devices.transport.connect import Start, connect, interpreter
from configspec.errors import ConfigspecError, TestbedError, UsageError
from configspec.printable import printable
from configspec.records.facts import DeviceFacts, HealthFacts
from configspec.records.meter import LookedFor, MeterFacts
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.power_spec import with_secrets

State = Literal["ready", "busy", "offline", "unhealthy", "unconfigured", "failed", "recorded"]
NAMED = 3  # of the files that are missing
BUG_LETTERS = 200
METER_S = 20.0
LEAST_S = 0.1  # past a question's time limit: its answer may have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The state of a device. `reasons`: why it is not ready. `holder`: who holds it. Facts not asked are None.

    `warnings`: what to know of it, whatever its state.
    """

    name: str
    state: State
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    holder: dict[str, str] | None = None
    facts: DeviceFacts | None = None
    health: HealthFacts | None = None
    power: PowerFound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFound:
    """The power meter of a device: the one that was found, or why there is none; what was looked for.

    `declared`: the figure that its owner states in the place of one.
    """

    meter: MeterFacts | None
    looked_for: tuple[LookedFor, ...] = ()
    reason: str | None = None
    declared: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The files that a device must have in its folder, one or more, and the command that copies them there."""

    names: tuple[str, ...]
    push: str


@contextmanager
def probe(
    devices: Sequence[DeviceSpec], cache: Path, *, timeout_s: float, models: Mapping[str, Models]
) -> Iterator[tuple[Found, ...]]:
    """The states of the devices, in their order, within `timeout_s`. The context's end clears away what hangs.

    `models`: by the device's name, for those that keep their own. An exception that is our bug is told of its board,
    and raised when the context ends.
    """
    ends_s = time.monotonic() + timeout_s
    with ThreadPoolExecutor(max(1, len(devices))) as threads:
        asked = [threads.submit(_probe, spec, cache, ends_s, timeout_s, models.get(spec.name)) for spec in devices]
        wait(asked, timeout=timeout_s)
        done = [one if one.done() else None for one in asked]
        yield tuple(_told(spec, one, timeout_s) for spec, one in zip(devices, done, strict=True))
        for one in filter(None, done):
            one.result()


def _told(spec: DeviceSpec, done: Future[Found] | None, timeout_s: float) -> Found:
    if done is None:
        return _silent(spec, timeout_s)
    bug = done.exception()
    if bug is None:
        return done.result()
    reason = f"a bug of configspec: {printable(f'{type(bug).__name__}: {bug}', at_most=BUG_LETTERS)}"
    return Found(name=spec.name, state="failed", reasons=(reason,))


def _probe(spec: DeviceSpec, cache: Path, ends_s: float, timeout_s: float, models: Models | None) -> Found:
    if spec.replay is not None:
        return Found(name=spec.name, state="recorded", reasons=(f"figures of {spec.replay.profile.name}",))
    try:
        lock = holder_on_host(spec, cache)
        return _busy(spec, lock) if lock.held else _ask(spec, cache, ends_s, models)
    except UsageError as problem:
        return Found(name=spec.name, state="unconfigured", reasons=(_reason(spec, problem),))
    except (TestbedError, OSError) as problem:  # the operating system's: a full disk, no more processes
        if time.monotonic() >= ends_s:
            return _silent(spec, timeout_s)
        state: State = "offline" if isinstance(problem, DeviceOffline | LinkLost) else "failed"
        return Found(name=spec.name, state=state, reasons=(_reason(spec, problem),))


def _ask(spec: DeviceSpec, cache: Path, ends_s: float, models: Models | None) -> Found:
    archive = build_agent_archive()

    def left_s() -> float:
        return max(LEAST_S, ends_s - time.monotonic())

    with connect(Start(spec=spec, archive=archive, ends_s=ends_s), cache) as connection:
        client = AgentClient(connection, device=spec.name, limits=Limits(grace_s=0.0))
        client.greet(sha256=archive.sha256, deadline_s=left_s())
        lock = client.call(Holder(), LockState, deadline_s=left_s())
        if lock.held:
            return _busy(spec, lock)
        facts = ask_description(client, deadline_s=left_s())
        health = ask_health(client, spec, deadline_s=left_s())
        power = _power(spec, client)
        lacking = [*_lacking_llama_cpp(spec, facts), *filter(None, [lacking_gpu(spec, facts)])]
        if models is None:
            lacking += _lacking_folder(spec, health)
        else:
            folder = client.call(ListFiles(folder=spec.models), Listing, deadline_s=left_s())
            lacking += _lacking_models(models, folder)
    reasons = tuple(lacking or map(str, problems(spec.health, health)))
    state: State = "unconfigured" if lacking else "unhealthy" if reasons else "ready"
    return Found(
        name=spec.name,
        state=state,
        reasons=reasons,
        warnings=_warnings(lock),
        facts=facts,
        health=health,
        power=power,
    )


def _power(spec: DeviceSpec, client: AgentClient) -> PowerFound | None:
    """The meter of a device; one that cannot be read is no reason against the device."""
    if spec.power is None:
        return None
    if spec.power.meter == DECLARED:
        return PowerFound(meter=None, declared=f"{spec.power.options['watts']:g} W ({spec.power.boundary})")
    metering = Metering(client, lambda: client.call(ProcessorTimes(), ProcessorCounts, deadline_s=METER_S).t_s)
    try:
        options = with_secrets(spec.name, spec.power, os.environ)
        found = metering.find(spec.power, options, uses_gpu=spec.llama_cpp.of_gpu() is not None)
    except ConfigspecError as problem:
        if client.lost:
            raise
        return PowerFound(meter=None, reason=str(problem))
    facts = None if found.meter is None else found.meter.facts
    reason = None if facts else no_meter_reason(spec.power, found.looked_for)
    return PowerFound(meter=facts, looked_for=found.looked_for, reason=reason)


def _warnings(lock: LockState) -> tuple[str, ...]:
    if lock.fallback_reason is None:
        return ()
    return (f"its lock keeps out this account's runs only: {lock.fallback_reason}",)


def _lacking_llama_cpp(spec: DeviceSpec, facts: DeviceFacts) -> Iterator[str]:
    if facts.llama_cpp_reason is not None:
        install = f"{interpreter(spec)} -m pip install --upgrade llama-cpp-python"
        bare = "" if len(spec.python or ()) > 1 else f", or from here: configspec devices setup {spec.name}"
        yield f"{facts.llama_cpp_reason}. There: {install}{bare}"


def _lacking_folder(spec: DeviceSpec, health: HealthFacts) -> Iterator[str]:
    if spec.models is not None and health.free_disk_bytes is None:
        yield f"its `models`, {spec.models}: {health.free_disk_reason}. Make that folder there, or correct the path"


def _lacking_models(models: Models, folder: Listing) -> Iterator[str]:
    missing = [name for name in models.names if name not in folder.names]
    if missing:
        some = ", ".join(missing[:NAMED]) + (", ..." if len(missing) > NAMED else "")
        yield (
            f"{len(missing)} of {len(models.names)} model files are not in {folder.path} ({some}). "
            f"Copy them there: {models.push}"
        )


def _busy(spec: DeviceSpec, lock: LockState) -> Found:
    return Found(name=spec.name, state="busy", holder=known_owner(lock.owner), warnings=_warnings(lock))


def _silent(spec: DeviceSpec, timeout_s: float) -> Found:
    return Found(name=spec.name, state="offline", reasons=(f"no answer within {timeout_s:g} s",))


def _reason(spec: DeviceSpec, problem: Exception) -> str:
    return str(problem).removeprefix(f"{spec.name}: ").removeprefix("offline: ")
