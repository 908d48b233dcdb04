"""How long a text a family's drafts were trained for."""

from __future__ import annotations

import json
from pathlib import Path

from gguf import GGUFWriter

from configspec.families.contexts import draft_contexts
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec, TargetSpec


def test_each_draft_whose_files_are_here_says_it(tmp_path: Path) -> None:
    """A folder by its config.json, a GGUF file by its header; the hub is not asked."""
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": 4096}), encoding="utf-8")
    writer = GGUFWriter(tmp_path / "d.gguf", "llama")
    writer.add_context_length(512)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "config.json").write_text("{", encoding="utf-8")
    (tmp_path / "silent").mkdir()
    (tmp_path / "silent" / "config.json").write_text("{}", encoding="utf-8")
    drafts = {
        "folder": DraftSpec(name="folder", safetensors=tmp_path),
        "file": DraftSpec(name="file", gguf={"Q8_0": tmp_path / "d.gguf"}),
        "damaged": DraftSpec(name="damaged", safetensors=damaged),
        "silent": DraftSpec(name="silent", safetensors=tmp_path / "silent"),
        "hub": DraftSpec(name="hub", hub=HubSpec(repo="o/r")),
    }
    family = FamilySpec(name="f", target=TargetSpec(transformers=tmp_path), drafts=drafts, quants=("Q8_0",))
    assert draft_contexts(family) == (("folder", 4096), ("file", 512))
