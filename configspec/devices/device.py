"""A device of the testbed, with its operations as typed methods."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configspec.devices.gate import pass_gate
from configspec.devices.lock import hold_on_host, take_board
from configspec.devices.lock_wait import LockWait
from configspec.devices.model_folder import ModelFolder
from configspec.devices.replies import DraftedTokens, Prefill, Scores, TimedRounds
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient, Hello
from configspec.devices.transport.connect import HEARTBEAT, Heartbeat, connect
from configspec.errors import TestbedError, UsageError
from configspec.records.facts import DeviceFacts, HealthFacts, ModelFacts
from configspec.testbed.specs import DeviceSpec, LlamaCppSpec
from configspec.theory.decoding import Decoding

__all__ = ["Device", "DeviceFacts", "DraftedTokens", "ModelFacts", "Prefill", "Scores", "TimedRounds", "open_device"]

BATCH_TOKENS = 2048  # as many as llama-bench gives at once
HELLO_DEADLINE_S = 60.0
HEALTH_DEADLINE_S = 30.0
HOME = "~"  # of the account on the board: what is looked at for room where no `models` is declared
OPEN_DEADLINE_S = 600.0  # a large file from a slow card
WORK_DEADLINE_S = 300.0
REAP_DEADLINE_S = 10.0


class Device:
    """A board with its agent running; one model is open at a time.

    `health` is how it was when it was taken, None where that was not asked; `mark` is what another agent there knows
    this one by.
    """

    def __init__(
        self, *, spec: DeviceSpec, client: AgentClient, hello: Hello, health: HealthFacts | None, mark: str
    ) -> None:
        self.name = spec.name
        self.mark = mark
        self.spec = spec
        self.hello = hello
        self.health = health
        self._client = client

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

    def describe(self, *, deadline_s: float = WORK_DEADLINE_S) -> DeviceFacts:
        """What kind of board it is."""
        return ask_description(self._client, deadline_s=deadline_s)

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
        answer = self._client.call(
            "open",
            deadline_s=deadline_s,
            path=str(path),
            threads=options.threads,
            context=options.context,
            gpu_layers=options.gpu_layers,
            batch=BATCH_TOKENS,
            cache_bytes=cache_bytes,
        )
        return ModelFacts(**answer)

    def prefill(self, tokens: Sequence[int], *, deadline_s: float = WORK_DEADLINE_S) -> Prefill:
        """Begin a sequence anew, with no state left of the last one."""
        return Prefill(**self._client.call("prefill", deadline_s=deadline_s, tokens=list(tokens)))

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
        repeats the draft, and with None the device's random numbers go on.
        """
        sampling = {} if decoding is None or decoding.greedy else {**_sampling(decoding), "seed": seed}
        answer = self._client.call("draft", deadline_s=deadline_s, k=k, keep=keep, append=list(append), **sampling)
        return DraftedTokens(
            tokens=tuple(answer["tokens"]),
            stamps_s=tuple(answer["stamps_s"]),
            length=answer["length"],
            probabilities=tuple(answer.get("probabilities", ())),
        )

    def distribution(self, index: int, *, deadline_s: float = WORK_DEADLINE_S) -> NDArray[np.float64]:
        """What token `index` of the last draft was sampled from: probabilities of shape (vocabulary,)."""
        answer = self._client.call("distribution", deadline_s=deadline_s, index=index)
        probabilities = np.zeros(answer["vocabulary"])
        tokens = np.frombuffer(base64.b64decode(answer["tokens"]), dtype="<u4")
        probabilities[tokens] = np.frombuffer(base64.b64decode(answer["probabilities"]), dtype="<f8")
        return probabilities

    def timed_rounds(
        self, k: int, *, rounds: int, warmup: int, seconds: float, deadline_s: float | None = None
    ) -> TimedRounds:
        """Draft K tokens again and again from the present sequence; it is the same afterwards.

        `seconds` bounds the warm-up, and then the timed rounds: no round begins later, but one of each is run.
        """
        answer = self._client.call(
            "rounds",
            deadline_s=2 * seconds + WORK_DEADLINE_S if deadline_s is None else deadline_s,
            k=k,
            rounds=rounds,
            warmup=warmup,
            seconds=seconds,
        )
        return _timed_rounds(k, answer)

    def score(
        self,
        tokens: Sequence[int],
        start: int,
        *,
        decoding: Decoding | None = None,
        deadline_s: float = WORK_DEADLINE_S,
    ) -> Scores:
        """Score tokens[start:] in one pass. It takes the place of the sequence: prefill before drafting again."""
        sampling = {} if decoding is None or decoding.greedy else _sampling(decoding)
        answer = self._client.call("score", deadline_s=deadline_s, tokens=list(tokens), start=start, **sampling)
        probability = answer.get("probability")
        if decoding is not None and decoding.greedy:
            probability = [float(best == own) for best, own in zip(answer["argmax"], tokens[start:], strict=True)]
        return Scores(
            start=start,
            argmax=tuple(answer["argmax"]),
            logprob=tuple(answer["logprob"]),
            gap=tuple(answer["gap"]),
            probability=None if probability is None else tuple(probability),
        )

    def rollback(self, keep: int, *, deadline_s: float = WORK_DEADLINE_S) -> int:
        """Keep the first tokens of the sequence; its length then."""
        return int(self._client.call("rollback", deadline_s=deadline_s, keep=keep)["length"])

    def close_model(self, *, deadline_s: float = WORK_DEADLINE_S) -> None:
        """Give the model's memory back."""
        self._client.call("close", deadline_s=deadline_s)

    def close(self) -> None:
        """End the agent."""
        self._client.close()


