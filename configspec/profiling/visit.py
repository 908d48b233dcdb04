"""One visit to a cell: its rounds timed once, with what the board did besides and how fast its memory was read.

A cell is visited in each pass over its device. `passes.py` says when, and `drafting_speed.py` makes figures of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from configspec.devices.device import Device
from configspec.devices.replies.board import HeatNow, ProcessorCounts
from configspec.devices.replies.model import TimedPrefills, TimedReturns, TimedRounds
from configspec.errors import ConfigspecError
from configspec.profiling.going_back import time_returns
from configspec.profiling.meters import Metered
from configspec.profiling.power_window import Load, MeteredVisit, measure_power
from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.records.heat import Heat, heat_between
from configspec.records.passes import MemorySpeed
from configspec.records.plain import canonical
from configspec.records.power import NO_METER
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.slowness import ProcessorLoad

Number = TypeVar("Number", int, float)
NOT_METERED = Metered(meter=None, reason=NO_METER)
BUDGETS = 2.5  # of `seconds_per_cell`: a plug needs a minute of load and as long idle, which it has by default
MEMORY_S = 0.2  # of reading it; the fastest moment in it counts
PREFILLS = 6  # in a visit: one pass alone gives their median an interval of 95 %
PREFILL_SHARE = 0.1  # of `seconds_per_cell`, after which none begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What is timed: every K of `ks`, from a context of `context` tokens, within the sweep's bounds."""

    context: Sequence[int]
    ks: Sequence[int]
    sweep: SweepSpec
    separate: bool

    @property
    def timed_ks(self) -> Sequence[int]:
        """The K whose rounds are run: the largest, whose beginnings are rounds of the others, or each."""
        return self.ks if self.separate else [max(self.ks)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What one visit has timed. Visits of one `setup_sha256` are of the same draft, opened and timed alike."""

    began: str  # this host's date
    setup_sha256: str
    rounds: Mapping[int, TimedRounds]  # by K that was run
    prefills: TimedPrefills | None = None  # None where the context has one token, and in visits of earlier versions
    returns: TimedReturns | None = None  # where the draft's memory cannot be cut, and K may be above 1
    load: ProcessorLoad | None = None
    load_reason: str | None = None
    memory: MemorySpeed | None = None
    memory_reason: str | None = None
    heat: Heat | None = None
    power: MeteredVisit | None = None
    power_reason: str | None = None

    def rounds_of(self, k: int) -> TimedRounds:
        """The rounds that begin with rounds of `k`."""
        return self.rounds[k] if k in self.rounds else self.rounds[max(self.rounds)]


def setup_sha256(model: ModelFacts, board: DeviceFacts, timing: Timing, power: str | None = None) -> str:
    """The hash of all that must be equal for two visits to be passes over one cell; `power` is the meter asked for."""
    sweep = timing.sweep
    of_model = {key: value for key, value in msgspec.to_builtins(model).items() if key != "load_s"}
    of_board = {key: value for key, value in msgspec.to_builtins(board).items() if key != "load_1min"}
    how = {
        "context": list(timing.context),
        "ks": list(timing.timed_ks),
        "rounds": [sweep.rounds, sweep.warmup_rounds, sweep.seconds_per_cell],
    }
    compared = {"model": of_model, "board": of_board, "how": how, "power": power}
    return hashlib.sha256(canonical(compared)).hexdigest()


def time_visit(device: Device, model: ModelFacts, timing: Timing, setup: str, metered: Metered = NOT_METERED) -> Visit:
    """Time rounds of every K on `device`, where `model` is open, and measure its power. Raises as `Device` does."""
    began = datetime.now(UTC).isoformat(timespec="seconds")
    start = _heat(device, watch=True)
    before = device.processor_counts()
    memory, memory_reason = _read_memory(device, model.threads)
    device.prefill(timing.context)
    sweep = timing.sweep
    rounds = {
        k: device.timed_rounds(k, rounds=sweep.rounds, warmup=sweep.warmup_rounds, seconds=sweep.seconds_per_cell)
        for k in timing.timed_ks
    }
    returns = time_returns(device, model, max(timing.ks), sweep)
    prefills = time_prefills(device, timing)
    after = device.processor_counts()
    power, power_reason = _measure_power(device, timing, metered)
    end = _heat(device, watch=False)
    return Visit(
        began=began,
        setup_sha256=setup,
        rounds=rounds,
        prefills=prefills,
        returns=returns,
        load=load_between(before, after),
        load_reason=after.reason,
        memory=memory,
        memory_reason=memory_reason,
        heat=None if start is None or end is None else heat_between(start.state, end.state, end.seen),
        power=power,
        power_reason=power_reason,
    )


def time_prefills(device: Device, timing: Timing) -> TimedPrefills | None:
    """How long the context takes to evaluate, which is the device's sequence; None where it has one token."""
    if len(timing.context) < 2:
        return None
    return device.timed_prefills(PREFILLS, seconds=PREFILL_SHARE * timing.sweep.seconds_per_cell)


def _heat(device: Device, *, watch: bool) -> HeatNow | None:
    """How hot it is; None where the board cannot say. A board that is lost meanwhile is."""
    try:
        return device.heat(watch=watch)
    except ConfigspecError:
        if device.lost:
            raise
        return None


def _measure_power(device: Device, timing: Timing, metered: Metered) -> tuple[MeteredVisit | None, str | None]:
    """What the meter showed; None and why where it could not be read. A board that is lost meanwhile is."""
    if metered.meter is None:
        return None, metered.reason
    spec = device.spec.power
    load = Load(
        k=max(timing.timed_ks),
        budget_s=BUDGETS * timing.sweep.seconds_per_cell,
        asked_s=None if spec is None else spec.window_s,
    )
    try:
        return measure_power(device, metered.meter, load), None
    except ConfigspecError as problem:
        if device.lost:
            raise
        return None, str(problem)


def load_between(before: ProcessorCounts, after: ProcessorCounts) -> ProcessorLoad:
    """Who had the processors between the two; counters that went back, as some in containers do, count as 0."""
    own_s = _more(before.own_s, after.own_s) or 0.0
    busy_s = _more(before.busy_s, after.busy_s)
    return ProcessorLoad(
        window_s=_more(before.t_s, after.t_s) or 0.0,
        processors=max(1, after.processors),
        own_s=own_s,
        others_s=None if busy_s is None else max(0.0, busy_s - own_s),
        stolen_s=_more(before.stolen_s, after.stolen_s),
        waiting_s=_more(before.waiting_s, after.waiting_s),
        throttled_s=_more(before.throttled_s, after.throttled_s),
        throttled_periods=_more(before.throttled_periods, after.throttled_periods),
    )


def _more(before: Number | None, after: Number | None) -> Number | None:
    return None if before is None or after is None else max(type(after)(0), after - before)


def _read_memory(device: Device, threads: int) -> tuple[MemorySpeed | None, str | None]:
    """How fast; None and why where the board cannot say. A board that is lost meanwhile is."""
    try:
        return device.read_memory(threads=threads, seconds=MEMORY_S), None
    except ConfigspecError as problem:
        if device.lost:
            raise
        return None, str(problem)
