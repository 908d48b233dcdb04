"""Small recurrent and hybrid models of random numbers, one of each kind that people draft with.

Their memory cannot be cut, which is what they are made for: mamba, mamba2, lfm2, falcon-h1, granitehybrid. Shapes are
those that llama.cpp's `src/models/<architecture>.cpp` asks for. A model may follow a table of successors: what it
mixes into a token is then small beside the token itself, and its output knows which token follows it. So some of its
drafts are accepted, as many as such a table is worth, and its rounds end at every length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

ARCHITECTURES = ("mamba", "mamba2", "lfm2", "falcon-h1", "granitehybrid")
CONVOLUTION, STATE, GROUPS, HEAD = 4, 16, 1, 64
QUIET = 0.02  # what the layers add to a token, where the output follows a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The tokens of a byte-level BPE. `types` are `gguf.TokenType`; the ends are token ids."""

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...]
    pre: str
    bos: int | None = None
    eos: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomModel:
    """What is written. `successor[t]` is the token that follows t most often; None: the output is random too."""

    architecture: str
    vocabulary: Vocabulary
    width: int = 256
    layers: int = 2
    context: int = 2048
    seed: int = 7
    successor: tuple[int, ...] | None = None


def invented_vocabulary(count: int) -> Vocabulary:
    """`count` tokens without meaning, for a model that meets no other."""
    return Vocabulary(
        tokens=tuple(f"t{index}" for index in range(count)),
        types=(int(gguf.TokenType.NORMAL),) * count,
        merges=("t 0",),
        pre="gpt-2",
    )


def vocabulary_of(path: Path) -> Vocabulary:
    """The vocabulary of a GGUF file, so that a model may draft for the same target."""
    reader = gguf.GGUFReader(path)

    def found(key: str) -> Any:
        one = reader.get_field(f"tokenizer.ggml.{key}")
        return None if one is None else one.contents()

    return Vocabulary(
        tokens=tuple(found("tokens")),
        types=tuple(found("token_type")),
        merges=tuple(found("merges")),
        pre=str(found("pre")),
        bos=found("bos_token_id"),
        eos=found("eos_token_id"),
    )


def successors(texts: Sequence[Sequence[int]], count: int) -> tuple[int, ...]:
    """Of each token, the one that follows it most often in these texts; itself where none does."""
    pairs = np.zeros((count, count), dtype=np.int64)
    for text in texts:
        np.add.at(pairs, (np.asarray(text[:-1], dtype=np.int64), np.asarray(text[1:], dtype=np.int64)), 1)
    best = pairs.argmax(axis=1)
    return tuple(int(one) if pairs[token, one] else token for token, one in enumerate(best))


