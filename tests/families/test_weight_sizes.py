"""How much a model folder holds, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.sources.safetensors_folder import INDEX, weight_sizes

MakeFolder = Callable[..., Path]


def test_shards_hold_together_what_one_file_does(make_folder: MakeFolder) -> None:
    """The count of a model's parameters does not depend on how it is stored."""
    assert weight_sizes(make_folder("one")) == weight_sizes(make_folder("three", shards=3))


def test_number_formats_that_cannot_be_converted_are_counted_too(tmp_path: Path) -> None:
    """A target in F8 is run by others, and need only fit."""
    header = json.dumps({"w": {"dtype": "F8_E4M3", "shape": [3, 5], "data_offsets": [0, 15]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(np.uint64(len(header)).tobytes() + header + bytes(15))
    sizes = weight_sizes(tmp_path)
    assert (sizes.parameters, sizes.stored_bytes) == (15, 15)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(data=st.data())
def test_a_file_of_any_other_length_is_refused(make_folder: MakeFolder, tmp_path: Path, data: st.DataObject) -> None:
    """Cut anywhere, or with something after its end."""
    folder = tmp_path / "model"
    if not folder.exists():
        make_folder("model")
        (tmp_path / "kept").write_bytes((folder / "model.safetensors").read_bytes())
    whole = (tmp_path / "kept").read_bytes()
    length = data.draw(st.integers(0, len(whole) + 3).filter(lambda length: length != len(whole)))
    (folder / "model.safetensors").write_bytes((whole + b"xxx")[:length])
    with pytest.raises(UsageError, match=r"model\.safetensors is damaged or was not copied whole"):
        weight_sizes(folder)


def test_a_corrupt_shard_is_named(make_folder: MakeFolder) -> None:
    """Of several, the one that is short."""
    folder = make_folder(shards=3)
    shard = folder / "model-00002-of-00003.safetensors"
    shard.write_bytes(shard.read_bytes()[:-2])
    with pytest.raises(UsageError, match=r"model-00002-of-00003\.safetensors is damaged.*header needs"):
        weight_sizes(folder)


def test_a_shard_without_its_tensors_is_named(make_folder: MakeFolder) -> None:
    """Transformers would fill them with random numbers, and only warn."""
    folder = make_folder(shards=2)
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"]["model.layers.9.mlp.up_proj.weight"] = "model-00001-of-00002.safetensors"
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(UsageError, match=r"00001-of-00002.*names 1 tensors that it lacks, model\.layers\.9"):
        weight_sizes(folder)
