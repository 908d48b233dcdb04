"""The power meter of a device, read by the device itself or by this host.

device    one clock: the meter is sampled by the clock that times drafts
host      a plug on the network that the device cannot reach. Times of this host become the device's by its clock,
asked now and then; half of a round trip is the doubt about each
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar, final

import msgspec

from configspec.agent.power import meter as of_agent
from configspec.agent.power.metering import find_meter, with_boundary
from configspec.agent.power.sampler import Sampler
from configspec.agent.power.surroundings import Board
from configspec.agent.protocol import AgentError
from configspec.agent.requests.board import Idle
from configspec.agent.requests.model import Window
from configspec.agent.requests.power import FindMeter, RecordMeter, StartMeter, TakeReadings
from configspec.devices.replies.board import Done, Span
from configspec.devices.replies.model import DraftedWindow
from configspec.devices.replies.power import FoundMeter, NotedMeter, Readings
from configspec.devices.transport.client import AgentClient
from configspec.errors import TestbedError, UsageError
from configspec.records.meter import LookedFor, MeterFacts
from configspec.testbed.power_spec import PowerSpec

Read = TypeVar("Read")
METER_DEADLINE_S = 60.0
WORK_DEADLINE_S = 300.0
DECLARED = "declared"  # the kind that reads nothing: its figure is the owner's
ASKED = 5  # times that a device is asked for its clock; the shortest round trip counts
MOST_APART_S = 0.5  # of the clocks at the beginning and at the end of sampling: more is a step
BY_DEVICE, BY_HOST = "device's monotonic", "host's monotonic, mapped onto the device's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What a meter showed from `start` to `take`, on the device's clock, each time known to `uncertainty_s`.

    `clock_reason`: why no time of it can be trusted; None where all can. `moved_s`: how far the clocks moved apart.
    """

    readings: Readings
    uncertainty_s: float = 0.0
    clock_reason: str | None = None
    moved_s: float = 0.0


class Meter(Protocol):
    """A meter that was found."""

    @property
    def facts(self) -> MeterFacts:
        """What it says of itself."""

    @property
    def clock(self) -> str:
        """By which clock its times are."""

    def start(self) -> None:
        """Read it from now on."""

    def stop(self) -> Sampled:
        """What was read since; read no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The meter of a device, None where there is none; and those that were looked for in vain."""

    meter: Meter | None
    looked_for: tuple[LookedFor, ...]


class Metering:
    """What a device does for and with a meter."""

    def __init__(self, client: AgentClient, clock_s: Callable[[], float]) -> None:
        self._client = client
        self._clock_s = clock_s

    def find(self, spec: PowerSpec, options: Mapping[str, object], *, uses_gpu: bool) -> Found:
        """The meter that is declared; `options` are those of its kind, secrets filled in.

        Raises:
            UsageError: An option names something that is not there.
        """
        asked = FindMeter(
            meter=spec.meter, root=spec.root, boundary=spec.boundary, uses_gpu=uses_gpu, options=dict(options)
        )
        looked_for: tuple[LookedFor, ...] = ()
        if spec.read_by != "host":
            reply = self._client.call(asked, FoundMeter, deadline_s=METER_DEADLINE_S)
            looked_for = tuple(LookedFor(meter=meter, reason=reason) for meter, reason in reply.looked_for)
            if reply.facts is not None:
                return Found(meter=BoardMeter(client=self._client, facts=reply.facts), looked_for=looked_for)
        if spec.on_network and spec.read_by != "device":
            found = _find_from_here(asked, self._clock_s)
            by_device = (LookedFor(meter=one.meter, reason=f"from the device: {one.reason}") for one in looked_for)
            return Found(meter=found.meter, looked_for=(*by_device, *found.looked_for))
        return Found(meter=None, looked_for=looked_for)

    def window(self, k: int, seconds: float) -> DraftedWindow:
        """Draft rounds of K from the present sequence for so long, without a pause; it is the same afterwards."""
        return self._client.call(Window(k=k, seconds=seconds), DraftedWindow, deadline_s=2 * seconds + WORK_DEADLINE_S)

    def idle(self, seconds: float) -> Span:
        """Let the device do nothing for so long."""
        return self._client.call(Idle(seconds=seconds), Span, deadline_s=2 * seconds + METER_DEADLINE_S)

    def record(self) -> NotedMeter:
        """All that the meter which was found reads of the device, once."""
        return self._client.call(RecordMeter(), NotedMeter, deadline_s=METER_DEADLINE_S)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMeter:
    """A meter that the device reads."""

    client: AgentClient
    facts: MeterFacts
    clock: str = BY_DEVICE

    def start(self) -> None:
        """As `Meter` says."""
        self.client.call(StartMeter(), Done, deadline_s=METER_DEADLINE_S)

    def stop(self) -> Sampled:
        """As `Meter` says."""
        readings = self.client.call(TakeReadings(stop=True), Readings, deadline_s=METER_DEADLINE_S)
        try:
            readings.check_channels(self.facts)
        except ValueError as problem:
            self.client.give_up(f"its answer to {TakeReadings.op!r} cannot be: {problem}.")
        return Sampled(readings=readings)


