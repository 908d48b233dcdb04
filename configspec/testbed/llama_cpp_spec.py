"""How llama.cpp opens a draft: its settings, each with one value, or with a list that makes a sweep.

A setting is a field here, under the name that stands in `devices.yaml`, with the names that llama-bench and llama.cpp's
programs have for it (`Also`), and a field of the same name in the agent's `Open`. Each has None where llama.cpp
chooses.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, TypeAlias

from pydantic import Field, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import SkipJsonSchema

from configspec.testbed.key_types import MAX_LAYERS, BoardFolder, CountOrNone, Layers, Threads, Tokens
from configspec.testbed.llama_settings import (
    MAX_GPUS,
    CacheType,
    Cpus,
    FlashAttention,
    Gpus,
    Switch,
    written_cpus,
    written_setting,
)
from configspec.testbed.spec import HIDDEN, Spec, keys_of
from configspec.theory.ids import Setting

MOST_VALUES = 100  # of one setting
BATCH_TOKENS = 2048  # as many as llama-bench gives at once
MICRO_BATCH_TOKENS = 512
OF_AGENT = ("library",)  # what is no setting of a cell: the agent's process has one


@dataclass(frozen=True, slots=True)
class Also:
    """Other names of a key: those of llama-bench, of llama.cpp's programs, and of llama-bench's own records."""

    names: tuple[str, ...]


# A setting that varies: its name, and each of its values with its text.
Varied: TypeAlias = tuple[str, tuple[tuple[str, Any], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaCppSpec(Spec):
    """How llama.cpp opens a model; what is None, llama.cpp chooses. `gpu_layers` -1 means all layers.

    Where a setting has a list of values, its field holds the first of them, and `varied` all.
    """

    threads: Annotated[
        Threads | None,
        Also(("t", "n_threads")),
        Field(
            description="CPU threads; default: for a device one per core of its fastest cluster, for a target the"
            " library's choice"
        ),
    ] = None
    threads_batch: Annotated[
        Threads | None,
        Also(("tb", "n_threads_batch")),
        Field(description="CPU threads for a prompt; default: `threads`"),
    ] = None
    cpus: Annotated[
        Cpus | None,
        Also(("C", "cpu_mask", "Cr", "cpu_range")),
        Field(
            description="The processors that llama.cpp runs on: `4-7`, `'0,2'`, or a list of numbers, which is one "
            "set; default: those that the account may use"
        ),
    ] = None
    context: Annotated[
        Tokens,
        Also(("c", "ctx_size", "n_ctx")),
        Field(description="Tokens of context; for a device at least `sweep.depth` + the largest K"),
    ] = 1024
    batch: Annotated[
        Tokens, Also(("b", "batch_size", "n_batch")), Field(description="Tokens of a prompt that are submitted at once")
    ] = BATCH_TOKENS
    micro_batch: Annotated[
        Tokens | None,
        Also(("ub", "ubatch_size", "n_ubatch")),
        Field(
            description=f"Tokens of a prompt that are computed at once; default: {MICRO_BATCH_TOKENS}, at most `batch`"
        ),
    ] = None
    gpu_layers: Annotated[
        Layers,
        Also(("ngl", "n_gpu_layers")),
        Field(description="Layers that run on the GPU: `all`, or a number, 0 for none"),
    ] = 0
    main_gpu: Annotated[
        Annotated[CountOrNone, Field(le=MAX_GPUS - 1)] | None,
        Also(("mg",)),
        Field(description="The number of the GPU that holds the whole model; default: it is split among all"),
    ] = None
    devices: Annotated[
        Gpus | None,
        Also(("dev", "device")),
        Field(
            description="Devices that llama.cpp may use besides the CPU: `CUDA0`, `'CUDA0,CUDA1'`, `none`; default: all"
        ),
    ] = None
    cpu_moe_layers: Annotated[
        Annotated[CountOrNone, Field(le=MAX_LAYERS)] | None,
        Also(("ncmoe", "n_cpu_moe")),
        Field(description="The first layers whose experts stay on the CPU"),
    ] = None
    flash_attention: Annotated[
        FlashAttention | None,
        Also(("fa", "flash_attn")),
        Field(description="Flash attention; default: llama.cpp's choice"),
    ] = None
    cache_type_k: Annotated[
        CacheType | None,
        Also(("ctk", "type_k")),
        Field(description="The number format of the cache's keys; default: f16"),
    ] = None
    cache_type_v: Annotated[
        CacheType | None,
        Also(("ctv", "type_v")),
        Field(
            description="The number format of the cache's values; a quantised one needs flash attention; default: f16"
        ),
    ] = None
    mmap: Annotated[
        Switch | None,
        Also(("mmp", "use_mmap")),
        Field(description="Whether the file is memory-mapped instead of read; default: llama.cpp's choice"),
    ] = None
    mlock: Annotated[
        Switch | None, Also(("use_mlock",)), Field(description="Whether the model is locked in memory; default: no")
    ] = None
    library: Annotated[
        BoardFolder | None,
        Field(
            description="Your own build on the device, the path of its `libllama.so`, instead of "
            "llama-cpp-python's; one for all cells"
        ),
    ] = None
    varied: Annotated[SkipJsonSchema[Any], Field(default=(), validation_alias=f"{HIDDEN}varied")] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _with_lists(cls, written: object, handler: ModelWrapValidatorHandler[LlamaCppSpec]) -> LlamaCppSpec:
        """Each key by its own name; the first value of each list, and each other one read in its place."""
        if not isinstance(written, dict):
            return handler(written)
        given = _by_own_names(written)
        lists = {key: value for key, value in given.items() if isinstance(value, list) and _is_sweep(key, value)}
        first = {**given, **{key: values[0] for key, values in lists.items()}}
        spec = handler(first)
        varied = []
        for one in fields(cls):  # in the order of the fields, whatever that of the file
            if len(lists.get(one.name, ())) > 1:
                values = [getattr(handler({**first, one.name: value}), one.name) for value in lists[one.name]]
                varied.append((one.name, _with_texts(one.name, values)))
        read = replace(spec, varied=tuple(varied))
        _check_together(read)
        return read

    @property
    def combinations(self) -> int:
        """How many cells the lists make of one."""
        return math.prod(len(values) for _, values in self.varied)

    def chosen(self) -> dict[str, Any]:
        """The settings that may be left to llama.cpp, and are not, but for `threads`."""
        optional = [one.name for one in fields(self) if one.default is None and one.name not in ("threads", *OF_AGENT)]
        values = {name: getattr(self, name) for name in optional}
        return {name: value for name, value in values.items() if value is not None}

    def of_gpu(self) -> str | None:
        """The first setting, with a value, that needs a GPU; None where none does."""
        for name in ("gpu_layers", "main_gpu"):
            for value in _values(self, name):
                if value is not None and not (name == "gpu_layers" and value == 0):
                    return f"{name} is {written_setting(name, value)}"
        return None

    def least(self, name: str) -> int:
        """The smallest value of a number that is never left to llama.cpp, such as `context`."""
        smallest: int = min(_values(self, name))
        return smallest

    def narrowed(self, slugs: Collection[str]) -> LlamaCppSpec:
        """Only these values, as test ids write them, of the settings that they name; all values of the others."""
        names = {slug.partition(":")[0] for slug in slugs}
        varied = (
            (name, tuple(one for one in values if name not in names or Setting(name, one[0]).slug in slugs))
            for name, values in self.varied
        )
        return replace(self, varied=tuple(varied))

    @property
    def slugs(self) -> tuple[str, ...]:
        """Every value of a list, as test ids write it: `threads:2`."""
        return tuple(Setting(name, text).slug for name, values in self.varied for text, _ in values)

    def each(self) -> Iterator[tuple[Setting, ...]]:
        """Every combination of the values of lists: the first key changes last. One that is empty without lists."""
        names = [name for name, _ in self.varied]
        for values in itertools.product(*([text for text, _ in values] for _, values in self.varied)):
            yield tuple(map(Setting, names, values))

    def of(self, settings: tuple[Setting, ...]) -> LlamaCppSpec:
        """The one combination that a cell has; KeyError where the lists do not have it."""
        values = {name: dict(values) for name, values in self.varied}
        if [name for name, _ in settings] != list(values):
            raise KeyError(", ".join(map(str, settings)))
        return replace(self, varied=(), **{name: values[name][text] for name, text in settings})


def _by_own_names(written: Mapping[str, object]) -> dict[str, object]:
    """The mapping with llama.cpp's names replaced by ours; a ValueError where one setting is written twice."""
    names = aliases()
    given: dict[str, object] = {}
    spelled: dict[str, str] = {}
    for key, value in written.items():
        name = names.get(key.replace("-", "_"), key) if isinstance(key, str) else key
        if name in spelled:
            raise ValueError(f"has `{spelled[name]}` and `{key}`, which are one setting. Keep one of them.")
        given[name], spelled[name] = value, key
    return given


