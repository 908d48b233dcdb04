"""Models that transformers caches in other ways than the small families, and folders that it cannot load."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage import civil
from model_attack import is_taken, put

from configspec.errors import UsageError
from configspec.targets.transformers_target import TransformersTarget
from configspec.testbed.family_spec import TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real
pytest.importorskip("torch", reason="needs torch: pip install 'configspec[transformers]'")
transformers = pytest.importorskip("transformers", reason="needs transformers: pip install 'configspec[transformers]'")

SIZES = {"vocab_size": 1024, "hidden_size": 64, "num_hidden_layers": 2}
ATTENTION = SIZES | {"intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
WINDOW = 16
PROMPT = tuple(range(3, 3 + 2 * WINDOW))
FOREIGN = (9, 8, 7, 6)


@pytest.fixture
def save(tmp_path: Path, target_folder: Path) -> Callable[[Any], Path]:
    """A folder with random weights of the given configuration."""

    def make(configuration: Any) -> Path:
        import torch

        torch.manual_seed(0)
        transformers.AutoModelForCausalLM.from_config(configuration).save_pretrained(tmp_path)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(target_folder / name, tmp_path / name)
        return tmp_path

    return make


def _open(folder: Path, **how: Any) -> TransformersTarget:
    return TransformersTarget(TargetSpec(transformers=folder, llama_cpp=LlamaCppSpec(threads=1), **how))


def _sliding() -> Any:
    return transformers.MistralConfig(**ATTENTION, sliding_window=WINDOW)


def _recurrent() -> Any:
    return transformers.Qwen3NextConfig(
        **ATTENTION | {"num_hidden_layers": 4},
        num_experts=2,
        num_experts_per_tok=1,
        moe_intermediate_size=32,
        shared_expert_intermediate_size=32,
        linear_num_value_heads=4,
        linear_num_key_heads=2,
        linear_key_head_dim=16,
        linear_value_head_dim=16,
    )


@pytest.mark.parametrize("kind_of_model", [_sliding, _recurrent], ids=["sliding window", "recurrent state"])
def test_a_rejected_draft_leaves_no_trace(save: Callable[[Any], Path], kind_of_model: Callable[[], Any]) -> None:
    """Beyond the window, and where a state cannot be cut, the text after a cut is as a fresh one."""
    target = _open(save(kind_of_model()))
    target.prefill(PROMPT)
    target.verify([4, 4, 4])
    target.keep(len(PROMPT) + 1)
    target.verify([5, 5])
    target.keep(len(PROMPT) + 1)
    cut = target.distributions(FOREIGN, Decoding(temperature=1.0))
    target.prefill([*PROMPT, 4])
    assert cut == pytest.approx(target.distributions(FOREIGN, Decoding(temperature=1.0)), rel=1e-4)
    assert target.pass_s(context=2 * WINDOW, tokens=3, requests=2) > 0


def test_a_model_without_a_cache_to_cut_is_refused(save: Callable[[Any], Path]) -> None:
    """A purely recurrent one: the message names what would do."""
    target = _open(save(transformers.MambaConfig(**SIZES, state_size=8)))
    with pytest.raises(UsageError, match=r"no key-value cache.*GGUF"):
        target.prefill(PROMPT)


def test_the_stored_number_format_is_kept_if_told_so(target_folder: Path) -> None:
    """`dtype: auto` leaves bfloat16 as it is, and it writes a text all the same."""
    target = _open(target_folder, dtype="auto")
    assert str(target._model.dtype) == "torch.bfloat16"
    assert len(target.continue_text(PROMPT, 4, Decoding(), seed=0).tokens) == 4


def test_a_damaged_folder_is_told_from_a_bug(tmp_path: Path, target_folder: Path) -> None:
    """Weights cut short, and a folder with nothing in it: one message with the folder, and what belongs there."""
    with pytest.raises(UsageError, match=rf"{tmp_path}/config\.json does not exist"):
        _open(tmp_path)
    shutil.copytree(target_folder, tmp_path, dirs_exist_ok=True)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    with pytest.raises(UsageError, match=rf"{tmp_path}: .*cannot load it .*needs config\.json"):
        _open(tmp_path)


def test_a_model_that_is_newer_than_transformers_says_upgrade(target_folder: Path, tmp_path: Path) -> None:
    """With the installed version and the architecture; the folder is right."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "m9", "architectures": ["M9ForCausalLM"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        UsageError, match=r"transformers \d\S+ is too old for it: .* the architecture 'm9'\. Upgrade it"
    ):
        _open(folder)


def test_code_that_lies_in_a_folder_is_neither_run_nor_asked_about(target_folder: Path, tmp_path: Path) -> None:
    """Left to itself, transformers asks at the terminal, and whoever answers "y" has run it."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    (folder / "foreign.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "foreign", "architectures": ["Foreign"]}
    config["auto_map"] = {"AutoConfig": "foreign.Config", "AutoModelForCausalLM": "foreign.Foreign"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="cannot load it as a causal language model"):
        _open(folder)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("config.json", "num_hidden_layers", 10**9),
        ("config.json", "vocab_size", 2**40),
        ("config.json", "num_attention_heads", 0),
        ("config.json", "hidden_size", "wide"),
        ("config.json", "rms_norm_eps", []),
        ("tokenizer.json", "model", {"type": "BPE", "vocab": 3}),
        ("tokenizer.json", "pre_tokenizer", {"type": "\u001b[31m"}),
        ("tokenizer_config.json", "eos_token", {"content": 7}),
        ("tokenizer_config.json", "bos_token", "no token of the model"),
        ("tokenizer_config.json", "model_max_length", "long"),
        ("generation_config.json", "eos_token_id", {"a": 1}),
    ],
)
def test_a_damaged_folder_is_one_error(target_folder: Path, tmp_path: Path, name: str, key: str, value: Any) -> None:
    """Whatever transformers and tokenizers raise, the folder is named, or it is loaded."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    before = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    (folder / name).write_text(json.dumps(before | {key: value}))
    try:
        _open(folder).tokenize("def")
    except UsageError as problem:
        said = str(problem)
    else:
        said = str(folder)
    assert str(folder) in said
    civil(2, said)


def test_a_panic_inside_tokenizers_names_the_folder(target_folder: Path, tmp_path: Path) -> None:
    """With this prefix of subwords its Rust code slices out of range, which is raised as no Exception."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    document = json.loads((folder / "tokenizer.json").read_text())
    document["model"]["continuing_subword_prefix"] = "a\u202eb\u2066c"
    (folder / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=rf"{folder}: .*PanicException: ") as told:
        _open(folder).tokenize("def")
    civil(2, str(told.value))


@pytest.mark.parametrize("name", ["generation_config.json", "chat_template.jinja", "additional_chat_templates/a.jinja"])
@pytest.mark.parametrize("kind", ["FIFO", "device"])
def test_every_file_of_a_folder_is_regular(target_folder: Path, tmp_path: Path, name: str, kind: str) -> None:
    """Of those that transformers opens by itself, too: it would wait for whoever writes, or read without end."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    (folder / name).parent.mkdir(exist_ok=True)
    put(kind, folder / name)
    assert not is_taken(lambda: _open(folder), folder / name)


def test_a_text_of_a_folder_has_an_end(target_folder: Path, tmp_path: Path) -> None:
    """The file is sparse: transformers would hold all of its gigabyte."""
    folder = tmp_path / "target"
    shutil.copytree(target_folder, folder)
    with (folder / "special_tokens_map.json").open("wb") as file:
        file.truncate(1 << 30)
    assert not is_taken(lambda: _open(folder), folder / "special_tokens_map.json")
