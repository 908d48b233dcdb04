"""What the files of a draft are called on a board."""

from __future__ import annotations

import hashlib
from pathlib import Path

from configspec.families.board_files import board_file_names, board_files
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec, TargetSpec


def test_a_built_file_is_called_after_what_it_is() -> None:
    """In this host's cache its name is a hash, which tells nobody anything."""
    draft = DraftSpec(name="xs", safetensors=Path("xs"))
    (file,) = board_files("tiny-llama", draft, "Q8_0", Path("cache/gguf/0123.gguf"))
    assert (file.path, file.name) == (Path("cache/gguf/0123.gguf"), "tiny-llama-xs-Q8_0.gguf")


def test_a_ready_file_keeps_its_name(tmp_path: Path) -> None:
    """With its size and hash."""
    path = tmp_path / "Qwen 0.6B.gguf"
    path.write_bytes(b"GGUF")
    (file,) = board_files("qwen", DraftSpec(name="a", gguf={"Q8_0": path}), "Q8_0", path)
    assert (file.name, file.size_bytes, file.sha256) == (path.name, 4, hashlib.sha256(b"GGUF").hexdigest())


def test_shards_keep_theirs_the_first_in_front() -> None:
    """llama.cpp finds the others by it."""
    path = Path("models/m-00001-of-00003.gguf")
    files = board_files("qwen", DraftSpec(name="a", gguf={"Q8_0": path}), "Q8_0", path)
    assert [file.name for file in files] == [f"m-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert files[1].path == Path("models/m-00002-of-00003.gguf")


def test_the_names_are_known_before_anything_is_built_or_fetched() -> None:
    """But for files of a hub, which is not asked."""
    drafts = {
        "xs": DraftSpec(name="xs", safetensors=Path("xs")),
        "own": DraftSpec(name="own", gguf={"Q8_0": Path("m-00001-of-00002.gguf"), "Q4_K_M": Path("m.gguf")}),
        "hub": DraftSpec(name="hub", hub=HubSpec(repo="a/b", file="*{quant}*.gguf")),
    }
    family = FamilySpec(name="f", target=TargetSpec(), drafts=drafts, quants=("Q8_0", "Q4_K_M"))
    assert board_file_names(family) == (
        *("f-xs-Q8_0.gguf", "f-xs-Q4_K_M.gguf"),
        *("m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "m.gguf"),
    )
