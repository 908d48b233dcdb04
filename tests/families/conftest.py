"""Model folders as transformers writes them, made by hand: small, random, and without torch."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

WIDTH, HEADS, KV_HEADS, HEAD_DIM = 256, 4, 2, 64
SPECIAL = ("<|begin|>", "<|end|>")
LLAMA3_REGEX = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_REGEX = LLAMA3_REGEX.replace(r"\p{N}{1,3}", r"\p{N}")

MakeFolder = Callable[..., Path]


def byte_alphabet() -> list[str]:
    """The 256 characters that stand for bytes in byte-level BPE (GPT-2's `bytes_to_unicode`), by byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(moved)) for byte in range(256)]


def tokenizer_json(regex: str, *, ignore_merges: bool, first: str | None = None) -> dict[str, Any]:
    """A byte-level BPE with a handful of merges; `first` is a token that begins every text."""
    merges = [["t", "h"], ["th", "e"], ["Ġ", "the"], ["1", "2"], ["Ġ", "Ġ"], ["i", "n"], ["r", "e"]]
    texts = [*SPECIAL, *byte_alphabet(), *("".join(merge) for merge in merges)]
    begin = [{"SpecialToken": {"id": first, "type_id": 0}}] if first else []
    return {
        "version": "1.0",
        "added_tokens": [
            {"id": index, "content": text, "special": True, "normalized": False} | _EXACT
            for index, text in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [*begin, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {first: {"id": first, "ids": [SPECIAL.index(first)], "tokens": [first]}} if first else {},
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {text: index for index, text in enumerate(texts)},
            "merges": merges,
            "ignore_merges": ignore_merges,
        },
    }


_EXACT = {"single_word": False, "lstrip": False, "rstrip": False}


def random_weights(
    architecture: str, layers: int, rows: int, feed_forward: int, *, tied: bool, seed: int
) -> dict[str, NDArray[Any]]:
    """Weights that bf16 holds exactly, large enough that attention looks somewhere and not everywhere."""
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (rows, WIDTH), "model.norm.weight": (WIDTH,)}
    if not tied:
        shapes["lm_head.weight"] = (rows, WIDTH)
    for layer in range(layers):
        block = f"model.layers.{layer}."
        shapes |= {
            f"{block}input_layernorm.weight": (WIDTH,),
            f"{block}post_attention_layernorm.weight": (WIDTH,),
            f"{block}self_attn.q_proj.weight": (HEADS * HEAD_DIM, WIDTH),
            f"{block}self_attn.k_proj.weight": (KV_HEADS * HEAD_DIM, WIDTH),
            f"{block}self_attn.v_proj.weight": (KV_HEADS * HEAD_DIM, WIDTH),
            f"{block}self_attn.o_proj.weight": (WIDTH, HEADS * HEAD_DIM),
            f"{block}mlp.gate_proj.weight": (feed_forward, WIDTH),
            f"{block}mlp.up_proj.weight": (feed_forward, WIDTH),
            f"{block}mlp.down_proj.weight": (WIDTH, feed_forward),
        }
        if architecture == "Qwen3ForCausalLM":
            shapes |= {f"{block}self_attn.{head}_norm.weight": (HEAD_DIM,) for head in "qk"}
    generator = np.random.default_rng(seed)
    scale = {1: 0.2, 2: 0.12}
    values = {name: scale[len(s)] * generator.standard_normal(s) + (len(s) == 1) for name, s in shapes.items()}
    return {name: (v.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for name, v in values.items()}


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[Any]], kind: str = "BF16") -> None:
    """The arrays in the order given; uint16 arrays are the bits of bf16."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, values in tensors.items():
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for values in tensors.values()))


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """A function that writes a model folder; what is given as `config` or `tokenizer` replaces single keys."""

    def make(
        name: str = "model",
        *,
        architecture: str = "LlamaForCausalLM",
        layers: int = 1,
        rows: int = 272,
        feed_forward: int = 256,
        tied: bool = True,
        seed: int = 0,
        shards: int = 1,
        first: str | None = None,
        config: Mapping[str, Any] | None = None,
        tokenizer: Mapping[str, Any] | None = None,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        llama = architecture != "Qwen3ForCausalLM"
        settings = {
            "architectures": [architecture],
            "model_type": "llama" if llama else "qwen3",
            "vocab_size": rows,
            "hidden_size": WIDTH,
            "intermediate_size": feed_forward,
            "num_hidden_layers": layers,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS,
            "head_dim": HEAD_DIM,
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-5,
            "hidden_act": "silu",
            "tie_word_embeddings": tied,
            "rope_parameters": {"rope_theta": 5000.0, "rope_type": "default"},
            "bos_token_id": 0 if llama or first else None,
            "eos_token_id": 1,
            "dtype": "bfloat16",
        }
        raw = tokenizer_json(LLAMA3_REGEX if llama else QWEN2_REGEX, ignore_merges=llama, first=first)
        (folder / "config.json").write_text(json.dumps(settings | dict(config or {})))
        (folder / "tokenizer.json").write_text(json.dumps(raw | dict(tokenizer or {})))
        named = {"bos_token": SPECIAL[0] if llama or first else None, "eos_token": SPECIAL[1], "pad_token": SPECIAL[1]}
        (folder / "tokenizer_config.json").write_text(
            json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False} | named)
        )
        weights = random_weights(architecture, layers, rows, feed_forward, tied=tied, seed=seed)
        if shards == 1:
            write_safetensors(folder / "model.safetensors", weights)
            return folder
        places = {
            tensor: f"model-{index % shards + 1:05}-of-{shards:05}.safetensors" for index, tensor in enumerate(weights)
        }
        for place in set(places.values()):
            write_safetensors(folder / place, {n: v for n, v in weights.items() if places[n] == place})
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
        return folder

    return make
