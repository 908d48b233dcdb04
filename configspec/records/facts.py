"""What a row holds of the board, of its health and of the models, as reported when it was measured.

What could not be known is None, with a reason beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from configspec.records.bounds import CInt, Count, Figure, Seconds, Text

OLDER = "recorded before configspec asked for it"
Asked: TypeAlias = bool | int | Text | tuple[int | Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What kind of board it is, as its system reports it. What is None has a reason beside it, or does not exist."""

    platform: Text
    machine: Text
    board: Text | None
    cpu_model: Text | None
    cores: Count
    governor: Text | None
    governor_reason: Text | None
    load_1min: Figure
    memory_bytes: Count | None
    python: Text
    llama_cpp_version: Text | None
    llama_cpp_system_info: Text | None
    llama_cpp_reason: Text | None
    default_threads: Count | None = (
        None  # llama.cpp's, where nobody says how many; None, as what follows, in older files
    )
    default_threads_reason: Text | None = OLDER
    usable_threads: Count | None = None  # that can run at once: no more than affinity and quota give
    gpu_offload: bool | None = None  # whether this build can use a GPU, and finds one
    llama_devices: tuple[Text, ...] | None = None  # by ggml's names: CPU, CUDA0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """How a board is at this moment. What is None has a reason beside it; a reason without a None is None.

    `throttling`: what slows it down now. `loop_s`: seconds of a fixed loop, which a throttle makes longer.
    `board_sha256`: the same for two names of one board.
    """

    temperature_c: Figure | None
    temperature_zone: Text | None
    temperature_reason: Text | None
    power_mode: Text | None
    power_mode_reason: Text | None
    governor: Text | None
    governor_reason: Text | None
    throttling: tuple[Text, ...] | None
    throttling_reason: Text | None
    available_memory_bytes: Count | None
    swap_used_bytes: Count | None
    memory_reason: Text | None
    free_disk_bytes: Count | None  # where the board's models are
    free_disk_reason: Text | None
    load_1min: Figure | None
    load_reason: Text | None
    loop_s: Seconds
    board_sha256: Text | None
    board_reason: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What llama.cpp did when it opened a model, by its own log and its context. None: its log does not say.

    The buffers are bytes by the name that llama.cpp gives each: `CPU_Mapped`, `CUDA0`.
    """

    layers_on_gpu: Count | None
    layers: Count | None  # of them so many could be there, that of the output among them
    context: Count | None  # tokens
    batch: Count | None  # tokens
    micro_batch: Count | None  # tokens
    threads: Count
    threads_batch: Count
    flash_attention: Text | None  # on, off
    cache_type_k: Text | None
    cache_type_v: Text | None
    locked: bool | None  # in memory; None where nobody asked for it
    gpus: tuple[Text, ...]  # that it used
    model_buffers_bytes: Mapping[Text, Count]
    cache_buffers_bytes: Mapping[Text, Count]
    compute_buffers_bytes: Mapping[Text, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """An open model: which it is, and how it was opened. Equal `vocabulary_sha256`: token ids mean the same.

    `rolls_back`: whether its memory can be cut after a rejection; None where an earlier configspec did not ask.
    `settings`: those of `llama_cpp` in `devices.yaml` that were not left to llama.cpp, besides the four that stand here
    by themselves. `opened` None: recorded before configspec read llama.cpp's log.
    """

    architecture: Text | None
    description: Text
    parameters: Count
    weights_bytes: Count
    file_bytes: Count
    file_sha256: Text
    vocabulary: Count  # tokens
    vocabulary_sha256: Text
    trained_context: Count  # tokens
    context: CInt
    batch: CInt
    threads: CInt
    gpu_layers: CInt
    load_s: Seconds
    metadata: Mapping[Text, Text]
    rolls_back: bool | None = None
    settings: Mapping[Text, Asked] = field(default_factory=dict)
    opened: Opened | None = None
