"""Where models keep their chat templates, and which of several is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_models import GEMMA, LLAMA_3, write_folder
from damage import civil

from configspec.errors import UsageError
from configspec.families.chat.template import (
    named_templates,
    special_texts_of_folder,
    special_texts_of_gguf,
    template_of_file,
    template_of_folder,
    template_of_gguf,
)


def settings(folder: Path, **changed: object) -> None:
    path = folder / "tokenizer_config.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(before | changed))


def test_a_folder_without_a_template_has_none(tmp_path: Path) -> None:
    """A base model; nor has an empty folder."""
    assert template_of_folder(tmp_path) is None
    settings(tmp_path, chat_template=None)
    assert template_of_folder(tmp_path) is None


def test_a_file_of_its_own_goes_before_what_the_settings_say(tmp_path: Path) -> None:
    """As transformers reads a folder: chat_template.jinja, then tokenizer_config.json, then a processor's."""
    (tmp_path / "chat_template.json").write_text('{"chat_template": "of the processor"}')
    found = [template_of_folder(tmp_path)]
    settings(tmp_path, chat_template="of the settings")
    found.append(template_of_folder(tmp_path))
    (tmp_path / "chat_template.jinja").write_text("of its own")
    found.append(template_of_folder(tmp_path))
    assert [one and one.text for one in found] == ["of the processor", "of the settings", "of its own"]
    assert found[2] is not None
    assert found[2].place == str(tmp_path / "chat_template.jinja")


def test_of_several_the_default_is_meant(tmp_path: Path) -> None:
    """A list of named ones in the settings, or files beside each other."""
    settings(tmp_path, chat_template=[{"name": n, "template": f"of {n}"} for n in ("tool_use", "default")])
    found = template_of_folder(tmp_path)
    assert found is not None
    assert found.text == "of default"
    (tmp_path / "additional_chat_templates").mkdir()
    (tmp_path / "additional_chat_templates" / "rag.jinja").write_text("of rag")
    (tmp_path / "chat_template.jinja").write_text("of a file")
    assert named_templates(tmp_path)[1] == {"default": "of a file", "rag": "of rag"}


def test_without_a_default_the_names_are_told(tmp_path: Path) -> None:
    """None of them is guessed."""
    settings(tmp_path, chat_template=[{"name": "tool_use", "template": "x"}, {"name": "rag", "template": "y"}])
    with pytest.raises(UsageError, match=r"none of them is its default: tool_use, rag.*`sweep: \{chat: PATH\}`"):
        template_of_folder(tmp_path)


@pytest.mark.parametrize("found", [7, {"a": "b"}, [{"name": "default"}], ["x"], [{"name": 1, "template": "x"}]])
def test_a_template_of_another_kind_is_refused_by_name(tmp_path: Path, found: object) -> None:
    """Damaged settings are an error that names the file."""
    settings(tmp_path, chat_template=found)
    with pytest.raises(UsageError, match=r"tokenizer_config\.json: chat_template is") as caught:
        template_of_folder(tmp_path)
    civil(2, str(caught.value))


def test_a_template_file_is_a_small_text(tmp_path: Path) -> None:
    """Neither a folder, nor bytes, nor a megabyte; and it is there."""
    for name, content, said in (
        ("bytes", b"\xff\xfe", "byte 1 is not UTF-8"),
        ("large", b"x" * (1 << 21), "more than 1,048,576 bytes"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=said):
            template_of_file(tmp_path / name)
    for name, said in ((".", "folder"), ("absent", "No such file")):
        with pytest.raises(UsageError, match=said):
            template_of_file(tmp_path / name)


def test_a_built_file_says_what_its_folder_says(tmp_path: Path) -> None:
    """Every template by name, the texts of special tokens, and each token that ends a text."""
    gguf = pytest.importorskip("gguf")
    from configspec.families.gguf.gguf_writer import write_gguf

    folder = write_folder(tmp_path / "model", LLAMA_3)
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").write_text("of tools")
    write_gguf(folder, tmp_path / "model.gguf")
    found, wanted = template_of_gguf(tmp_path / "model.gguf"), template_of_folder(folder)
    assert found is not None
    assert wanted is not None
    assert (found.text, found.sha256, found.source) == (wanted.text, wanted.sha256, "gguf")
    assert special_texts_of_gguf(tmp_path / "model.gguf") == special_texts_of_folder(folder)
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.chat_template.tool_use"].contents() == "of tools"
    assert fields["tokenizer.chat_templates"].contents() == ["tool_use"]
    ends = json.loads((folder / "generation_config.json").read_text())["eos_token_id"]
    assert [fields[f"tokenizer.ggml.{one}_token_id"].contents() for one in ("eos", "eot")] == ends


def test_a_conversion_depends_on_the_template(tmp_path: Path) -> None:
    """Or the cache would serve a file with yesterday's."""
    from configspec.families.build import source_sha256

    folder = write_folder(tmp_path, GEMMA)
    before = source_sha256(folder)
    (folder / "chat_template.jinja").write_text("another")
    assert source_sha256(folder) != before
