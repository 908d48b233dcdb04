"""A device of the testbed, with its operations as typed methods."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from configspec.agent.requests.board import Describe, Health, Heat, ProcessorTimes, ReadMemory, Reap
from configspec.agent.requests.model import (
    Close,
    Distribution,
    Draft,
    Open,
    Prefill,
    Prefills,
    Returns,
    Rollback,
    Rounds,
    Score,
)
from configspec.devices.bounded_values import MAX_VOCABULARY
from configspec.devices.gate import between_cells, pass_gate
from configspec.devices.lock import hold_on_host, take_board
from configspec.devices.lock_wait import LockWait
from configspec.devices.metering import Metering
from configspec.devices.model_folder import ModelFolder
from configspec.devices.replies.board import Done, Ended, HeatNow, Hello, LockState, ProcessorCounts
from configspec.devices.replies.model import (
    Begun,
    DraftedTokens,
    Drawable,
    Length,
    Scores,
    TimedPrefills,
    TimedReturns,
    TimedRounds,
)
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient, Limits
from configspec.devices.transport.connect import HEARTBEAT, Heartbeat, Start, connect
from configspec.errors import TestbedError, UsageError
from configspec.progress import Progress
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.records.passes import MemorySpeed
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding

__all__ = ["Begun", "Device", "DeviceFacts", "DraftedTokens", "ModelFacts", "Scores", "TimedRounds", "open_device"]

OPTIONS = tuple(one.name for one in fields(Open) if one.name not in ("path", "cache_bytes"))  # keys of `llama_cpp`
HELLO_DEADLINE_S = 60.0
HEALTH_DEADLINE_S = 30.0
HOME = "~"  # the account's on the board: its free space counts where no `models` is declared
OPEN_DEADLINE_S = 600.0  # a large file from a slow card
WORK_DEADLINE_S = 300.0
REAP_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How a board was when a run took it, and the lock that keeps others off it."""

    health: HealthFacts
    lock: LockState


