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
from configspec.families.sources.safetensors_folder import JsonObject, read_json
from configspec.families.sources.special_tokens import declared_ids

# By transformers' name of the class: llama.cpp's name of the architecture, and the kinds of rope converted for it.
ARCHITECTURES: Mapping[str, tuple[str, frozenset[str]]] = {
    "LlamaForCausalLM": ("llama", frozenset({"default", "llama3"})),
    "Qwen3ForCausalLM": ("qwen3", frozenset({"default"})),
}


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
    rope: JsonObject  # rope_theta, rope_type, and what that type needs
    tied: bool
    special_ids: Mapping[str, int]  # by "bos", "eos", "pad"


def read_config(folder: Path) -> ModelConfig:
    """The config.json of a folder whose model configspec can convert."""
    path = folder / "config.json"
    raw = read_json(path)
    named = (raw.get("architectures") or [None])[0]
    if named not in ARCHITECTURES:
        raise UsageError(
            f"{path}: the architecture is {named!r}. configspec converts {', '.join(ARCHITECTURES)}; "
            "give the draft as ready GGUF files instead."
        )
    architecture, rope_types = ARCHITECTURES[named]
    # transformers 5 keeps rope's parameters together, transformers 4 beside the others and in rope_scaling.
    rope = {
        "rope_theta": raw.get("rope_theta", 10_000.0),
        **(raw.get("rope_parameters") or raw.get("rope_scaling") or {}),
    }
    _refuse_unsupported(path, raw, rope.get("rope_type", "default"), rope_types)
    try:
        heads = int(raw["num_attention_heads"])
        return ModelConfig(
            path=path,
            architecture=architecture,
            layers=int(raw["num_hidden_layers"]),
            width=int(raw["hidden_size"]),
            feed_forward=int(raw["intermediate_size"]),
            heads=heads,
            kv_heads=int(raw.get("num_key_value_heads") or heads),
            head_dim=int(raw.get("head_dim") or raw["hidden_size"] // heads),
            context=int(raw["max_position_embeddings"]),
            vocabulary=int(raw["vocab_size"]),
            rms_eps=float(raw["rms_norm_eps"]),
            rope=rope,
            tied=bool(raw.get("tie_word_embeddings")),
            special_ids=declared_ids(raw),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: {error!r} while reading the model's sizes. Copy the model folder again.") from None


def llama3_rope_factors(config: ModelConfig) -> NDArray[np.float32] | None:
    """The divisor of each rope frequency, shape (head_dim / 2,): Llama 3.1's stretch of the context.

    As `_compute_llama3_parameters` in transformers: long waves by `factor`, short ones by 1, between them a blend.
    None where the model has no such stretch.
    """
    rope = config.rope
    if rope.get("rope_type") != "llama3":
        return None
    frequency = np.power(float(rope["rope_theta"]), -np.arange(0, config.head_dim, 2) / config.head_dim)
    turns = rope["original_max_position_embeddings"] * frequency / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    share = np.clip((turns - low) / (high - low), 0.0, 1.0)  # 0 a long wave, 1 a short one
    return np.asarray(1.0 / ((1.0 - share) / rope["factor"] + share), dtype=np.float32)


def _refuse_unsupported(path: Path, raw: JsonObject, rope_type: str, rope_types: frozenset[str]) -> None:
    found: dict[str, tuple[str, frozenset[str]]] = {
        "rope_type": (rope_type, rope_types),
        "hidden_act": (str(raw.get("hidden_act", "silu")), frozenset({"silu"})),
        "use_sliding_window": (str(bool(raw.get("use_sliding_window"))), frozenset({"False"})),
        "quantization_config": (str(raw.get("quantization_config")), frozenset({"None"})),
    }
    for key, (value, supported) in found.items():
        if value not in supported:
            raise UsageError(
                f"{path}: {key} is {value}; configspec converts {raw['architectures'][0]} only with "
                f"{' or '.join(sorted(supported))}. Give the draft as ready GGUF files instead."
            )
