"""How long a text a family's drafts were trained for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cached_hub import put_in_cache
from gguf import GGUFWriter

from configspec.families.contexts import draft_contexts, gguf_context
from configspec.families.hub.hub import Hub
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec, TargetSpec

HERE = HubSpec(repo="o/r")


def gguf_file(path: Path, context: int) -> Path:
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def config_file(folder: Path, context: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps({"max_position_embeddings": context}), encoding="utf-8")
    return path


def family_of(*drafts: DraftSpec) -> FamilySpec:
    target = TargetSpec(transformers=Path("t"))
    return FamilySpec(name="f", target=target, drafts={one.name: one for one in drafts}, quants=("Q4_K_M", "Q8_0"))


def test_each_draft_whose_files_are_here_says_it(tmp_path: Path) -> None:
    """A folder by its config.json, a GGUF file by its header; what is damaged or does not say is left out."""
    config_file(tmp_path, 4096)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "config.json").write_text("{", encoding="utf-8")
    (tmp_path / "silent").mkdir()
    (tmp_path / "silent" / "config.json").write_text("{}", encoding="utf-8")
    family = family_of(
        DraftSpec(name="folder", safetensors=tmp_path),
        DraftSpec(name="file", gguf={"Q8_0": gguf_file(tmp_path / "d.gguf", 512)}),
        DraftSpec(name="damaged", safetensors=damaged),
        DraftSpec(name="silent", safetensors=tmp_path / "silent"),
        DraftSpec(name="hub", hub=HERE),
    )
    assert draft_contexts(family, Hub(cache=tmp_path / "hub")) == (("folder", 4096), ("file", 512))


@pytest.mark.parametrize("value", [True, 0, -1, 1.5, "512", None, [512]])
def test_what_is_no_number_of_tokens_is_not_taken_for_one(tmp_path: Path, value: object) -> None:
    """The draft's own check says what is wrong with it."""
    config_file(tmp_path / "d", value)
    draft = DraftSpec(name="d", safetensors=tmp_path / "d")
    assert draft_contexts(family_of(draft), Hub(cache=tmp_path)) == ()


def test_a_cached_folder_of_the_hub_says_it_by_its_config_alone(tmp_path: Path) -> None:
    """Whether or not the cache knows which weights the repository has."""
    pytest.importorskip("huggingface_hub")
    files = {"config.json": config_file(tmp_path / "c", 2048)}
    put_in_cache(tmp_path / "old", "o/r", files)
    put_in_cache(tmp_path / "new", "o/r", files, listed=["model.safetensors", "model-Q8_0.gguf"])
    family = family_of(DraftSpec(name="d", hub=HERE))
    for cache in ("old", "new"):
        assert draft_contexts(family, Hub(cache=tmp_path / cache)) == (("d", 2048),)


def test_a_cached_gguf_of_the_hub_says_it_in_any_quantisation(tmp_path: Path) -> None:
    """One of those that the draft is measured in, or the first of its parts; config.json is of the original model."""
    pytest.importorskip("huggingface_hub")
    model, config = gguf_file(tmp_path / "m.gguf", 512), config_file(tmp_path / "c", 2048)
    put_in_cache(tmp_path / "a", "o/r", {"m-Q8_0.gguf": model, "config.json": config}, listed=["m-Q4_K_M.gguf"])
    parts = ["m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00002.gguf"]
    put_in_cache(tmp_path / "b", "o/r", {parts[0]: model}, listed=parts[1:])
    family = family_of(DraftSpec(name="d", hub=HERE))
    for cache in ("a", "b"):
        assert draft_contexts(family, Hub(cache=tmp_path / cache)) == (("d", 512),)


def test_a_gguf_of_the_hub_that_is_not_cached_says_nothing(tmp_path: Path) -> None:
    """Another quantisation, and the configuration of the original model, are no evidence of it."""
    pytest.importorskip("huggingface_hub")
    model, config = gguf_file(tmp_path / "m.gguf", 512), config_file(tmp_path / "c", 2048)
    put_in_cache(tmp_path, "o/r", {"m-F16.gguf": model, "config.json": config}, listed=["m-Q8_0.gguf"])
    assert draft_contexts(family_of(DraftSpec(name="d", hub=HERE)), Hub(cache=tmp_path)) == ()


def test_the_header_of_a_gguf_file_says_it(tmp_path: Path) -> None:
    """As its converter wrote it."""
    assert gguf_context(gguf_file(tmp_path / "m.gguf", 131072)) == 131072