class Device:
    """A board with its agent running; one model is open at a time.

    `health` is its state when it was last asked, None where it never was; `lock_fallback_reason` says why its lock
    keeps out this account's runs only, None where it keeps out all; `mark` is what another agent there knows this one
    by.
    """

    def __init__(self, *, spec: DeviceSpec, client: AgentClient, hello: Hello, taken: Taken | None, mark: str) -> None:
        self.name = spec.name
        self.mark = mark
        self.spec = spec
        self.hello = hello
        self.health = None if taken is None else taken.health
        self.lock_fallback_reason = None if taken is None else taken.lock.fallback_reason
        self._client = client
        self._vocabulary = MAX_VOCABULARY  # of the model that is open
        self._own_bytes = 0  # that the open model and its cache take at most
        self._clock_s = hello.clock_s  # the board's, when it was last told

    @property
    def lost(self) -> bool:
        """Whether the board was given up; every later call raises why."""
        return self._client.lost

    @property
    def cause(self) -> TestbedError | UsageError | None:
        """Why it was given up."""
        return self._client.cause

    @property
    def models(self) -> ModelFolder:
        """Its folder of model files."""
        return ModelFolder(self._client, self.spec.models)

    @property
    def metering(self) -> Metering:
        """What it does for and with a power meter."""
        return Metering(self._client, lambda: self.processor_counts().t_s)

    def describe(self, *, deadline_s: float = WORK_DEADLINE_S) -> DeviceFacts:
        """What kind of board it is."""
        return ask_description(self._client, deadline_s=deadline_s)

    def check_health(self, wait: LockWait) -> HealthFacts:
        """How it is before a cell is measured, which `health` is from then on: the gate passed when it was opened.

        Raises:
            DeviceUnhealthy: It is no longer as it must be. The device stays open.
        """
        told: list[HealthFacts] = []

        def ask() -> HealthFacts:
            told.append(ask_health(self._client, self.spec))
            return between_cells(told[-1], own_bytes=self._own_bytes)

        pass_gate(self.name, replace(self.spec.health, max_load=None), ask, wait)
        self.health = told[-1]
        return told[-1]

    def open_model(
        self,
        path: Path,
        llama_cpp: LlamaCppSpec | None = None,
        *,
        cache_bytes: int = 0,
        deadline_s: float = OPEN_DEADLINE_S,
    ) -> ModelFacts:
        """Open a GGUF file of the device, in place of the model that is open. `llama_cpp` None: as its spec says.

        What does not fit into the device's free memory with `cache_bytes` for its context is a UsageError.
        """
        options = llama_cpp or self.spec.llama_cpp
        settings = {name: getattr(options, name) for name in OPTIONS}
        asked = Open(path=str(path), cache_bytes=cache_bytes, **settings)
        facts = self._client.call(asked, ModelFacts, deadline_s=deadline_s)
        self._vocabulary = facts.vocabulary
        self._own_bytes = facts.file_bytes + cache_bytes
        return facts

    def heat(self, *, watch: bool, deadline_s: float = HEALTH_DEADLINE_S) -> HeatNow:
        """How hot, fast and throttled it is now; `watch`: and from now on, until it is asked again."""
        root = "/" if self.spec.power is None else self.spec.power.root
        return self._client.call(Heat(watch=watch, root=root), HeatNow, deadline_s=deadline_s)

    def processor_counts(self, *, deadline_s: float = HEALTH_DEADLINE_S) -> ProcessorCounts:
        """What its processors have done since it began; the difference of two says who had them in between."""
        return self._client.call(ProcessorTimes(), ProcessorCounts, deadline_s=deadline_s)

    def read_memory(self, *, threads: int, seconds: float, deadline_s: float = WORK_DEADLINE_S) -> MemorySpeed:
        """How fast its memory can be read by a simple program with so many threads, tried for `seconds`.

        A UsageError where too little memory is free for that.
        """
        return self._client.call(ReadMemory(threads=threads, seconds=seconds), MemorySpeed, deadline_s=deadline_s)

    def prefill(self, tokens: Sequence[int], *, deadline_s: float = WORK_DEADLINE_S) -> Begun:
        """Start a new sequence, with no state left of the last one."""
        return self._client.call(Prefill(tokens=tuple(tokens)), Begun, deadline_s=deadline_s)

    def timed_prefills(self, prefills: int, *, seconds: float, deadline_s: float | None = None) -> TimedPrefills:
        """Evaluate the present sequence from nothing, again and again; it is the same afterwards.

        `seconds` bounds it: no prefill begins later, but one is made. A UsageError where the sequence is of one token.
        """
        bound_s = seconds + WORK_DEADLINE_S if deadline_s is None else deadline_s
        timed = self._client.call(Prefills(prefills=prefills, seconds=seconds), TimedPrefills, deadline_s=bound_s)
        self._check_clock(timed.stamps_s[0][0], timed.stamps_s[-1][-1])
        return timed

    def draft(
        self,
        k: int,
        *,
        keep: int | None = None,
        append: Sequence[int] = (),
        decoding: Decoding | None = None,
        seed: int | None = None,
        deadline_s: float = WORK_DEADLINE_S,
    ) -> DraftedTokens:
        """Draft K tokens, after the sequence was cut to `keep` tokens and continued with `append`.

        Greedily where `decoding` is None or greedy, whatever its rule is. Else each token is sampled: the same `seed`
        repeats the draft, and with None the device's random numbers continue.
        """
        asked = Draft(k=k, keep=keep, append=tuple(append))
        if decoding is not None and not decoding.greedy:
            asked = replace(asked, seed=seed, **_sampling(decoding))
        drafted = self._client.call(asked, DraftedTokens, deadline_s=deadline_s)
        self._check_tokens(drafted.tokens)
        self._check_clock(drafted.stamps_s[0], drafted.stamps_s[-1])
        return drafted

    def distribution(self, index: int, *, deadline_s: float = WORK_DEADLINE_S) -> NDArray[np.float64]:
        """What token `index` of the last draft was sampled from: probabilities of shape (vocabulary,)."""
        drawable = self._client.call(Distribution(index=index), Drawable, deadline_s=deadline_s)
        if self._vocabulary not in (drawable.vocabulary, MAX_VOCABULARY):
            self._client.give_up(f"its model has {self._vocabulary} tokens, and a distribution {drawable.vocabulary}.")
        probabilities = np.zeros(drawable.vocabulary)
        tokens = np.frombuffer(drawable.tokens, dtype="<u4")
        probabilities[tokens] = np.frombuffer(drawable.probabilities, dtype="<f8")
        return probabilities

    def timed_rounds(
        self, k: int, *, rounds: int, warmup: int, seconds: float, deadline_s: float | None = None
    ) -> TimedRounds:
        """Draft K tokens again and again from the present sequence; it is the same afterwards.

        `seconds` bounds the warm-up, and then the timed rounds: no round begins later, but one of each is run.
        """
        asked = Rounds(k=k, rounds=rounds, warmup=warmup, seconds=seconds)
        bound_s = 2 * seconds + WORK_DEADLINE_S if deadline_s is None else deadline_s
        timed = self._client.call(asked, TimedRounds, deadline_s=bound_s)
        self._check_tokens(timed.tokens)
        self._check_clock(timed.stamps_s[0][0], timed.stamps_s[-1][-1])
        return timed

    def timed_returns(
        self, pending: Sequence[int], *, rounds: int, warmup: int, seconds: float, deadline_s: float | None = None
    ) -> TimedReturns:
        """What it costs to go back to the present sequence, with so many tokens to evaluate as `pending` says.

        For a model whose memory cannot be cut. `seconds` bounds it, as for `timed_rounds`.
        """
        asked = Returns(pending=tuple(pending), rounds=rounds, warmup=warmup, seconds=seconds)
        bound_s = 2 * seconds + WORK_DEADLINE_S if deadline_s is None else deadline_s
        return self._client.call(asked, TimedReturns, deadline_s=bound_s)

    def score(
        self,
        tokens: Sequence[int],
        start: int,
        *,
        decoding: Decoding | None = None,
        deadline_s: float = WORK_DEADLINE_S,
    ) -> Scores:
        """Score tokens[start:] in one pass. It takes the place of the sequence: prefill before drafting again."""
        asked = Score(start=start, tokens=tuple(tokens))
        if decoding is not None and not decoding.greedy:
            asked = replace(asked, **_sampling(decoding))
        scores = self._client.call(asked, Scores, deadline_s=deadline_s)
        self._check_tokens(scores.argmax)
        if max(scores.rank, default=0) >= self._vocabulary:
            self._client.give_up(f"of {self._vocabulary} tokens of its model, {max(scores.rank)} are before another.")
        if decoding is None or not decoding.greedy:
            return scores
        certain = (float(best == own) for best, own in zip(scores.argmax, tokens[start:], strict=True))
        return replace(scores, probability=tuple(certain))

    def rollback(self, keep: int, *, deadline_s: float = WORK_DEADLINE_S) -> int:
        """Keep the first tokens of the sequence; its length then."""
        return self._client.call(Rollback(keep=keep), Length, deadline_s=deadline_s).length

    def close_model(self, *, deadline_s: float = WORK_DEADLINE_S) -> None:
        """Free the model's memory."""
        self._client.call(Close(), Done, deadline_s=deadline_s)
        self._own_bytes = 0

    def close(self) -> None:
        """End the agent."""
        self._client.close()

    def _check_clock(self, begin_s: float, end_s: float) -> None:
        """The clock that times every draft goes on from answer to answer, and from the hello."""
        if begin_s < self._clock_s:
            self._client.give_up(f"its monotonic clock went back, from {self._clock_s:.6g} s to {begin_s:.6g} s.")
        self._clock_s = end_s

    def _check_tokens(self, tokens: Sequence[int]) -> None:
        if max(tokens, default=0) >= self._vocabulary:
            self._client.give_up(f"its model has {self._vocabulary} tokens, and it proposes token {max(tokens)}.")


