"""What a device answers, as plain values. All `_s` figures are durations or stamps of its own monotonic clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What kind of board it is, as its system tells it. What is None has a reason beside it, or is not there."""

    platform: str
    machine: str
    board: str | None
    cpu_model: str | None
    cores: int
    governor: str | None
    governor_reason: str | None
    load_1min: float
    memory_bytes: int | None
    python: str
    llama_cpp_version: str | None
    llama_cpp_system_info: str | None
    llama_cpp_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """How a board is at this moment. What is None has a reason beside it; a reason without a None is None.

    `throttling`: what slows it down now. `loop_s`: seconds of a fixed loop, which a throttle makes longer.
    `board_sha256`: the same for two names of one board.
    """

    temperature_c: float | None
    temperature_zone: str | None
    temperature_reason: str | None
    power_mode: str | None
    power_mode_reason: str | None
    governor: str | None
    governor_reason: str | None
    throttling: tuple[str, ...] | None
    throttling_reason: str | None
    available_memory_bytes: int | None
    swap_used_bytes: int | None
    memory_reason: str | None
    free_disk_bytes: int | None  # where the board's models are
    free_disk_reason: str | None
    load_1min: float | None
    load_reason: str | None
    loop_s: float
    board_sha256: str | None
    board_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """An open model: which it is, and how it was opened. Equal `vocabulary_sha256`: token ids mean the same."""

    architecture: str | None
    description: str
    parameters: int
    weights_bytes: int
    file_bytes: int
    file_sha256: str
    vocabulary: int  # tokens
    vocabulary_sha256: str
    trained_context: int  # tokens
    context: int
    batch: int
    threads: int
    gpu_layers: int
    load_s: float
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """A sequence was begun. All but its last token were evaluated, in `elapsed_s`."""

    length: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedTokens:
    """K drafted tokens. `stamps_s` has K + 1: when drafting began, and when each token was there.

    `probabilities` are those of the tokens in the distributions that they were sampled from; none where drafting is
    greedy.
    """

    tokens: tuple[int, ...]
    stamps_s: tuple[float, ...]
    length: int  # of the sequence, the draft included
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRounds:
    """Rounds of K tokens, each from the same sequence of `depth` tokens; `stamps_s` as in `DraftedTokens`.

    `tokens` are the first round's. Greedy drafting repeats itself: `rounds_that_differ` should be 0.
    """

    k: int
    depth: int
    warmup: int
    tokens: tuple[int, ...]
    rounds_that_differ: int
    stamps_s: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """For each token of a text from `start` on, given all before it.

    `argmax` is what greedy drafting proposes there, `logprob` the natural logarithm of the text's own token's
    probability, `gap` how far the best logit leads the second. `probability` is that of the text's own token in the
    distribution that sampling draws from, after temperature, top-k and top-p; None where no decoding was given.
    """

    start: int
    argmax: tuple[int, ...]
    logprob: tuple[float, ...]
    gap: tuple[float, ...]
    probability: tuple[float, ...] | None = None
