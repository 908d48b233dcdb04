"""What a tokenizer puts before a text, read from its file and held against the tokenizers package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_models import BASE, GLM, NAMED_NOT_ADDED, SHAPES, write_folder

from configspec.errors import UsageError
from configspec.families.sources.text_beginning import ids_before
from configspec.families.sources.tokenizer_json import read_tokenizer


def changed(folder: Path, processor: Any) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": processor}))
    return folder


def by_the_package(folder: Path) -> tuple[int, ...]:
    tokenizers = pytest.importorskip("tokenizers", reason="needs tokenizers: pip install 'configspec[server]'")
    reader = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    return tuple(reader.encode("", add_special_tokens=True).ids)


@pytest.mark.parametrize("shape", [*SHAPES.values(), GLM], ids=[*SHAPES, "glm"])
def test_it_is_what_the_package_puts_there(tmp_path: Path, shape: Any) -> None:
    """No token, one, or two."""
    folder = write_folder(tmp_path, shape)
    assert ids_before(read_tokenizer(folder)) == by_the_package(folder)


def test_a_name_alone_begins_nothing(tmp_path: Path) -> None:
    """tokenizer_config.json names a begin-of-text, and even asks for it; tokenizer.json decides."""
    folder = write_folder(tmp_path, NAMED_NOT_ADDED)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"add_bos_token": True}))
    assert ids_before(read_tokenizer(folder)) == ()


def test_steps_go_around_each_other(tmp_path: Path) -> None:
    """Of a sequence of post-processors the last comes first; BERT's kinds have their token with its id."""
    folder = write_folder(tmp_path, BASE)
    first = json.loads((folder / "tokenizer.json").read_text())["post_processor"]
    steps = [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, first]
    changed(folder, {"type": "Sequence", "processors": steps})
    assert ids_before(read_tokenizer(folder)) == by_the_package(folder) == (262,)
    changed(folder, {"type": "BertProcessing", "sep": ["</s>", 263], "cls": ["<s>", 262]})
    assert ids_before(read_tokenizer(folder)) == (262,)


@pytest.mark.parametrize(
    "processor",
    [
        {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {}},
        {"type": "BertProcessing", "cls": ["<s>", 10**9], "sep": ["</s>", 1]},
        {"type": "BertProcessing", "cls": ["<s>", True], "sep": ["</s>", 1]},
        {"type": "TemplateProcessing", "single": [7], "special_tokens": {}},
        [],
    ],
)
def test_a_damaged_one_is_refused_by_name(tmp_path: Path, processor: Any) -> None:
    """The file and what is wrong in it."""
    folder = changed(write_folder(tmp_path, BASE), processor)
    with pytest.raises(UsageError, match=r"tokenizer\.json: "):
        ids_before(read_tokenizer(folder))