@contextmanager
def open_device(
    spec: DeviceSpec,
    cache: Path,
    *,
    heartbeat: Heartbeat = HEARTBEAT,
    wait: LockWait | None = None,
    progress: Progress | None = None,
    orphan: str | None = None,
) -> Iterator[Device]:
    """Take the board's locks, start its agent and see that it is healthy; all of it ends with the context.

    `progress` is called, now and then, with the progress of long work. `orphan`: the mark of an agent of this device
    that was lost, and that may still run there; it is ended first.

    Raises:
        UsageError: Something has to be changed: the declaration, a key, an interpreter.
        DeviceBusy: Another run holds the board, and `wait` is over.
        DeviceOffline, DeviceUnhealthy: It does not answer, or is not as it must be.
    """
    wait = wait or LockWait()
    with hold_on_host(spec, cache, wait), _started(spec, cache, heartbeat, progress) as (client, hello, mark):
        if orphan is not None:
            client.call(Reap(mark=orphan), Ended, deadline_s=REAP_DEADLINE_S)
        lock = take_board(client, device=spec.name, wait=wait)
        wait.taken(spec.name)
        health = pass_gate(spec.name, spec.health, lambda: ask_health(client, spec), wait)
        taken = Taken(health=health, lock=lock)
        yield Device(spec=spec, client=client, hello=hello, taken=taken, mark=mark)


