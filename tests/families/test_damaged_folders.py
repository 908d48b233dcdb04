"""The JSON files of a model folder under attack: what cannot be is one error that names the file, and nothing else.

The damage is made from fixed seeds (`tests/kit/damage.py`). No input may take seconds, whatever size it claims.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from damage import EXTREME_VALUES, damaged_bytes, one_field_at_a_time
from model_attack import HUGE, NO_FILES, at_once, is_taken, put

pytest.importorskip("gguf")

from configspec.errors import UsageError
from configspec.families.build import source_sha256
from configspec.families.gguf.gguf_writer import write_gguf
from configspec.families.sources.model_config import check_config, read_config
from configspec.families.sources.safetensors_folder import INDEX, weight_sizes
from configspec.families.vocabulary import compare_vocabularies, vocabulary_of_folder

MakeFolder = Callable[..., Path]


def read_whole(folder: Path) -> None:
    """All that is read of a folder before a target is loaded, and of a draft before it is converted."""
    vocabulary = vocabulary_of_folder(folder)
    compare_vocabularies(vocabulary, vocabulary)
    weight_sizes(folder)
    check_config(folder)
    source_sha256(folder)


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(shards=2, first="<|begin|>")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", INDEX])
def test_no_field_of_a_folders_json_is_believed(folder: Path, tmp_path: Path, name: str) -> None:
    """Each left out, or of any other value: converted, or refused by the name of the file."""
    path, taken = folder / name, 0
    document = json.loads(path.read_text())
    attacks = list(one_field_at_a_time(document, seed=7, at_most=150))
    for number, (what, changed) in enumerate(attacks):
        path.write_text(json.dumps(changed))
        try:
            taken += is_taken(lambda: read_whole(folder), path)
            if number % 3 == 0:
                is_taken(lambda: write_gguf(folder, tmp_path / "out.gguf"), path)
        except Exception as problem:
            problem.add_note(f"{name}: {what}")
            raise
    assert 0 < taken < len(attacks)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", INDEX])
def test_no_json_of_a_folder_is_believed_for_its_name(folder: Path, name: str) -> None:
    """Cut, flipped, deep, not UTF-8, of another kind: the file is named."""
    path = folder / name
    whole = path.read_bytes()
    for what, content in (
        *damaged_bytes(whole, seed=11, count=24),
        *((text, text.encode()) for text in ("[]", "3", "null", '"text"', "", "NaN", "[" * 100_000, '{"a":' * 100_000)),
        *(("digits", b'{"vocab_size": ' + b"9" * 5000 + b"}"), ("bytes", b'{"a": "\xff\xfe"}'), ("zeros", bytes(999))),
    ):
        path.write_bytes(content)
        try:
            is_taken(lambda: read_whole(folder), path)
        except Exception as problem:
            problem.add_note(f"{name}: {what:.60}")
            raise


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", INDEX])
def test_what_stands_in_a_files_place_is_refused(folder: Path, name: str, kind: str) -> None:
    """It neither waits for a writer nor reads without end."""
    put(kind, folder / name)
    assert not is_taken(lambda: read_whole(folder), folder / name)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("num_hidden_layers", number) for number in (0, 10_001, *HUGE)),
        *((key, number) for key in ("vocab_size", "hidden_size", "num_attention_heads", "head_dim") for number in HUGE),
        *(("rms_norm_eps", number) for number in (0, -1, 1e39, float("nan"), float("inf"), "1e-5", True)),
        *(("tie_word_embeddings", no_truth) for no_truth in ("false", 0, "")),
        *(("head_dim", number) for number in (0, 1, 63)),
        *(("eos_token_id", number) for number in (2**31, True, "2", [2**63])),
        ("rope_parameters", {"rope_type": "llama3", "factor": 0}),
        ("rope_parameters", {"rope_type": ["llama3"]}),
        ("rope_parameters", {"rope_theta": 1e308}),
        ("rope_parameters", []),
        ("architectures", [["LlamaForCausalLM"]]),
        ("architectures", {}),
    ],
)
def test_a_size_that_cannot_be_is_refused_by_its_key(make_folder: MakeFolder, key: str, value: object) -> None:
    """With the file; a folder that says so would load as another model, or never."""
    folder = make_folder(config={key: value})
    words = {"rope_parameters": "rope|factor", "architectures": "architecture"}.get(key, key)
    with at_once(), pytest.raises(UsageError, match=rf"config\.json: .*({words})"):
        read_config(folder)


def test_a_stretch_of_the_context_is_read_whole(make_folder: MakeFolder) -> None:
    """Llama 3.1's own settings, and each of them of another kind."""
    whole = {
        **{"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0},
        **{"high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
    }
    stretch = read_config(make_folder("whole", config={"rope_parameters": whole})).rope.stretch
    assert stretch is not None
    assert stretch.original_max_position_embeddings == 8192
    path = make_folder("damaged") / "config.json"
    document = json.loads(path.read_text()) | {"rope_parameters": whole}
    for value in EXTREME_VALUES:
        for key in whole:
            path.write_text(json.dumps(document | {"rope_parameters": whole | {key: value}}))
            is_taken(lambda: read_config(path.parent), path)


def test_weights_of_another_shape_than_declared_are_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    """By both: which of them is damaged, nobody can tell."""
    folder = make_folder(config={"num_key_value_heads": 1})
    with pytest.raises(UsageError, match=r"k_proj\.weight has the shape \(128, 256\).*config\.json it must be \(64, 2"):
        write_gguf(folder, tmp_path / "out.gguf")
