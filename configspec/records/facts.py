"""What a row holds of the board, of its health and of the models, as reported when it was measured.

What could not be known is None, with a reason beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What kind of board it is, as its system reports it. What is None has a reason beside it, or does not exist."""

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
