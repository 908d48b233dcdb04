"""Safetensors files and their index under attack: each is read whole, or refused by name before memory is asked for."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage import HOSTILE_TEXTS, damaged_bytes, one_field_at_a_time
from model_attack import HUGE, NO_FILES, is_taken, put

pytest.importorskip("gguf")

from configspec.errors import UsageError
from configspec.families.gguf.gguf_writer import write_gguf
from configspec.families.sources.safetensors_folder import INDEX, SINGLE, stored_tensors, weight_sizes

MakeFolder = Callable[..., Path]


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_stands_in_the_weights_place_is_refused(make_folder: MakeFolder, kind: str) -> None:
    """The same for the one file that is large."""
    folder = make_folder()
    put(kind, folder / SINGLE)
    assert not is_taken(lambda: weight_sizes(folder), folder / SINGLE)


@pytest.mark.parametrize("name", ["../out.safetensors", "/etc/passwd", "a/b", "", "..", "a\0b", "x" * 300, 5, None, []])
def test_an_index_names_files_beside_it(make_folder: MakeFolder, name: object) -> None:
    """No other file is opened, whatever it is called."""
    folder = make_folder(shards=2)
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"]["model.norm.weight"] = name
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(UsageError, match=r"weight_map puts model\.norm\.weight into .*no name of a file beside it"):
        weight_sizes(folder)


@pytest.fixture
def header(make_folder: MakeFolder) -> tuple[Path, dict[str, Any], bytes]:
    """A weight file, its header and its data."""
    path = make_folder() / SINGLE
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    return path, json.loads(content[8 : 8 + length]), content[8 + length :]


def safetensors(header: object, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_a_tensor_that_stands_twice_is_refused(header: tuple[Path, dict[str, Any], bytes]) -> None:
    """As the format says (https://huggingface.co/docs/safetensors/index#format): no reader need take the same one."""
    path, whole, data = header
    name = next(iter(whole))
    text = json.dumps(whole).replace("{", f'{{"{name}": {json.dumps(whole[name])}, ', 1).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    with pytest.raises(UsageError, match=f"the key '{name}' stands twice in one object"):
        weight_sizes(path.parent)


def test_no_field_of_a_safetensors_header_is_believed(header: tuple[Path, dict[str, Any], bytes]) -> None:
    """Each of the first tensors' left out, or of any other value."""
    path, whole, data = header
    small = {name: whole[name] for name in list(whole)[:2]}
    end = small[list(small)[-1]]["data_offsets"][1]
    taken = 0
    attacks = list(one_field_at_a_time(small, seed=3, at_most=200))
    for what, changed in attacks:
        path.write_bytes(safetensors(changed, data[:end]))
        try:
            taken += is_taken(lambda: (weight_sizes(path.parent), stored_tensors(path.parent)), path)
        except Exception as problem:
            problem.add_note(what)
            raise
    assert 0 < taken < len(attacks)


@pytest.mark.parametrize("length", [*HUGE, 0, 1])
def test_a_length_of_a_header_that_cannot_be_is_refused(
    header: tuple[Path, dict[str, Any], bytes], length: int
) -> None:
    """Nothing is allocated for it."""
    path, _, _ = header
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    assert not is_taken(lambda: weight_sizes(path.parent), path)


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        ([0, 8], [4, 12], "overlaps another"),
        ([0, 8], [0, 8], "overlaps another"),
        ([0, 8], [9, 17], "leaves a gap"),
        ([8, 0], [8, 16], "data_offsets"),
        ([0, 8, 16], [8, 16], "data_offsets"),
        ([0, 2**63], [8, 16], "data_offsets"),
        ([0, 8], [8, 2**60], "takes 8 bytes"),
        ([0.0, 8], [8, 16], "data_offsets"),
        ([False, 8], [8, 16], "data_offsets"),
    ],
)
def test_tensors_fill_their_file_once(tmp_path: Path, one: object, two: object, says: str) -> None:
    """A byte that two tensors share, or that none has, is damage: one of them is not what was stored."""
    entries = {
        name: {"dtype": "F32", "shape": [2], "data_offsets": span} for name, span in (("one", one), ("two", two))
    }
    (tmp_path / SINGLE).write_bytes(safetensors(entries, bytes(16)))
    with pytest.raises(UsageError, match=says):
        weight_sizes(tmp_path)


def test_a_damaged_beginning_of_weights_is_refused_or_read(header: tuple[Path, dict[str, Any], bytes]) -> None:
    """Cut, zeroed, flipped, doubled."""
    path, whole, data = header
    beginning = safetensors(whole, b"")
    for what, content in damaged_bytes(beginning, seed=5, count=120):
        path.write_bytes(content + data)
        try:
            is_taken(lambda: (weight_sizes(path.parent), stored_tensors(path.parent)), path)
        except Exception as problem:
            problem.add_note(what)
            raise


def test_hostile_names_do_not_reach_the_terminal(header: tuple[Path, dict[str, Any], bytes], tmp_path: Path) -> None:
    """A tensor's name is somebody else's text."""
    path, whole, data = header
    for text in HOSTILE_TEXTS:
        name = f"model.layers.0.{text}"
        changed = {name if key == "model.norm.weight" else key: entry for key, entry in whole.items()}
        path.write_bytes(safetensors(changed, data))
        assert not is_taken(lambda: write_gguf(path.parent, tmp_path / "out.gguf"), path)
