"""Models that llama.cpp split into several GGUF files."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

gguf = pytest.importorskip("gguf")

from configspec.errors import UsageError  # noqa: E402
from configspec.families.gguf.gguf_facts import gguf_sha256, read_facts  # noqa: E402
from configspec.families.gguf.gguf_shards import gguf_bytes, gguf_files, shard_names  # noqa: E402
from configspec.families.gguf.gguf_writer import write_gguf  # noqa: E402

MakeFolder = Callable[..., Path]


def split(whole: Path, folder: Path, count: int) -> list[Path]:
    """The model in `count` files, as llama.cpp's gguf-split lays them out: metadata in the first only."""
    raw, reader = whole.read_bytes(), gguf.GGUFReader(whole)
    metadata = raw[24 : reader.tensors[0].field.offset]
    (entries,) = struct.unpack_from("<Q", raw, 16)
    files = [folder / f"model-{number:05}-of-{count:05}.gguf" for number in range(1, count + 1)]
    for number, path in enumerate(files):
        tensors = reader.tensors[number::count]
        own = _entry("split.no", 2, "<H", number) + _entry("split.count", 2, "<H", count)
        own += _entry("split.tensors.count", 5, "<i", len(reader.tensors))
        infos, data = b"", b""
        for tensor in tensors:
            shape = [int(size) for size in tensor.shape]
            infos += _text(tensor.name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
            infos += struct.pack("<IQ", tensor.tensor_type, len(data))
            begin = tensor.data_offset
            data += raw[begin : begin + tensor.n_bytes]
            data += bytes(-len(data) % 32)
        head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), 3 + (entries if number == 0 else 0))
        head += own + (metadata if number == 0 else b"") + infos
        path.write_bytes(head + bytes(-len(head) % 32) + data)
    return files


def _entry(key: str, kind: int, form: str, value: int) -> bytes:
    return _text(key) + struct.pack("<I", kind) + struct.pack(form, value)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


@pytest.fixture
def whole(make_folder: MakeFolder, tmp_path: Path) -> Path:
    path = tmp_path / "whole.gguf"
    write_gguf(make_folder(layers=2), path)
    return path


@pytest.fixture
def shards(whole: Path, tmp_path: Path) -> list[Path]:
    return split(whole, tmp_path, 3)


def test_a_split_model_has_the_facts_of_the_whole(whole: Path, shards: list[Path]) -> None:
    """Its size is that of all files; its hash depends on each."""
    one, many = read_facts(whole), read_facts(shards[0])
    assert many.tensor_types == one.tensor_types
    assert (many.tokens, many.quant, many.bos, many.adds_bos) == (one.tokens, one.quant, one.bos, one.adds_bos)
    assert many.size_bytes == gguf_bytes(shards[0]) == sum(path.stat().st_size for path in shards)
    before = gguf_sha256(shards[0])
    shards[2].write_bytes(shards[2].read_bytes()[:-1] + b"x")
    assert gguf_sha256(shards[0]) != before


def test_a_missing_file_is_named(shards: list[Path]) -> None:
    """And only that one."""
    shards[1].unlink()
    with pytest.raises(UsageError, match=r"first of 3 files, and model-00002-of-00003\.gguf is not beside it"):
        read_facts(shards[0])


@pytest.mark.parametrize("damage", [lambda raw: raw[:-40], lambda raw: raw[:60], lambda raw: b"x" + raw[1:]])
def test_a_damaged_file_is_named(shards: list[Path], damage: Callable[[bytes], bytes]) -> None:
    """Cut in its weights, cut in its header, or something else altogether."""
    shards[2].write_bytes(damage(shards[2].read_bytes()))
    with pytest.raises(UsageError, match=r"model-00003-of-00003\.gguf (is damaged|is not a GGUF file)"):
        read_facts(shards[0])


def test_two_files_in_each_others_place_are_found(shards: list[Path]) -> None:
    """Each says which it is."""
    shutil.copy(shards[1], shards[2])
    with pytest.raises(UsageError, match=r"00003-of-00003\.gguf is damaged.*file 3 of 3, its split.no .* \(1, 3\)"):
        read_facts(shards[0])


def test_another_file_than_the_first_is_refused(shards: list[Path]) -> None:
    """Llama.cpp is given the first, and so is configspec."""
    with pytest.raises(UsageError, match=r"not the first of its 3 files\. Name the first, model-00001-of-00003\.gguf"):
        read_facts(shards[1])


def test_a_renamed_first_file_is_told_how_to_be_called(shards: list[Path], tmp_path: Path) -> None:
    """Llama.cpp could not find the others."""
    shards[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(UsageError, match=r"renamed\.gguf is one of 3 files by its header.*-00001-of-00003\.gguf"):
        read_facts(tmp_path / "renamed.gguf")


def test_a_file_with_fewer_tensors_than_were_announced_is_found(shards: list[Path]) -> None:
    """The first file says how many there are in all: files of two models do not pass for one."""
    raw = shards[1].read_bytes()
    (tensors,) = struct.unpack_from("<Q", raw, 8)
    shards[1].write_bytes(raw[:8] + struct.pack("<Q", tensors - 1) + raw[16:])
    with pytest.raises(UsageError, match=r"split\.tensors\.count is \d+, and its 3 files hold \d+ tensors"):
        read_facts(shards[0])


@given(st.text(min_size=1).filter(lambda text: "/" not in text), st.integers(1, 999), st.data())
def test_any_shard_names_all_of_them(stem: str, count: int, data: st.DataObject) -> None:
    """In order, itself among them."""
    number = data.draw(st.integers(1, count))
    name = f"{stem}-{number:05}-of-{count:05}.gguf"
    names = shard_names(name)
    assert len(names) == len(set(names)) == count
    assert names[number - 1] == name
    assert all(shard_names(one) == names for one in names[:3])


@given(st.text(min_size=1).filter(lambda text: not text.endswith(".gguf")))
def test_another_name_stands_for_itself(name: str) -> None:
    """However strange."""
    assert shard_names(name) == (name,)


@pytest.mark.real
def test_llama_cpp_opens_a_split_model_and_answers_as_from_one_file(whole: Path, shards: list[Path]) -> None:
    """The same tokens with the same distances, through a device's agent."""
    pytest.importorskip("llama_cpp")
    from configspec.devices.device import open_device
    from configspec.testbed.device_spec import DeviceSpec
    from configspec.testbed.llama_cpp_spec import LlamaCppSpec

    settings = LlamaCppSpec(threads=1, context=64)
    text = list(range(2, 42))
    with open_device(DeviceSpec(name="here", connection="local"), whole.parent / "cache") as device:
        device.open_model(whole, settings)
        one = device.score(text, start=1)
        device.open_model(shards[0], settings)
        assert device.score(text, start=1) == one
    assert gguf_files(shards[0]) == tuple(shards)
