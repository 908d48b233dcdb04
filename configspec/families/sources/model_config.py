"""What config.json says of a model, as far as a GGUF file repeats it; and what configspec cannot convert.

A setting that would make llama.cpp compute something else than transformers is refused here by name, because the
file that came out would load, and only be wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.families.sources.model_json import (
    MOST_LAYERS,
    MOST_TOKENS,
    JsonObject,
    number,
    read_json,
    shown,
    table,
    truth,
    whole,
    wrong,
)
from configspec.families.sources.special_tokens import declared_ids

CONFIG = "config.json"
MOST_WIDE = 1 << 24  # of a layer; a hundred times the widest
_COUNTS = {  # by the names that model kinds give them
    **dict.fromkeys(("num_hidden_layers", "num_layers", "n_layer", "n_layers"), MOST_LAYERS),
    "vocab_size": MOST_TOKENS,
    **dict.fromkeys(("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads"), MOST_WIDE),
}
# By transformers' name of the class: llama.cpp's name of the architecture, and the kinds of rope converted for it.
ARCHITECTURES: Mapping[str, tuple[str, frozenset[str]]] = {
    "LlamaForCausalLM": ("llama", frozenset({"default", "llama3"})),
    "Qwen3ForCausalLM": ("qwen3", frozenset({"default"})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeStretch:
    """Llama 3.1's stretch of the context (`rope_type: llama3`), by transformers' names."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_position_embeddings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The sizes and constants of one model."""

    path: Path
    architecture: str  # llama.cpp's name
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int  # tokens, as trained
    vocabulary: int  # rows of the embedding
    rms_eps: float
    rope_theta: float
    stretch: RopeStretch | None
    tied: bool
    special_ids: Mapping[str, int]  # by "bos", "eos", "pad"


def read_config(folder: Path) -> ModelConfig:
    """The config.json of a folder whose model configspec can convert."""
    path = folder / CONFIG
    raw = read_json(path)
    named = raw.get("architectures")
    first = named[0] if isinstance(named, list) and named else named
    if not isinstance(first, str) or first not in ARCHITECTURES:
        raise UsageError(
            f"{path}: the architecture is {shown(first)}. configspec converts {', '.join(ARCHITECTURES)}; "
            "give the draft as ready GGUF files instead."
        )
    architecture, rope_types = ARCHITECTURES[first]
    # transformers 5 keeps rope's parameters together, transformers 4 beside the others and in rope_scaling.
    rope = {
        "rope_theta": raw.get("rope_theta", 10_000.0),
        **(table(path, raw, "rope_parameters") or table(path, raw, "rope_scaling")),
    }
    rope_type = rope.get("rope_type", "default")
    _refuse_unsupported(path, raw, {"rope_type": (rope_type, rope_types)}, first)
    heads = _size(path, raw, "num_attention_heads")
    width = _size(path, raw, "hidden_size")
    head_dim = width // heads if raw.get("head_dim") is None else _size(path, raw, "head_dim")
    if head_dim < 2 or head_dim % 2:
        raise wrong(path, "head_dim", head_dim, "an even number: rope turns pairs")
    return ModelConfig(
        path=path,
        architecture=architecture,
        layers=whole(path, raw, "num_hidden_layers", most=MOST_LAYERS),
        width=width,
        feed_forward=_size(path, raw, "intermediate_size"),
        heads=heads,
        kv_heads=heads if raw.get("num_key_value_heads") is None else _size(path, raw, "num_key_value_heads"),
        head_dim=head_dim,
        context=whole(path, raw, "max_position_embeddings"),
        vocabulary=whole(path, raw, "vocab_size", most=MOST_TOKENS),
        rms_eps=number(path, raw, "rms_norm_eps"),
        rope_theta=number(path, rope, "rope_theta"),
        stretch=_stretch(path, rope) if rope_type == "llama3" else None,
        tied=truth(path, raw, "tie_word_embeddings"),
        special_ids=declared_ids(path, raw),
    )


def check_config(folder: Path) -> None:
    """A UsageError where the counts of a folder's config.json cannot be, whatever kind of model it is.

    transformers makes as many layers as it is told, for as long as that takes.
    """
    path = folder / CONFIG
    raw = read_json(path)
    for inner in (raw, table(path, raw, "text_config")):
        for key, most in _COUNTS.items():
            found = inner.get(key)
            if isinstance(found, int) and not 0 <= found <= most:  # some kinds have a list, one for each layer
                raise wrong(path, key, found, f"a whole number up to {most:,}")


def llama3_rope_factors(config: ModelConfig) -> NDArray[np.float32] | None:
    """The divisor of each rope frequency, shape (head_dim / 2,): Llama 3.1's stretch of the context.

    As `_compute_llama3_parameters` in transformers: long waves by `factor`, short ones by 1, between them a blend.
    None where the model has no such stretch.
    """
    stretch = config.stretch
    if stretch is None:
        return None
    frequency = np.power(config.rope_theta, -np.arange(0, config.head_dim, 2) / config.head_dim)
    turns = stretch.original_max_position_embeddings * frequency / (2 * math.pi)
    low, high = stretch.low_freq_factor, stretch.high_freq_factor
    share = np.clip((turns - low) / (high - low), 0.0, 1.0)  # 0 a long wave, 1 a short one
    return np.asarray(1.0 / ((1.0 - share) / stretch.factor + share), dtype=np.float32)


def _size(path: Path, raw: JsonObject, key: str) -> int:
    return whole(path, raw, key, most=MOST_WIDE)


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


def _refuse_unsupported(
    path: Path, raw: JsonObject, rope: dict[str, tuple[object, frozenset[str]]], architecture: str
) -> None:
    found: dict[str, tuple[object, frozenset[str]]] = {
        **rope,
        "hidden_act": (raw.get("hidden_act", "silu"), frozenset({"silu"})),
        "use_sliding_window": (str(bool(raw.get("use_sliding_window"))), frozenset({"False"})),
        "quantization_config": ("None" if raw.get("quantization_config") is None else "set", frozenset({"None"})),
    }
    for key, (value, supported) in found.items():
        if not isinstance(value, str) or value not in supported:
            raise UsageError(
                f"{path}: {key} is {shown(value)}; configspec converts {architecture} only with "
                f"{' or '.join(sorted(supported))}. Give the draft as ready GGUF files instead."
            )
