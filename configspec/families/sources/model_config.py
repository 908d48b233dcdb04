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
from configspec.families.sources.config_keys import check_keys
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
from configspec.families.sources.rope import Rope, read_rope
from configspec.families.sources.special_tokens import declared_ids

CONFIG = "config.json"
MOST_WIDE = 1 << 24  # of a layer; a hundred times the widest
_COUNTS = {  # by the names that model kinds give them
    **dict.fromkeys(("num_hidden_layers", "num_layers", "n_layer", "n_layers"), MOST_LAYERS),
    "vocab_size": MOST_TOKENS,
    **dict.fromkeys(("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads"), MOST_WIDE),
}
# By transformers' name of the class: llama.cpp's name of the architecture.
ARCHITECTURES: Mapping[str, str] = {"LlamaForCausalLM": "llama", "Qwen3ForCausalLM": "qwen3"}


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
    rope: Rope
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
    check_keys(path, raw, first)
    architecture = ARCHITECTURES[first]
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
        rope=read_rope(path, raw, architecture),
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
    stretch = config.rope.stretch
    if stretch is None:
        return None
    frequency = np.power(config.rope.theta, -np.arange(0, config.head_dim, 2) / config.head_dim)
    turns = stretch.original_max_position_embeddings * frequency / (2 * math.pi)
    low, high = stretch.low_freq_factor, stretch.high_freq_factor
    share = np.clip((turns - low) / (high - low), 0.0, 1.0)  # 0 a long wave, 1 a short one
    return np.asarray(1.0 / ((1.0 - share) / stretch.factor + share), dtype=np.float32)


def _size(path: Path, raw: JsonObject, key: str) -> int:
    return whole(path, raw, key, most=MOST_WIDE)
