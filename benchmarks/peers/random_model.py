"""A model of Llama-3.2-1B's shape with random weights: as slow as the real one, and nobody has to download it.

Speed depends on shapes and types and not on what the weights say. The figures are those of Meta's config.json for
Llama-3.2-1B (https://huggingface.co/meta-llama/Llama-3.2-1B): 16 layers, width 2,048, 32 heads with 8 for keys and
values, feed-forward 8,192, vocabulary 128,256, output tied to the embedding. llama.cpp itself makes Q4_K_M of it, and
so picks Q6_K for the embedding, as in the published files. The tokens are invented; the text it writes is noise.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from configspec.cache import Store
from configspec.families.gguf.quantize import quantize

QUANT = "Q4_K_M"
WRITER_VERSION = 1  # raised with every change of the bytes written
BLOCK_ROWS = 4096  # drawn at once, in 32 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A Llama's sizes. The defaults are Llama-3.2-1B's, with a shorter context."""

    layers: int = 16
    width: int = 2048
    heads: int = 32
    kv_heads: int = 8
    feed_forward: int = 8192
    vocabulary: int = 128_256
    context: int = 4096
    rope_base: float = 500_000.0
    seed: int = 0

    @property
    def head_width(self) -> int:
        """Columns of one head."""
        return self.width // self.heads


def ensure_random_model(store: Store, shape: Shape) -> Path:
    """The quantised file from the store, made first if it is not there; named by the hash of what it is made from."""
    made_from = asdict(shape) | {"quant": QUANT, "writer": WRITER_VERSION}
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()

    def build(out: Path) -> None:
        print(f"making a random model of Llama-3.2-1B's shape in {out.parent}, once; some minutes", flush=True)
        with tempfile.TemporaryDirectory(prefix="work-", dir=out.parent) as folder:
            wide = Path(folder) / "F16.gguf"
            write_f16(wide, shape)
            quantize(wide, out, QUANT)

    return store.ensure("random-models", key, ".gguf", build)


def tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and numpy shape (rows, columns) of every tensor, in the order of the file."""
    kv_width = shape.kv_heads * shape.head_width
    yield "token_embd.weight", (shape.vocabulary, shape.width)
    yield "output_norm.weight", (shape.width,)
    for layer in range(shape.layers):
        yield f"blk.{layer}.attn_norm.weight", (shape.width,)
        yield f"blk.{layer}.attn_q.weight", (shape.width, shape.width)
        yield f"blk.{layer}.attn_k.weight", (kv_width, shape.width)
        yield f"blk.{layer}.attn_v.weight", (kv_width, shape.width)
        yield f"blk.{layer}.attn_output.weight", (shape.width, shape.width)
        yield f"blk.{layer}.ffn_norm.weight", (shape.width,)
        yield f"blk.{layer}.ffn_gate.weight", (shape.feed_forward, shape.width)
        yield f"blk.{layer}.ffn_up.weight", (shape.feed_forward, shape.width)
        yield f"blk.{layer}.ffn_down.weight", (shape.width, shape.feed_forward)


def tokens(count: int) -> list[str]:
    """`count` distinct tokens of a byte-level BPE: the 256 bytes, one merge, two special ones, the rest invented."""
    named = [*_byte_alphabet(), "ab", "<|begin_of_text|>", "<|end_of_text|>"]
    return named + [f"<|invented_{index}|>" for index in range(count - len(named))]


def write_f16(path: Path, shape: Shape) -> None:
    """The unquantised file, one tensor in memory at a time."""
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, shape)
    for name, dimensions in tensors(shape):
        dtype = _dtype(dimensions)
        writer.add_tensor_info(name, dimensions, np.dtype(dtype), int(np.prod(dimensions)) * np.dtype(dtype).itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    generator = np.random.default_rng(shape.seed)
    for _, dimensions in tensors(shape):
        writer.write_tensor_data(_weights(dimensions, generator))
    writer.close()


def _dtype(dimensions: tuple[int, ...]) -> type[np.float16] | type[np.float32]:
    return np.float32 if len(dimensions) == 1 else np.float16  # llama.cpp wants norms in 32 bits


def _weights(dimensions: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.float16] | NDArray[np.float32]:
    """Ones for a norm; else normal, scaled by the row's length so that activations neither vanish nor overflow."""
    if len(dimensions) == 1:
        return np.ones(dimensions, dtype=np.float32)
    rows, columns = dimensions
    made = np.empty(dimensions, dtype=np.float16)
    for start in range(0, rows, BLOCK_ROWS):
        drawn = generator.standard_normal((min(BLOCK_ROWS, rows - start), columns), dtype=np.float32)
        made[start : start + len(drawn)] = drawn * columns**-0.5
    return made


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    """The metadata without which llama.cpp does not load a Llama."""
    writer.add_name("random weights in Llama-3.2-1B's shape")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(shape.vocabulary)
    named = tokens(shape.vocabulary)
    special = [gguf.TokenType.CONTROL if text.startswith("<|") else gguf.TokenType.NORMAL for text in named]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(named)
    writer.add_token_types(special)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(named.index("<|begin_of_text|>"))
    writer.add_eos_token_id(named.index("<|end_of_text|>"))


def _byte_alphabet() -> list[str]:
    """The 256 characters by which byte-level BPE writes bytes: printable ones as they are, the others from U+0100 up.

    As `bytes_to_unicode` of GPT-2 has it, https://github.com/openai/gpt-2/blob/master/src/encoder.py.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(256 - len(printable))]
