"""What the key-value cache of a context takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from configspec.families.memory import cache_bytes

gguf = pytest.importorskip("gguf")


def header(path: Path, entries: dict[str, Any], architecture: str = "llama") -> Path:
    """A GGUF file of no tensors; `entries` with _ for the dots after the architecture's name."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in entries.items():
        name = f"{architecture}.{key.replace('attention_', 'attention.')}"
        writer.add_array(name, value) if isinstance(value, list) else writer.add_uint32(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


WIDE = {"block_count": 40, "embedding_length": 1024, "attention_head_count": 4, "attention_head_count_kv": 2}


def test_it_is_what_llama_cpp_allocates(tmp_path: Path) -> None:
    """Its own word for this shape and 512 tokens: "failed to allocate CPU buffer of size 41943040"."""
    assert cache_bytes(header(tmp_path / "m.gguf", WIDE), 512) == 41_943_040
    assert cache_bytes(header(tmp_path / "m.gguf", WIDE), 512, ("q8_0", None)) == 41_943_040 * (34 + 64) // 128
    assert cache_bytes(header(tmp_path / "m.gguf", WIDE), 512, ("q4_0", "q4_0")) == 41_943_040 * 18 // 64
    assert cache_bytes(header(tmp_path / "m.gguf", WIDE), 512, ("f32", "f16")) == 41_943_040 * 3 // 2


def test_declared_lengths_win_over_those_of_the_width(tmp_path: Path) -> None:
    """As Qwen3 has them: 28 layers, 8 heads of 128, whatever the width (config.json of Qwen/Qwen3-0.6B)."""
    qwen = {
        **{"block_count": 28, "embedding_length": 1024, "attention_head_count": 16, "attention_head_count_kv": 8},
        **{"attention_key_length": 128, "attention_value_length": 128},
    }
    assert cache_bytes(header(tmp_path / "m.gguf", qwen, "qwen3"), 1) == 2 * 28 * 8 * 256


def test_layers_of_their_own_kind_count_by_themselves(tmp_path: Path) -> None:
    """A layer without heads of keys keeps nothing."""
    mixed = {**WIDE, "block_count": 3, "attention_head_count_kv": [2, 0, 4]}
    assert cache_bytes(header(tmp_path / "m.gguf", mixed), 10) == 2 * 10 * 6 * 512


@pytest.mark.parametrize("entries", [{}, {**WIDE, "attention_sliding_window": 512}])
def test_nothing_is_claimed_of_another_kind_of_cache(tmp_path: Path, entries: dict[str, Any]) -> None:
    """A recurrent model, a window: too large a figure would refuse what fits."""
    assert cache_bytes(header(tmp_path / "m.gguf", entries), 512) == 0