@contextmanager
def open_device(
    spec: DeviceSpec,
    cache: Path,
    *,
    heartbeat: Heartbeat = HEARTBEAT,
    wait: LockWait | None = None,
    on_progress: Callable[[str], None] | None = None,
    orphan: str | None = None,
) -> Iterator[Device]:
    """Take the board's locks, start its agent and see that it is healthy; all of it ends with the context.

    `on_progress` is told, now and then, how far long work is. `orphan`: the mark of an agent of this device that was
    lost, and that may still run there; it is ended first.

    Raises:
        UsageError: Something has to be changed: the declaration, a key, an interpreter.
        DeviceBusy: Another run holds the board, and `wait` is over.
        DeviceOffline, DeviceUnhealthy: It does not answer, or is not as it must be.
    """
    waiting = wait or LockWait()
    with hold_on_host(spec, cache, waiting), _started(spec, cache, heartbeat, on_progress) as (client, hello, mark):
        if orphan is not None:
            client.call("reap", deadline_s=REAP_DEADLINE_S, mark=orphan)
        take_board(client, device=spec.name, waiting=waiting)
        waiting.taken(spec.name)
        health = pass_gate(spec.name, spec.health, lambda: ask_health(client, spec), waiting)
        yield Device(spec=spec, client=client, hello=hello, health=health, mark=mark)


@contextmanager
def open_this_host(cache: Path, *, on_progress: Callable[[str], None] | None = None) -> Iterator[Device]:
    """A device for work whose result does not depend on its speed: nothing is locked, nobody asks how it is."""
    spec = DeviceSpec(name="this host", connection="local")
    with _started(spec, cache, HEARTBEAT, on_progress) as (client, hello, mark):
        yield Device(spec=spec, client=client, hello=hello, health=None, mark=mark)


@contextmanager
def _started(
    spec: DeviceSpec, cache: Path, heartbeat: Heartbeat, on_progress: Callable[[str], None] | None = None
) -> Iterator[tuple[AgentClient, Hello, str]]:
    """The device's agent, its hello and its mark."""
    archive, mark = build_agent_archive(), uuid.uuid4().hex
    with connect(spec, archive, cache, heartbeat, mark=mark) as connection:
        client = AgentClient(connection, device=spec.name, silence_s=heartbeat.give_up_s, on_progress=on_progress)
        yield client, client.greet(sha256=archive.sha256, deadline_s=HELLO_DEADLINE_S), mark


def ask_description(client: AgentClient, *, deadline_s: float) -> DeviceFacts:
    """What kind of board it is."""
    answer = client.call("describe", deadline_s=deadline_s)
    llama_cpp = answer.pop("llama_cpp") or {"version": None, "system_info": None}
    return DeviceFacts(llama_cpp_version=llama_cpp["version"], llama_cpp_system_info=llama_cpp["system_info"], **answer)


def ask_health(client: AgentClient, spec: DeviceSpec, *, deadline_s: float = HEALTH_DEADLINE_S) -> HealthFacts:
    """How it is at this moment."""
    answer = client.call("health", deadline_s=deadline_s, models=spec.models or HOME)
    throttling = answer.pop("throttling")
    return HealthFacts(throttling=None if throttling is None else tuple(throttling), **answer)


def reap_agent(spec: DeviceSpec, cache: Path, orphan: str, *, heartbeat: Heartbeat = HEARTBEAT) -> None:
    """End the agent of that mark, where the board can still be reached. An error: as for `open_device`."""
    with _started(spec, cache, heartbeat) as (client, _, _):
        client.call("reap", deadline_s=REAP_DEADLINE_S, mark=orphan)


def _sampling(decoding: Decoding) -> dict[str, Any]:
    return {"temperature": decoding.temperature, "top_k": decoding.top_k, "top_p": decoding.top_p}


def _timed_rounds(k: int, answer: Mapping[str, Any]) -> TimedRounds:
    return TimedRounds(
        k=k,
        depth=answer["depth"],
        warmup=answer["warmup"],
        tokens=tuple(answer["tokens"]),
        rounds_that_differ=answer["rounds_that_differ"],
        stamps_s=tuple(tuple(stamps) for stamps in answer["stamps_s"]),
    )
