"""Requests about the model that is open, and about drafting with it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from .forms import COUNTS, CPUS, FLAG, MAX_THREADS, MOST, NAMES, TEXT, TOKENS, Request, number, one_of, takes, whole

SEED = 2**64 - 1
# The names of ggml_type that llama-bench takes for the cache (ggml_type_from_name in its source).
CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")


@dataclass(frozen=True)
class Open(Request):
    """Open a GGUF file in place of the model that is open.

    `threads` None: as many as `board/processors.py` finds. `gpu_layers` -1: all. `cache_bytes`: what the context's
    cache will take; 0: not known. The fields from `threads_batch` on are settings: None leaves them to llama.cpp.
    """

    op = "open"
    path: str = field(metadata=takes(TEXT))
    context: int = field(metadata=takes(whole(1)))
    gpu_layers: int = field(metadata=takes(whole(-1)))
    batch: int = field(metadata=takes(whole(1)))
    threads: int | None = field(default=None, metadata=takes(whole(1, MAX_THREADS)))
    cache_bytes: int = field(default=0, metadata=takes(whole(0, MOST)))
    threads_batch: int | None = field(default=None, metadata=takes(whole(1, MAX_THREADS)))
    cpus: tuple[int, ...] | None = field(default=None, metadata=takes(CPUS))
    flash_attention: str | None = field(default=None, metadata=takes(one_of("on", "off", "auto")))
    cache_type_k: str | None = field(default=None, metadata=takes(one_of(*CACHE_TYPES)))
    cache_type_v: str | None = field(default=None, metadata=takes(one_of(*CACHE_TYPES)))
    micro_batch: int | None = field(default=None, metadata=takes(whole(1)))
    mmap: bool | None = field(default=None, metadata=takes(FLAG))
    mlock: bool | None = field(default=None, metadata=takes(FLAG))
    main_gpu: int | None = field(default=None, metadata=takes(whole(0)))
    devices: tuple[str, ...] | None = field(default=None, metadata=takes(NAMES))
    cpu_moe_layers: int | None = field(default=None, metadata=takes(whole(0)))

    def settings(self) -> dict[str, object]:
        """What is not left to llama.cpp, by its name, as JSON has it."""
        return {name: value for name, value in self.as_json().items() if name in SETTINGS}


@dataclass(frozen=True)
class Prefill(Request):
    """Start a new sequence."""

    op = "prefill"
    tokens: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))


@dataclass(frozen=True)
class Prefills(Request):
    """Time evaluating the present sequence from nothing, again and again, `seconds` long at most.

    The sequence was evaluated once already, when it was started, so this needs no warm-up.
    """

    op = "prefills"
    prefills: int = field(metadata=takes(whole(1)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Draft(Request):
    """Cut the sequence to `keep` tokens (None: all), add `append`, and draft K tokens.

    `temperature` None: greedily. `seed` None: the random numbers continue.
    """

    op = "draft"
    k: int = field(metadata=takes(whole(1)))
    keep: int | None = field(default=None, metadata=takes(whole(1)))
    append: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))
    temperature: float | None = field(default=None, metadata=takes(number(0.0)))
    top_k: int = field(default=0, metadata=takes(whole(0)))
    top_p: float = field(default=1.0, metadata=takes(number(0.0, 1.0)))
    seed: int | None = field(default=None, metadata=takes(whole(0, SEED)))


@dataclass(frozen=True)
class Distribution(Request):
    """What token `index` of the last draft was drawn from."""

    op = "distribution"
    index: int = field(metadata=takes(whole(0)))


@dataclass(frozen=True)
class Rounds(Request):
    """Draft K tokens again and again from the same sequence, `seconds` long at most."""

    op = "rounds"
    k: int = field(metadata=takes(whole(1)))
    rounds: int = field(metadata=takes(whole(1)))
    warmup: int = field(metadata=takes(whole(0)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Window(Request):
    """Draft K tokens again and again from the same sequence for `seconds`, without a pause.

    For meters, which need a load that lasts. Only the beginning of each round is kept.
    """

    op = "window"
    k: int = field(metadata=takes(whole(1)))
    seconds: float = field(metadata=takes(number(0.0)))


@dataclass(frozen=True)
class Returns(Request):
    """Time what going back to the present sequence costs, with so many tokens pending as `pending` says, in turns.

    For a model whose memory cannot be cut; `seconds` long at most.
    """

    op = "returns"
    rounds: int = field(metadata=takes(whole(1)))
    warmup: int = field(metadata=takes(whole(0)))
    seconds: float = field(metadata=takes(number(0.0)))
    pending: tuple[int, ...] = field(default=(1,), metadata=takes(COUNTS))


@dataclass(frozen=True)
class Score(Request):
    """Score tokens[start:], each given all before it; with a temperature, by the warped distribution too."""

    op = "score"
    start: int = field(metadata=takes(whole(1)))
    tokens: tuple[int, ...] = field(default=(), metadata=takes(TOKENS))
    temperature: float | None = field(default=None, metadata=takes(number(0.0)))
    top_k: int = field(default=0, metadata=takes(whole(0)))
    top_p: float = field(default=1.0, metadata=takes(number(0.0, 1.0)))


@dataclass(frozen=True)
class Rollback(Request):
    """Keep the first tokens of the sequence."""

    op = "rollback"
    keep: int = field(metadata=takes(whole(1)))


@dataclass(frozen=True)
class Close(Request):
    """Free the model's memory."""

    op = "close"


# The fields of `Open` that may be left to llama.cpp.
SETTINGS = tuple(one.name for one in fields(Open) if one.default is None and one.name != "threads")
