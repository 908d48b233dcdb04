"""How a config.json stretches the rotation of positions (rope), as far as llama.cpp computes the same.

transformers 5 keeps rope's parameters together in `rope_parameters`, transformers 4 beside the others and in
`rope_scaling`, which calls its kind `rope_type`, and before 4.45 `type`. Kinds: `modeling_rope_utils.py` there.

    default    as trained
    linear     every frequency divided by `factor`; llama.cpp's `rope.scaling.type` linear
    llama3     long waves by `factor`, short ones by 1; llama.cpp reads the divisors from the tensor `rope_freqs`
    yarn       long waves by `factor`, and attention sharpened; llama.cpp's `rope.scaling.type` yarn
    dynamic, longrope, ...    llama.cpp has no such code, or divisors of its own; refused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from configspec.errors import UsageError
from configspec.families.sources.model_json import JsonObject, number, shown, table, whole, wrong

Scaling = Literal["linear", "yarn"]
_KINDS: Mapping[str, tuple[str, ...]] = {
    "llama": ("default", "linear", "llama3", "yarn"),
    "qwen3": ("default", "linear", "yarn"),
}
_READ = ("rope_theta", "rope_type", "type", "factor", "original_max_position_embeddings")
_OF_LLAMA3 = ("low_freq_factor", "high_freq_factor")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "default": (),
    "linear": ("factor",),
    "llama3": ("factor", *_OF_LLAMA3, "original_max_position_embeddings"),
    "yarn": ("factor", "original_max_position_embeddings"),
}
# What changes the computation unless it has the value with which llama.cpp computes.
_FIXED: Mapping[str, float] = {"partial_rotary_factor": 1.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeStretch:
    """Llama 3.1's stretch of the context (`rope_type: llama3`), by transformers' names."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_position_embeddings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeScaling:
    """A stretch that llama.cpp computes itself, from its name and these numbers."""

    kind: Scaling
    factor: float
    original_context: int | None = None  # tokens; of yarn


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """Rope's base, and how it is stretched, if it is."""

    theta: float
    stretch: RopeStretch | None = None
    scaling: RopeScaling | None = None


def read_rope(path: Path, raw: JsonObject, architecture: str) -> Rope:
    """The rope of the config.json at `path`, for llama.cpp's `architecture`.

    Raises:
        UsageError: It is of a kind, or has a key, with which llama.cpp would compute something else.
    """
    newer, older = table(path, raw, "rope_parameters"), table(path, raw, "rope_scaling")
    name = "rope_parameters" if newer else "rope_scaling"
    kind = _kind(path, name, newer or older)
    if newer and older and kind != _kind(path, "rope_scaling", older):
        raise wrong(path, "rope_scaling", older, f"what rope_parameters says too, which is {kind}")
    known = _KINDS[architecture]
    if kind not in known:
        raise _refused(path, f"{name}.rope_type", kind, architecture, " or ".join(known))
    rope = {"rope_theta": raw.get("rope_theta", 10_000.0), **(newer or older)}
    _check_keys(path, name, rope, architecture, kind)
    theta = number(path, rope, "rope_theta")
    if kind == "llama3":
        return Rope(theta=theta, stretch=_stretch(path, rope))
    if kind == "linear":
        return Rope(theta=theta, scaling=_scaling(path, rope, "linear"))
    if kind == "yarn":
        return Rope(theta=theta, scaling=_scaling(path, rope, "yarn"))
    return Rope(theta=theta)


def _scaling(path: Path, rope: JsonObject, kind: Scaling) -> RopeScaling:
    factor = number(path, rope, "factor")
    if kind == "linear":
        return RopeScaling(kind=kind, factor=factor)
    if factor < 1:  # transformers sharpens nothing then, llama.cpp does
        raise wrong(path, "factor", factor, "a number of 1 or more, for yarn")
    return RopeScaling(kind=kind, factor=factor, original_context=whole(path, rope, "original_max_position_embeddings"))


def _kind(path: Path, name: str, rope: JsonObject) -> str:
    """The kind, by its new key or its old one."""
    kinds = [rope[key] for key in ("rope_type", "type") if rope.get(key) is not None]
    if not all(isinstance(one, str) for one in kinds) or len({str(one) for one in kinds}) > 1:
        raise wrong(path, f"{name}.rope_type", kinds[0] if len(kinds) == 1 else kinds, "one kind of rope")
    return str(kinds[0]) if kinds else "default"


def _check_keys(path: Path, name: str, rope: JsonObject, architecture: str, kind: str) -> None:
    """A UsageError for the first key that is missing, or would change what is computed."""
    for key in _NEEDED[kind]:
        if rope.get(key) is None:
            raise wrong(path, f"{name}.{key}", None, f"the number that {kind} needs")
    read = (*_READ, *(_OF_LLAMA3 if kind != "yarn" else ()))
    for key, value in rope.items():
        fixed = _FIXED.get(key)
        if key in read or value is None or (fixed is not None and value == fixed):
            continue
        raise _refused(path, f"{name}.{key}", value, architecture, "null" if fixed is None else f"{fixed:g}")


def _refused(path: Path, key: str, value: object, architecture: str, wanted: str) -> UsageError:
    return UsageError(
        f"{path}: {key} is {shown(value)}; for {architecture} configspec converts only {wanted}. "
        "Give the draft as ready GGUF files instead."
    )


def _stretch(path: Path, rope: JsonObject) -> RopeStretch:
    low, high = number(path, rope, "low_freq_factor"), number(path, rope, "high_freq_factor")
    if not low < high:
        raise wrong(path, "high_freq_factor", high, f"above low_freq_factor, which is {low:g}")
    return RopeStretch(
        factor=number(path, rope, "factor"),
        low_freq_factor=low,
        high_freq_factor=high,
        original_max_position_embeddings=whole(path, rope, "original_max_position_embeddings"),
    )
