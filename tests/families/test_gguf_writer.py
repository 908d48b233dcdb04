"""Converting a folder: what the file says and holds, read back with the gguf package's own reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

gguf = pytest.importorskip("gguf")

from configspec.errors import UsageError  # noqa: E402
from configspec.families.gguf.gguf_writer import write_gguf  # noqa: E402
from configspec.families.gguf.tensor_plan import interleave_rope_rows  # noqa: E402
from configspec.families.sources.safetensors_folder import stored_tensors  # noqa: E402

MakeFolder = Callable[..., Path]


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    reader = gguf.GGUFReader(path)
    return {key: field.contents() for key, field in reader.fields.items()}, {t.name: t for t in reader.tensors}


def test_the_metadata_repeats_config_json(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Sizes, rope's base (where transformers 5 keeps it) and the norm's epsilon arrive under llama.cpp's keys."""
    write_gguf(make_folder(layers=2), tmp_path / "out.gguf")
    found, _ = read(tmp_path / "out.gguf")
    assert found["general.architecture"] == "llama"
    assert found["general.file_type"] == gguf.LlamaFileType.MOSTLY_F16
    sizes = {
        "block_count": 2,
        "context_length": 512,
        "embedding_length": 256,
        "feed_forward_length": 256,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "attention.key_length": 64,
        "attention.value_length": 64,
        "rope.dimension_count": 64,
        "vocab_size": 272,
    }
    assert {key: found[f"llama.{key}"] for key in sizes} == sizes
    assert found["llama.rope.freq_base"] == 5000.0
    assert found["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)


def test_rope_theta_is_found_where_transformers_4_kept_it(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Folders saved by older versions have rope_theta at the top, and rope_scaling null."""
    folder = make_folder(config={"rope_parameters": None, "rope_theta": 1e6, "rope_scaling": None})
    write_gguf(folder, tmp_path / "out.gguf")
    assert read(tmp_path / "out.gguf")[0]["llama.rope.freq_base"] == 1e6


def test_the_tokenizer_arrives_whole(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Every id has its text, special tokens are control tokens, rows beyond the tokens are unused, merges are kept."""
    folder = make_folder()
    write_gguf(folder, tmp_path / "out.gguf")
    found, _ = read(tmp_path / "out.gguf")
    raw = json.loads((folder / "tokenizer.json").read_text())
    tokens = sorted(raw["model"]["vocab"], key=raw["model"]["vocab"].__getitem__)
    assert found["tokenizer.ggml.tokens"] == tokens + [f"[PAD{index}]" for index in range(len(tokens), 272)]
    types = found["tokenizer.ggml.token_type"]
    assert types == [3] * 2 + [1] * (len(tokens) - 2) + [5] * (272 - len(tokens))
    assert found["tokenizer.ggml.merges"] == [" ".join(merge) for merge in raw["model"]["merges"]]
    assert (found["tokenizer.ggml.model"], found["tokenizer.ggml.pre"]) == ("gpt2", "llama-bpe")
    assert [found[f"tokenizer.ggml.{name}_token_id"] for name in ("bos", "eos", "padding")] == [0, 1, 1]
    assert found["tokenizer.ggml.add_bos_token"] is False


def test_bos_is_added_where_the_post_processor_adds_it(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Llama 3's own tokenizer.json begins every text with a token; ours do not; the file says which."""
    write_gguf(make_folder(first="<|begin|>"), tmp_path / "out.gguf")
    assert read(tmp_path / "out.gguf")[0]["tokenizer.ggml.add_bos_token"] is True


def test_matrices_are_f16_and_vectors_f32(make_folder: MakeFolder, tmp_path: Path) -> None:
    """As llama.cpp's converter stores them; a tied embedding has no second copy."""
    write_gguf(make_folder(architecture="Qwen3ForCausalLM"), tmp_path / "out.gguf")
    _, tensors = read(tmp_path / "out.gguf")
    assert all(t.tensor_type.name == ("F32" if len(t.shape) == 1 else "F16") for t in tensors.values())
    assert {"token_embd.weight", "output_norm.weight", "blk.0.attn_q_norm.weight"} <= tensors.keys()
    assert "output.weight" not in tensors


def test_values_are_those_of_the_folder(make_folder: MakeFolder, tmp_path: Path) -> None:
    """bf16 of ordinary size fits F16 exactly, so every weight is the one that was stored."""
    folder = make_folder(architecture="Qwen3ForCausalLM", tied=False)
    write_gguf(folder, tmp_path / "out.gguf")
    _, tensors = read(tmp_path / "out.gguf")
    stored = stored_tensors(folder)
    for source, name in {
        "model.layers.0.self_attn.q_proj.weight": "blk.0.attn_q.weight",
        "model.layers.0.mlp.down_proj.weight": "blk.0.ffn_down.weight",
        "model.layers.0.self_attn.k_norm.weight": "blk.0.attn_k_norm.weight",
        "lm_head.weight": "output.weight",
    }.items():
        expected = stored[source].load()
        np.testing.assert_allclose(tensors[name].data.astype(np.float32), expected, rtol=0, atol=2**-24)


@given(heads=st.integers(1, 4), pairs=st.integers(1, 4))
def test_interleaving_puts_the_two_halves_of_a_head_side_by_side(heads: int, pairs: int) -> None:
    """Row i of a head's first half and row i of its second become rows 2i and 2i + 1 of that head."""
    rows = np.arange(heads * pairs * 2, dtype=np.float32)
    mixed = interleave_rope_rows(rows[:, None], heads)[:, 0].reshape(heads, pairs, 2)
    halves = rows.reshape(heads, 2, pairs)
    assert (mixed[:, :, 0] == halves[:, 0]).all()
    assert (mixed[:, :, 1] == halves[:, 1]).all()


def test_only_the_llama_architecture_is_interleaved(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The q and k of llama are rearranged, v is not; the qwen3 test above sees q as it is."""
    folder = make_folder()
    write_gguf(folder, tmp_path / "out.gguf")
    _, tensors = read(tmp_path / "out.gguf")
    stored = stored_tensors(folder)
    for letter, heads in (("q", 4), ("k", 2)):
        expected = interleave_rope_rows(stored[f"model.layers.0.self_attn.{letter}_proj.weight"].load(), heads)
        np.testing.assert_allclose(tensors[f"blk.0.attn_{letter}.weight"].data, expected, rtol=0, atol=2**-24)
    expected = stored["model.layers.0.self_attn.v_proj.weight"].load()
    np.testing.assert_allclose(tensors["blk.0.attn_v.weight"].data, expected, rtol=0, atol=2**-24)


def test_the_same_content_gives_the_same_bytes(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Whatever the folder is called and however its weights are cut into shards."""
    one, two = make_folder("one", layers=2), make_folder("two", layers=2, shards=3)
    write_gguf(one, tmp_path / "1.gguf")
    write_gguf(two, tmp_path / "2.gguf")
    assert (tmp_path / "1.gguf").read_bytes() == (tmp_path / "2.gguf").read_bytes()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"config": {"architectures": ["GPT2LMHeadModel"]}}, "LlamaForCausalLM, Qwen3ForCausalLM"),
        ({"config": {"architectures": None}}, "null"),
        ({"config": {"rope_parameters": {"rope_theta": 1e4, "rope_type": "yarn"}}}, "yarn"),
        ({"config": {"hidden_act": "gelu"}}, "gelu"),
        ({"config": {"num_hidden_layers": 2}}, "declares 2 layers"),
        ({"config": {"hidden_size": None}}, "hidden_size|sizes"),
        ({"config": {"vocab_size": 200}}, "vocab_size of 200"),
        ({"tokenizer": {"pre_tokenizer": {"type": "ByteLevel", "use_regex": True}}}, "no expression"),
        ({"tokenizer": {"normalizer": {"type": "Lowercase"}}}, "Lowercase"),
        ({"tokenizer": {"model": {"type": "WordLevel", "vocab": {"a": 0}}}}, "GGUF files instead"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_name(
    make_folder: MakeFolder, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    """A file that would load and compute something else is never written."""
    with pytest.raises(UsageError, match=says):
        write_gguf(make_folder(**changes), tmp_path / "out.gguf")


def test_an_unknown_expression_is_named(make_folder: MakeFolder, tmp_path: Path) -> None:
    """One character of difference in the pre-tokenizer is another tokenizer."""
    folder = make_folder()
    text = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(text.replace("{1,3}", "{1,2}"))
    with pytest.raises(UsageError, match=r"\{1,2\}.*Known: llama-bpe, qwen2"):
        write_gguf(folder, tmp_path / "out.gguf")


def test_merging_that_llama_cpp_would_not_follow_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    """llama.cpp decides by the pre-tokenizer's name whether whole words skip the merges."""
    folder = make_folder()
    text = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(text.replace('"ignore_merges": true', '"ignore_merges": false'))
    with pytest.raises(UsageError, match="ignore_merges"):
        write_gguf(folder, tmp_path / "out.gguf")


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(make_folder: MakeFolder, tmp_path: Path, missing: str) -> None:
    """The message names the file, not a key inside a traceback."""
    folder = make_folder()
    (folder / missing).unlink()
    with pytest.raises(UsageError, match=missing.replace(".", r"\.")):
        write_gguf(folder, tmp_path / "out.gguf")


def test_a_missing_shard_is_named(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A folder copied without one of its shards."""
    folder = make_folder(shards=2)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(UsageError, match="lacks model-00002-of-00002"):
        write_gguf(folder, tmp_path / "out.gguf")


@pytest.mark.parametrize("kept_bytes", [0, 5, 100, 5000, -1])
def test_weights_cut_short_are_refused(make_folder: MakeFolder, tmp_path: Path, kept_bytes: int) -> None:
    """Anywhere: before, in and after the header of the safetensors file."""
    folder = make_folder()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept_bytes])
    with pytest.raises(UsageError, match="not copied whole"):
        write_gguf(folder, tmp_path / "out.gguf")
