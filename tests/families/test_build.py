"""Drafts from their declaration to a checked file: without llama.cpp where only F16 or ready files are asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

pytest.importorskip("gguf")

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.families.build import ensure_draft, source_sha256
from configspec.families.gguf.gguf_facts import read_facts
from configspec.families.gguf.gguf_writer import write_gguf
from configspec.testbed.family_spec import DraftSpec, FamilySpec, ServerSpec, TargetSpec

MakeFolder = Callable[..., Path]


def family_of(
    target: Path, *, safetensors: Path | None = None, gguf: Mapping[str, Path] | None = None
) -> tuple[FamilySpec, DraftSpec]:
    draft = DraftSpec(name="xs", safetensors=safetensors, gguf=gguf)
    family = FamilySpec(name="tiny", target=TargetSpec(transformers=target), drafts={"xs": draft}, quants=("F16",))
    return family, draft


def test_a_folder_is_converted_once(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The first time it says so; the second time there is nothing to say and nothing to do."""
    family, draft = family_of(make_folder("target"), safetensors=make_folder("draft", seed=1))
    said: list[str] = []
    first = ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), said.append)
    second = ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), said.append)
    assert first == second
    assert read_facts(first).quant == "F16"
    assert [line.split(" ")[:2] for line in said] == [["tiny/xs:", "converting"]]


def test_changed_weights_are_converted_anew(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The cache is keyed by content, so nothing stale is used, and other files beside the model do not matter."""
    folder = make_folder("draft", seed=1)
    before = source_sha256(folder)
    (folder / "README.md").write_text("words")
    assert source_sha256(folder) == before
    shutil.copy(make_folder("other", seed=2) / "model.safetensors", folder / "model.safetensors")
    assert source_sha256(folder) != before


def test_a_ready_file_is_used_where_it_lies(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Nothing is copied and nothing is put into the store."""
    folder, ready = make_folder("draft"), tmp_path / "ready.gguf"
    write_gguf(folder, ready)
    family, draft = family_of(folder, gguf={"F16": ready})
    assert ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), pytest.fail) == ready
    assert not (tmp_path / "cache").exists()


def test_a_ready_file_under_another_quantisations_name_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Every figure of it would be filed under the wrong name."""
    folder, ready = make_folder("draft"), tmp_path / "ready.gguf"
    write_gguf(folder, ready)
    family, draft = family_of(folder, gguf={"Q8_0": ready, "Q4_K_XL": ready})
    with pytest.raises(UsageError, match="declared as the Q8_0 of tiny/xs, but its header says F16"):
        ensure_draft(family, draft, "Q8_0", Store(tmp_path / "cache"), pytest.fail)
    with pytest.raises(UsageError, match=r"no GGUF file for 'Q6_K'.*Known: Q8_0, Q4_K_XL"):
        ensure_draft(family, draft, "Q6_K", Store(tmp_path / "cache"), pytest.fail)
    assert ensure_draft(family, draft, "Q4_K_XL", Store(tmp_path / "cache"), pytest.fail) == ready


def test_a_draft_of_another_vocabulary_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    """With the file, the target and the first id that differs."""
    target = make_folder("target")
    raw = json.loads((target / "tokenizer.json").read_text())
    vocabulary = raw["model"]["vocab"]
    vocabulary["in"], vocabulary["re"] = vocabulary["re"], vocabulary["in"]
    (target / "tokenizer.json").write_text(json.dumps(raw))
    family, draft = family_of(target, safetensors=make_folder("draft"))
    with pytest.raises(UsageError, match=r"token 263 is 'in' in the draft and 're' in the target\. 2 ids differ"):
        ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), lambda line: None)


def test_a_padded_draft_is_told_and_used(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Padding alone breaks nothing."""
    family, draft = family_of(make_folder("target", rows=272), safetensors=make_folder("draft", rows=288))
    said: list[str] = []
    ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), said.append)
    assert [line for line in said if "288 token ids" in line and "272" in line]


def test_the_target_may_be_a_gguf_file(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Its vocabulary is read from the file."""
    write_gguf(make_folder("target"), tmp_path / "target.gguf")
    draft = DraftSpec(name="xs", safetensors=make_folder("draft", seed=1))
    family = FamilySpec(name="f", target=TargetSpec(gguf=tmp_path / "target.gguf"), drafts={}, quants=("F16",))
    said: list[str] = []
    ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), said.append)
    assert not [line for line in said if "warning" in line]
    other = DraftSpec(name="xs", safetensors=make_folder("other", architecture="Qwen3ForCausalLM", first="<|begin|>"))
    ensure_draft(family, other, "F16", Store(tmp_path / "cache"), said.append)
    assert [line for line in said if "cuts text into words as 'qwen2'" in line]
    assert [line for line in said if "puts a begin-of-text before every text" in line]


def test_a_servers_tokenizer_stands_for_the_target(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Without one nothing can be compared, and that is said."""
    draft = DraftSpec(name="xs", safetensors=make_folder("draft"))
    for tokenizer, warned in ((make_folder("target"), False), (None, True)):
        server = ServerSpec(url="http://127.0.0.1:9/v1", model="big", tokenizer=tokenizer)
        family = FamilySpec(name="f", target=TargetSpec(server=server), drafts={}, quants=("F16",))
        said: list[str] = []
        ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), said.append)
        assert bool([line for line in said if "not known to share the target's vocabulary" in line]) == warned


def test_a_folder_that_lacks_a_file_is_named_before_anything_is_built(make_folder: MakeFolder, tmp_path: Path) -> None:
    """tokenizer.json is forgotten most often."""
    folder = make_folder("draft")
    (folder / "tokenizer.json").unlink()
    family, draft = family_of(make_folder("target"), safetensors=folder)
    with pytest.raises(UsageError, match=r"tokenizer\.json does not exist"):
        ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), pytest.fail)
    assert not (tmp_path / "cache").exists()


def test_a_family_without_hub_entries_is_left_as_it_is(make_folder: MakeFolder) -> None:
    """And huggingface_hub is not imported for it."""
    folder = make_folder()
    code = (
        "import sys; from pathlib import Path\n"
        "from configspec.families.resolve import resolve_draft, resolve_target\n"
        "from configspec.testbed.family_spec import DraftSpec, TargetSpec\n"
        f"folder = Path({str(folder)!r})\n"
        "draft, target = DraftSpec(name='xs', safetensors=folder), TargetSpec(transformers=folder)\n"
        "assert resolve_draft('f', draft, ('F16',), print) == draft\n"
        "assert resolve_target('f', target, print) == target\n"
        "assert 'huggingface_hub' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