@contextmanager
def open_this_host(cache: Path, *, progress: Progress | None = None) -> Iterator[Device]:
    """A device for work whose result does not depend on its speed: nothing is locked, its health is not asked."""
    spec = DeviceSpec(name="this host", connection="local")
    with _started(spec, cache, HEARTBEAT, progress) as (client, hello, mark):
        yield Device(spec=spec, client=client, hello=hello, taken=None, mark=mark)


@contextmanager
def _started(
    spec: DeviceSpec, cache: Path, heartbeat: Heartbeat, progress: Progress | None = None
) -> Iterator[tuple[AgentClient, Hello, str]]:
    """The device's agent, its hello and its mark."""
    archive, mark = build_agent_archive(), uuid.uuid4().hex
    with connect(Start(spec=spec, archive=archive, heartbeat=heartbeat, mark=mark), cache) as connection:
        limits = Limits(silence_s=heartbeat.give_up_s)
        client = AgentClient(connection, device=spec.name, limits=limits, progress=progress)
        yield client, client.greet(sha256=archive.sha256, deadline_s=HELLO_DEADLINE_S), mark


def ask_description(client: AgentClient, *, deadline_s: float) -> DeviceFacts:
    """What kind of board it is."""
    return client.call(Describe(), DeviceFacts, deadline_s=deadline_s)


def ask_health(client: AgentClient, spec: DeviceSpec, *, deadline_s: float = HEALTH_DEADLINE_S) -> HealthFacts:
    """How it is at this moment."""
    return client.call(Health(models=spec.models or HOME), HealthFacts, deadline_s=deadline_s)


def reap_agent(spec: DeviceSpec, cache: Path, orphan: str, *, heartbeat: Heartbeat = HEARTBEAT) -> None:
    """End the agent of that mark, where the board can still be reached. An error: as for `open_device`."""
    with _started(spec, cache, heartbeat) as (client, _, _):
        client.call(Reap(mark=orphan), Ended, deadline_s=REAP_DEADLINE_S)


class _Sampling(TypedDict):
    temperature: float
    top_k: int
    top_p: float


def _sampling(decoding: Decoding) -> _Sampling:
    return {"temperature": decoding.temperature, "top_k": decoding.top_k, "top_p": decoding.top_p}
