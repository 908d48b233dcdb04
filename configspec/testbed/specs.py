"""What a testbed's `devices.yaml` declares, as plain values: checked, with paths made absolute.

Only `read.py` makes these from a file. Everything above takes them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from configspec.theory.decoding import Decoding
from configspec.theory.serving.assumptions import Serving

# The names that llama.cpp gives its quantisations (`llama-quantize --help`), plain floats first.
QUANTISATIONS = (
    *("F32", "F16", "BF16"),
    *("Q1_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"),
    *("Q2_K", "Q2_K_S", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K"),
    *("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M"),
    *("IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4_MOE", "NVFP4"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaCppSpec:
    """How a device opens a model. `threads` None means all of its cores; `gpu_layers` -1 means all layers."""

    threads: int | None = None
    context: int = 1024  # tokens
    gpu_layers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpec:
    """Figures from a profile file instead of a board: which file, and which of its devices."""

    profile: Path
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """An emulated link between device and verifier, on top of the real connection.

    A message takes half of `rtt_s`, more or less by a normal deviate of `jitter_s`, and its bytes at `bits_per_s`
    (None: as fast as the connection is).
    """

    rtt_s: float = 0.0
    jitter_s: float = 0.0
    bits_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSpec:
    """A board that the OpenSSH client reaches, as its user has set it up.

    `host_keys`: `strict` takes known keys only, `accept-new` also those of hosts not met before, `off` any.
    """

    destination: str  # any name that `ssh` understands
    host_keys: Literal["strict", "accept-new", "off"] = "strict"
    config: Path | None = None  # instead of ~/.ssh/config


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpec:
    """What must be so before a device is measured; None demands nothing."""

    max_start_c: float | None = None  # of its hottest thermal zone
    power_mode: str | None = None  # of a Jetson: by name, or by number
    governor: str | None = None
    min_free_memory_bytes: int | None = None
    min_free_disk_bytes: int | None = None  # of the file system of its `models`
    max_load: float | None = None  # over the last minute


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """One device. Exactly one of `connection` and `replay` is set."""

    name: str
    connection: Literal["local"] | SshSpec | None = None
    link: LinkSpec | None = None
    replay: ReplaySpec | None = None
    python: str | None = None  # the interpreter that runs the agent; None: the host's own, over SSH `python3`
    models: str | None = None  # the board's folder of GGUF files; None: the host's files, over SSH one in the cache
    llama_cpp: LlamaCppSpec = field(default_factory=LlamaCppSpec)
    health: HealthSpec = field(default_factory=HealthSpec)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpec:
    """A repository of the Hugging Face hub: a transformers model, or the GGUF files that `file` selects.

    `file` is a glob over the repository's files, in which `{quant}` stands for the quantisation. `revision` is a
    branch, a tag or, pinned, a commit.
    """

    repo: str  # OWNER/REPO
    revision: str = "main"
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A model behind an OpenAI-compatible API. The key is read from the environment variable `api_key_env`."""

    url: str  # up to and with /v1
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    timeout_s: float = 120.0  # for one request
    retries: int = 4  # of one request, with back-off
    tokenizer: Path | HubSpec | None = None  # whose token ids are meant; None: the server's own, asked of it


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """The large model. Exactly one of `transformers`, `gguf`, `server` and `hub` is set."""

    transformers: Path | None = None  # a folder
    gguf: Path | None = None  # a file; of several shards, the first
    server: ServerSpec | None = None
    hub: HubSpec | None = None  # becomes one of the first two when it is on this machine
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "float32"  # of transformers
    device_map: str | None = None  # as transformers knows it: "cuda:0", "auto"; None: the CPU
    llama_cpp: LlamaCppSpec = field(default_factory=LlamaCppSpec)  # `threads` counts for transformers too


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSpec:
    """A small model: a safetensors folder that configspec converts and quantises, or ready GGUF files by quantisation.

    Exactly one of `safetensors`, `gguf` and `hub` is set.
    """

    name: str
    safetensors: Path | None = None
    gguf: Mapping[str, Path] | None = None
    hub: HubSpec | None = None  # becomes one of the others when it is on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec:
    """A target with its drafts, each in every quantisation of `quants`."""

    name: str
    target: TargetSpec
    drafts: Mapping[str, DraftSpec]
    quants: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEndSpec:
    """How much real speculative decoding is run for a configuration that is chosen for it."""

    prompts: int = 6  # evenly taken from the prompt set
    repeats: int = 3  # of each prompt; the median counts


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSpec:
    """What is measured of each cell, and for how long at most."""

    k: tuple[int, ...] = tuple(range(1, 11))
    prompts: Path | None = None  # None: the prompt set that configspec carries
    new_tokens: int = 96  # tokens that the target writes for each prompt
    depth: int = 128  # tokens in the context when a timed round begins
    rounds: int = 10  # timed rounds a cell
    warmup_rounds: int = 2  # rounds before them, not counted
    seconds_per_cell: float = 60.0  # bound on the timed rounds of a cell
    decoding: Decoding = field(default_factory=Decoding)
    end_to_end: EndToEndSpec = field(default_factory=EndToEndSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One testbed: everything that its `devices.yaml` says."""

    path: Path
    sha256: str
    devices: Mapping[str, DeviceSpec]
    families: Mapping[str, FamilySpec]
    sweep: SweepSpec
    serving: Serving
    serving_by_family: Mapping[str, Serving]  # where a family has a price or a latency of its own

    def serving_for(self, family: str) -> Serving:
        """The serving assumptions of one family: its own, or the testbed's."""
        return self.serving_by_family.get(family, self.serving)
