"""Reading GGUF files that are whole, cut short, damaged, or something else."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

gguf = pytest.importorskip("gguf")

from configspec.errors import UsageError  # noqa: E402
from configspec.families.gguf.gguf_facts import read_facts  # noqa: E402
from configspec.families.gguf.gguf_header import read_header  # noqa: E402
from configspec.families.gguf.gguf_writer import write_gguf  # noqa: E402
from configspec.families.vocabulary import vocabulary_of_folder  # noqa: E402

MakeFolder = Callable[..., Path]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A valid file of one small tensor, with an entry of every type."""
    path = tmp_path_factory.mktemp("gguf") / "whole.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(128)
    writer.add_token_list([f"t{index}" for index in range(16)])
    writer.add_token_types([1] * 16)
    writer.add_token_scores([0.5] * 16)
    writer.add_add_bos_token(True)
    writer.add_float64("made.up", 2.5)
    writer.add_int64("made.up.too", -7)
    writer.add_tensor_info("token_embd.weight", (16, 64), gguf.quants.np.dtype("<f2"), 16 * 64 * 2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.write_tensor_data(gguf.quants.np.ones((16, 64), "<f2"))
    writer.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "file.gguf"


def test_facts_of_a_converted_folder(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The file's own word on what it is, and the same vocabulary as the folder it came from."""
    folder, path = make_folder(architecture="Qwen3ForCausalLM"), tmp_path / "out.gguf"
    write_gguf(folder, path)
    facts = read_facts(path)
    assert (facts.architecture, facts.quant, facts.pre_tokenizer, facts.context) == ("qwen3", "F16", "qwen2", 512)
    assert facts.tokens == vocabulary_of_folder(folder).tokens
    assert dict(facts.tensor_types) == {"F16": 8, "F32": 5}
    assert facts.fallbacks == ()
    assert facts.size_bytes == path.stat().st_size
    assert facts.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_header_is_read_as_the_gguf_package_reads_it(whole: bytes, scratch: Path) -> None:
    """Every entry and every tensor, of a file that both accept."""
    scratch.write_bytes(whole)
    header, reader = read_header(scratch), gguf.GGUFReader(scratch)
    theirs = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    ours = {key: list(value) if isinstance(value, tuple) else value for key, value in header.metadata.items()}
    assert ours == theirs
    assert [(t.name, list(t.shape), t.kind, header.data_bytes + t.offset_bytes) for t in header.tensors] == [
        (t.name, t.shape.tolist(), t.tensor_type, t.data_offset) for t in reader.tensors
    ]


def test_what_is_no_language_model_by_its_header_is_refused(tmp_path: Path) -> None:
    """Whatever its name: it says what it is."""
    for number, (architecture, kind, told) in enumerate(
        (
            ("clip", None, "the part of a model that reads images"),
            ("clip", "mmproj", "the part of a model that reads images"),
            ("llama", "adapter", "an adapter"),
            ("controlvector", None, "a control vector"),
            ("qwen3", "imatrix", "an importance matrix"),
        )
    ):
        writer = gguf.GGUFWriter(tmp_path / f"{number}.gguf", architecture)
        if kind:
            writer.add_type(kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        writer.close()
        with pytest.raises(UsageError, match=rf"{number}\.gguf is {told} by its header, so it cannot draft"):
            read_facts(tmp_path / f"{number}.gguf")


def test_the_types_of_a_files_tensors_are_counted(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The most first, whatever the file calls itself."""
    write_gguf(make_folder(), tmp_path / "out.gguf")
    assert read_facts(tmp_path / "out.gguf").types_in_words == "F16 8, F32 3"


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_cut_anywhere_is_refused(whole: bytes, scratch: Path, data: st.DataObject) -> None:
    """No cut leaves a file that is taken for whole, and none escapes as another error."""
    scratch.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(UsageError):
        read_facts(scratch)


def test_a_cut_file_says_what_is_needed_and_what_is_there(whole: bytes, scratch: Path) -> None:
    """And what would do."""
    scratch.write_bytes(whole[:-10])
    with pytest.raises(UsageError, match=rf"needs {len(whole)} bytes, it has {len(whole) - 10}.*models build"):
        read_facts(scratch)


@given(data=st.data())
@settings(deadline=None)
def test_damage_is_refused_or_harmless(whole: bytes, scratch: Path, data: st.DataObject) -> None:
    """Bytes overwritten anywhere, the counts included: an answer at once, and never another error."""
    place = data.draw(st.integers(4, len(whole) - 8))
    filler = data.draw(st.binary(min_size=1, max_size=8))
    scratch.write_bytes(whole[:place] + filler + whole[place + len(filler) :])
    try:
        read_facts(scratch)
    except UsageError as error:
        assert str(scratch) in str(error)  # noqa: PT017


@given(st.binary(max_size=300), st.booleans())
@settings(deadline=None)
def test_garbage_is_refused(scratch: Path, garbage: bytes, begins_well: bool) -> None:
    """With GGUF's magic before it or without."""
    scratch.write_bytes((b"GGUF" + struct.pack("<I", 3) if begins_well else b"") + garbage)
    with pytest.raises(UsageError):
        read_facts(scratch)


def test_another_kind_of_file_shows_how_it_begins(scratch: Path) -> None:
    """A pointer of Git LFS is the usual one, and has its own advice."""
    scratch.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(UsageError, match=r"begins with b'version '.*git lfs pull"):
        read_facts(scratch)


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    """Neither is a traceback."""
    with pytest.raises(UsageError, match="does not exist"):
        read_facts(tmp_path / "none.gguf")
    with pytest.raises(UsageError, match="cannot be read"):
        read_facts(tmp_path)
    (tmp_path / "empty.gguf").touch()
    with pytest.raises(UsageError, match="is empty"):
        read_facts(tmp_path / "empty.gguf")


def test_a_type_that_the_gguf_package_does_not_know_asks_for_a_newer_one(whole: bytes, scratch: Path) -> None:
    """llama.cpp adds types faster than packages are upgraded."""
    kind = struct.pack("<IQ", gguf.GGMLQuantizationType.F16, 0)  # the end of the only tensor's entry
    scratch.write_bytes(whole.replace(kind, struct.pack("<IQ", 999, 0)))
    with pytest.raises(UsageError, match=r"type 999.*pip install -U gguf"):
        read_facts(scratch)
