"""Which tensors a GGUF file gets, in which order, under which name and in which shape of rows.

llama.cpp rotates neighbouring rows in its llama architecture where transformers rotates the two halves of a head,
so the rows of q and k are interleaved there; its qwen3 architecture rotates halves itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from configspec.errors import UsageError
from configspec.families.sources.model_config import ModelConfig, llama3_rope_factors
from configspec.families.sources.safetensors_folder import StoredTensor, stored_tensors
from configspec.printable import printable

_SHOWN = 200  # letters of a name in a message
_LISTED = 100  # layers in a message
_BLOCK = re.compile(r"model\.layers\.([0-9]{1,6})\.")
_ROTATED = re.compile(r"\.self_attn\.([qk])_proj\.(?:weight|bias)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTensor:
    """One tensor to write; `values` reads and arranges it when its turn comes, so memory holds one at a time."""

    name: str  # in the GGUF file
    shape: tuple[int, ...]
    values: Callable[[], NDArray[np.float32]]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """F16 for matrices; F32 for vectors, as llama.cpp's kernels require."""
        return np.dtype("<f4" if len(self.shape) == 1 else "<f2")

    @property
    def size_bytes(self) -> int:
        """The bytes it takes in the file."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def planned_tensors(folder: Path, config: ModelConfig) -> Iterator[PlannedTensor]:
    """All tensors of a folder, in an order that depends on their names only."""
    stored = stored_tensors(folder)
    blocks = {int(match[1]) for match in map(_BLOCK.match, stored) if match}
    if blocks != set(range(config.layers)):
        raise UsageError(
            f"{config.path} declares {config.layers} layers, but the weights beside it hold "
            f"{', '.join(map(str, sorted(blocks)[:_LISTED])) or 'none'}, counted from 0. Copy the model folder again."
        )
    architecture = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == config.architecture)
    names = gguf.get_tensor_name_map(architecture, config.layers)
    planned = set[str]()
    for tensor in sorted(stored.values(), key=_by_layer):
        if tensor.name.endswith(".rotary_emb.inv_freq"):
            continue  # computed from rope_theta; some old folders hold it
        if tensor.name == "lm_head.weight" and config.tied:
            continue
        name = names.get_name(tensor.name, try_suffixes=(".weight", ".bias"))
        if name is None or name in planned:
            taken = "has no place" if name is None else f"is the second for {name}"
            raise UsageError(
                f"{tensor.path}: {printable(tensor.name, at_most=_SHOWN)} {taken} in llama.cpp's "
                f"{config.architecture} architecture. Give the draft as ready GGUF files instead."
            )
        planned.add(name)
        _check_shape(tensor, name, config)
        yield PlannedTensor(name=name, shape=tensor.shape, values=partial(_arranged, tensor, config))
    factors = llama3_rope_factors(config)
    if factors is not None:
        yield PlannedTensor(name="rope_freqs.weight", shape=factors.shape, values=lambda: factors)


def interleave_rope_rows(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of q or k, shape (heads * head_dim, ...), from halves (0 1 2 | 3 4 5) to pairs (0 3 1 4 2 5) a head."""
    halves = rows.reshape(heads, 2, -1, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def _check_shape(tensor: StoredTensor, name: str, config: ModelConfig) -> None:
    """A UsageError where a tensor has another shape than config.json implies."""
    part = re.sub(r"^blk\.[0-9]+\.", "", name)
    q, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
    shapes = {
        **dict.fromkeys(("token_embd.weight", "output.weight"), (config.vocabulary, config.width)),
        **dict.fromkeys(("output_norm.weight", "attn_norm.weight", "ffn_norm.weight"), (config.width,)),
        **dict.fromkeys(("attn_q_norm.weight", "attn_k_norm.weight"), (config.head_dim,)),
        **dict.fromkeys(("ffn_gate.weight", "ffn_up.weight"), (config.feed_forward, config.width)),
        **{"attn_q.weight": (q, config.width), "attn_q.bias": (q,)},
        **{f"attn_{one}.weight": (kv, config.width) for one in "kv"},
        **{f"attn_{one}.bias": (kv,) for one in "kv"},
        "attn_output.weight": (config.width, q),
        "ffn_down.weight": (config.width, config.feed_forward),
    }
    if part in shapes and tensor.shape != shapes[part]:
        raise UsageError(
            f"{tensor.path}: {tensor.name} has the shape {tensor.shape}, and by {config.path} it must be "
            f"{shapes[part]}. Copy the model folder again."
        )


def _arranged(tensor: StoredTensor, config: ModelConfig) -> NDArray[np.float32]:
    rotated = _ROTATED.search(tensor.name)
    if rotated is None or config.architecture != "llama":
        return tensor.load()
    return interleave_rope_rows(tensor.load(), config.heads if rotated[1] == "q" else config.kv_heads)


def _by_layer(tensor: StoredTensor) -> tuple[int, str]:
    match = _BLOCK.match(tensor.name)
    return (int(match[1]) if match else -1, tensor.name)