@functools.cache
def aliases() -> Mapping[str, str]:
    """Other names -> the keys that they mean, both with `_` where llama.cpp's programs have `-`."""
    found: dict[str, str] = {}
    for key, info in keys_of(LlamaCppSpec).items():
        for also in info.metadata:
            if isinstance(also, Also):
                found.update(dict.fromkeys(also.names, key))
    return {**found, **{key: key for key in keys_of(LlamaCppSpec) if not key.startswith(HIDDEN)}}


def _is_sweep(key: str, value: list[object]) -> bool:
    """Whether a list holds values to compare. Plain numbers of `cpus` are one set of processors."""
    if key == "cpus" and value and all(type(one) is int for one in value):
        return False
    if key in OF_AGENT:
        raise ValueError(f"has a list in `{key}`, of which an agent has one. Declare a device for each.")
    if not value:
        raise ValueError(f"has the key `{key}` with an empty list. Give it a value, or delete it.")
    if len(value) > MOST_VALUES:
        raise ValueError(f"has {len(value):,} values of `{key}`; at most {MOST_VALUES} can be compared.")
    return True


def _with_texts(name: str, values: list[Any]) -> tuple[tuple[str, Any], ...]:
    texts = [written_setting(name, value) for value in values]
    twins = sorted({text for text in texts if texts.count(text) > 1})
    if twins:
        raise ValueError(f"has {twins[0]} more than once in `{name}`. Keep one of each.")
    return tuple(zip(texts, values, strict=True))


def _check_together(spec: LlamaCppSpec) -> None:
    """A ValueError where no combination can be. One that is merely slow is flagged when it was measured."""
    threads = [value for value in _values(spec, "threads") if value is not None]
    sets = [value for value in _values(spec, "cpus") if value is not None]
    if threads and sets and len(sets) == len(_values(spec, "cpus")) and min(threads) > max(map(len, sets)):
        found = " or ".join(written_cpus(one) for one in sets[:3])
        raise ValueError(
            f"has threads {min(threads)} on cpus {found}, of at most {max(map(len, sets))} processors. "
            "Take fewer threads, or more cpus."
        )
    micro, batch = _values(spec, "micro_batch"), max(_values(spec, "batch"))
    if None not in micro and min(micro) > batch:
        raise ValueError(f"has micro_batch {min(micro)}, more than batch, {batch}. Lower it, or raise batch.")


def _values(spec: LlamaCppSpec, name: str) -> list[Any]:
    return [value for _, value in dict(spec.varied).get(name, (("", getattr(spec, name)),))]