@final
class HostMeter:
    """A meter that this host reads; `clock_s` asks the device for its clock."""

    clock = BY_HOST

    def __init__(self, meter: of_agent.Meter, facts: MeterFacts, clock_s: Callable[[], float]) -> None:
        self._meter = meter
        self.facts = facts
        self._clock_s = clock_s
        self._sampler: Sampler | None = None
        self._first = 0.0, 0.0

    def start(self) -> None:
        """As `Meter` says."""
        self._first = offset(self._clock_s)
        self._sampler = Sampler(self._meter)
        self._sampler.start()

    def stop(self) -> Sampled:
        """As `Meter` says."""
        assert self._sampler is not None
        self._sampler.stop()
        readings = _read(self._sampler.take(), Readings)
        readings.check_channels(self.facts)
        (first_s, doubt_s), (last_s, last_doubt_s) = self._first, offset(self._clock_s)
        apart_s = abs(last_s - first_s)
        moved = f"the clocks of device and host moved {apart_s:.3g} s apart" if apart_s > MOST_APART_S else None
        shift_s = (first_s + last_s) / 2
        return Sampled(
            readings=replace(
                readings,
                t_s=tuple(t_s + shift_s for t_s in readings.t_s),
                failures=tuple((t_s + shift_s, reason) for t_s, reason in readings.failures),
            ),
            uncertainty_s=max(doubt_s, last_doubt_s) + apart_s / 2,
            clock_reason=moved,
            moved_s=apart_s,
        )


def no_meter_reason(power: PowerSpec, looked_for: Sequence[LookedFor]) -> str:
    """Why nothing can be measured: each meter that was looked for, with what was missing."""
    tried = "; ".join(f"{one.meter}: {one.reason}" for one in looked_for)
    asked = "no power meter was found" if power.meter == "auto" else f"the meter {power.meter} cannot be read"
    would = " A meter in the lead or on the plug would do: docs/power.md." if power.meter == "auto" else ""
    return f"{asked} ({tried}).{would}"


def offset(clock_s: Callable[[], float], now_s: Callable[[], float] = time.monotonic) -> tuple[float, float]:
    """What to add to a time of this host for the device's, and how wrong that may be: half of the round trip."""
    tries: list[tuple[float, float]] = []
    for _ in range(ASKED):
        before_s = now_s()
        there_s = clock_s()
        after_s = now_s()
        tries.append((after_s - before_s, there_s - (before_s + after_s) / 2))
    round_trip_s, shift_s = min(tries)
    return shift_s, round_trip_s / 2


def _find_from_here(asked: FindMeter, clock_s: Callable[[], float]) -> Found:
    """A meter on the network, looked for from this host."""
    try:
        found, looked_for = find_meter(Board(Path("/"), uses_gpu=asked.uses_gpu), asked)
    except AgentError as problem:
        told = f"{problem.what}{f': {problem.found}' if problem.found else ''}. {problem.hint or ''}".strip()
        raise (UsageError(told) if problem.kind == "usage" else TestbedError(told)) from None
    tried = tuple(LookedFor(meter=meter, reason=f"from this host: {reason}") for meter, reason in looked_for)
    if found is None:
        return Found(meter=None, looked_for=tried)
    facts = _read(with_boundary(found.facts, asked.boundary).as_json(), MeterFacts)
    return Found(meter=HostMeter(found, facts, clock_s), looked_for=tried)


def _read(plain: object, kind: type[Read]) -> Read:
    """What this host's own meter says, as what a device's says is read; TestbedError where it cannot be."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as problem:
        raise TestbedError(f"the meter that this host reads answers what cannot be: {problem}.") from None