def write_model(path: Path, model: RandomModel) -> None:
    """Write the GGUF file in 32 bits; the same model gives the same file."""
    writer = gguf.GGUFWriter(path, model.architecture)
    maker = _Maker(model=model, writer=writer, random=np.random.default_rng(model.seed))
    _describe(writer, model)
    maker.ends()
    for layer in range(model.layers):
        _LAYERS[model.architecture](maker, layer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@dataclass(slots=True, kw_only=True)
class _Maker:
    """Draws tensors, and writes them under their names; shapes are numpy's, rows first."""

    model: RandomModel
    writer: Any
    random: np.random.Generator
    quiet: float = field(init=False)

    def __post_init__(self) -> None:
        self.quiet = 1.0 if self.model.successor is None else QUIET

    def add(self, name: str, values: NDArray[np.float32]) -> None:
        self.writer.add_tensor(name, np.ascontiguousarray(values, dtype=np.float32))

    def draw(self, name: str, *shape: int, scale: float) -> None:
        self.add(name, (self.random.standard_normal(shape) * scale).astype(np.float32))

    def matrix(self, name: str, rows: int, columns: int, scale: float = 1.0) -> None:
        self.draw(name, rows, columns, scale=scale * columns**-0.5)

    def ones(self, name: str, *shape: int) -> None:
        self.add(name, np.ones(shape, np.float32))

    def ends(self) -> None:
        """The embedding, the last norm and the output."""
        model, count, width = self.model, len(self.model.vocabulary.tokens), self.model.width
        embedding = self.random.standard_normal((count, width)).astype(np.float32)
        output = (self.random.standard_normal((count, width)) * 3 * width**-0.5).astype(np.float32)
        if model.successor is not None:
            output = np.zeros((count, width), np.float32)
            np.add.at(output, np.asarray(model.successor), embedding * (8 / width))
        self.add("token_embd.weight", embedding)
        self.add("output.weight", output)
        self.ones("token_embd_norm.weight" if model.architecture == "lfm2" else "output_norm.weight", width)

    def feed_forward(self, blk: str) -> None:
        width, inner = self.model.width, 2 * self.model.width
        self.ones(f"{blk}.ffn_norm" + ("" if self.model.architecture == "falcon-h1" else ".weight"), width)
        self.matrix(f"{blk}.ffn_gate.weight", inner, width)
        self.matrix(f"{blk}.ffn_up.weight", inner, width)
        self.matrix(f"{blk}.ffn_down.weight", width, inner, self.quiet)

    def attention(self, blk: str) -> None:
        width = self.model.width
        for name in ("attn_q", "attn_k", "attn_v"):
            self.matrix(f"{blk}.{name}.weight", width, width)
        self.matrix(f"{blk}.attn_output.weight", width, width, self.quiet)

    def state_space(self, blk: str) -> None:
        """The mixer of mamba2, which falcon-h1 and granitehybrid share."""
        width, inner = self.model.width, 2 * self.model.width
        heads, mixed = inner // HEAD, inner + 2 * GROUPS * STATE
        self.matrix(f"{blk}.ssm_in.weight", inner + mixed + heads, width)
        self.draw(f"{blk}.ssm_conv1d.weight", mixed, CONVOLUTION, scale=0.5)
        self.draw(f"{blk}.ssm_conv1d.bias", mixed, scale=0.1)
        self.draw(f"{blk}.ssm_dt.bias", heads, scale=1.0)
        self.add(f"{blk}.ssm_a", -np.arange(1, heads + 1, dtype=np.float32).reshape(heads, 1))
        self.ones(f"{blk}.ssm_d", heads, 1)
        self.ones(f"{blk}.ssm_norm.weight", GROUPS, inner // GROUPS)
        self.matrix(f"{blk}.ssm_out.weight", width, inner, self.quiet)


def _mamba(maker: _Maker, layer: int) -> None:
    blk, width, inner = f"blk.{layer}", maker.model.width, 2 * maker.model.width
    rank = width // 16
    maker.ones(f"{blk}.attn_norm.weight", width)
    maker.matrix(f"{blk}.ssm_in.weight", 2 * inner, width)
    maker.draw(f"{blk}.ssm_conv1d.weight", inner, CONVOLUTION, scale=0.5)
    maker.draw(f"{blk}.ssm_conv1d.bias", inner, scale=0.1)
    maker.matrix(f"{blk}.ssm_x.weight", rank + 2 * STATE, inner)
    maker.draw(f"{blk}.ssm_dt.weight", inner, rank, scale=0.5)
    maker.draw(f"{blk}.ssm_dt.bias", inner, scale=1.0)
    maker.add(f"{blk}.ssm_a", -np.tile(np.arange(1, STATE + 1, dtype=np.float32), (inner, 1)))
    maker.ones(f"{blk}.ssm_d", inner)
    maker.matrix(f"{blk}.ssm_out.weight", width, inner, maker.quiet)


def _mamba2(maker: _Maker, layer: int) -> None:
    blk = f"blk.{layer}"
    maker.ones(f"{blk}.attn_norm.weight", maker.model.width)
    maker.state_space(blk)


def _falcon_h1(maker: _Maker, layer: int) -> None:
    """Attention and state space side by side."""
    blk = f"blk.{layer}"
    maker.ones(f"{blk}.attn_norm.weight", maker.model.width)
    maker.state_space(blk)
    maker.attention(blk)
    maker.feed_forward(blk)


def _granite_hybrid(maker: _Maker, layer: int) -> None:
    blk = f"blk.{layer}"
    maker.ones(f"{blk}.attn_norm.weight", maker.model.width)
    (maker.attention if _attends(layer) else maker.state_space)(blk)
    maker.feed_forward(blk)


def _lfm2(maker: _Maker, layer: int) -> None:
    """Attention, or a short convolution."""
    blk, width = f"blk.{layer}", maker.model.width
    maker.ones(f"{blk}.attn_norm.weight", width)
    if _attends(layer):
        maker.attention(blk)
        maker.ones(f"{blk}.attn_q_norm.weight", HEAD)
        maker.ones(f"{blk}.attn_k_norm.weight", HEAD)
    else:
        maker.draw(f"{blk}.shortconv.conv.weight", width, CONVOLUTION - 1, scale=0.5)
        maker.matrix(f"{blk}.shortconv.in_proj.weight", 3 * width, width)
        maker.matrix(f"{blk}.shortconv.out_proj.weight", width, width, maker.quiet)
    maker.feed_forward(blk)


_LAYERS: dict[str, Callable[[_Maker, int], None]] = {
    "mamba": _mamba,
    "mamba2": _mamba2,
    "lfm2": _lfm2,
    "falcon-h1": _falcon_h1,
    "granitehybrid": _granite_hybrid,
}


def _attends(layer: int) -> bool:
    return layer % 2 == 1


def _describe(writer: Any, model: RandomModel) -> None:
    width, kind = model.width, model.architecture
    heads, vocabulary = width // HEAD, model.vocabulary
    hybrid = kind in ("lfm2", "falcon-h1", "granitehybrid")
    writer.add_name(f"random weights, {kind}")
    writer.add_context_length(model.context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(2 * width if hybrid else 0)
    writer.add_block_count(model.layers)
    writer.add_head_count(heads if hybrid else 0)
    writer.add_layer_norm_rms_eps(1e-5)
    if kind in ("lfm2", "granitehybrid"):  # a layer without heads for keys is recurrent
        writer.add_head_count_kv([heads if _attends(layer) else 0 for layer in range(model.layers)])
    elif hybrid:
        writer.add_head_count_kv(heads)
    if hybrid:
        writer.add_key_length(HEAD)
        writer.add_value_length(HEAD)
        writer.add_rope_dimension_count(HEAD)
    if kind == "lfm2":
        writer.add_shortconv_l_cache(CONVOLUTION - 1)
    else:
        inner = 2 * width
        writer.add_ssm_conv_kernel(CONVOLUTION)
        writer.add_ssm_inner_size(inner)
        writer.add_ssm_state_size(STATE)
        writer.add_ssm_time_step_rank(width // 16 if kind == "mamba" else inner // HEAD)
        if kind != "mamba":
            writer.add_ssm_group_count(GROUPS)
    _describe_vocabulary(writer, vocabulary)


def _describe_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types(list(vocabulary.types))
    writer.add_token_merges(list(vocabulary.merges))
    if vocabulary.bos is not None:
        writer.add_bos_token_id(vocabulary.bos)
    if vocabulary.eos is not None:
        writer.add_eos_token_id(vocabulary.eos)
