"""GGUF files under attack: what cannot be is one error that names the file, at once, whatever sizes it claims."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import pytest
from damage import damaged_bytes
from model_attack import HUGE, NO_FILES, at_once, is_taken, put

gguf = pytest.importorskip("gguf")

from configspec.errors import UsageError  # noqa: E402
from configspec.families.gguf import gguf_header  # noqa: E402
from configspec.families.gguf.gguf_facts import read_facts  # noqa: E402
from configspec.families.gguf.gguf_header import MAX_HEADER_BYTES  # noqa: E402
from configspec.families.memory import cache_bytes  # noqa: E402
from configspec.families.vocabulary import compare_vocabularies  # noqa: E402


@pytest.fixture(scope="module")
def gguf_model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small model's file with the entries that are read."""
    path = tmp_path_factory.mktemp("gguf") / "whole.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(128)
    writer.add_block_count(1)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_token_list([f"t{index}" for index in range(16)])
    writer.add_tensor_info("token_embd.weight", (16, 64), gguf.quants.np.dtype("<f2"), 16 * 64 * 2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.write_tensor_data(gguf.quants.np.ones((16, 64), "<f2"))
    writer.close()
    return path.read_bytes()


def read_gguf(path: Path) -> None:
    """All that is read of a GGUF file before llama.cpp opens it."""
    facts = read_facts(path)
    compare_vocabularies(facts.vocabulary, facts.vocabulary)
    cache_bytes(path, 512)


def test_a_damaged_gguf_is_refused_or_read(gguf_model: bytes, tmp_path: Path) -> None:
    """Cut, zeroed, flipped, doubled."""
    path = tmp_path / "model.gguf"
    for what, content in damaged_bytes(gguf_model, seed=13, count=600):
        path.write_bytes(content)
        try:
            is_taken(lambda: read_gguf(path), path)
        except Exception as problem:
            problem.add_note(what)
            raise


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


VALUES: dict[str, bytes] = {
    **{f"uint64 {number}": struct.pack("<IQ", 10, number) for number in (0, 1, 3, 2**32, 2**63, 2**64 - 1)},
    **{f"int32 {number}": struct.pack("<Ii", 5, number) for number in (-1, -(2**31))},
    **{f"float64 {number}": struct.pack("<Id", 12, number) for number in (0.5, float("nan"), float("inf"), 1e308)},
    "bool": struct.pack("<IB", 7, 1),
    "text": struct.pack("<I", 8) + text("a\x1b[31m\u202e\nb"),
    "no text": struct.pack("<I", 8) + text(""),
    "no items": struct.pack("<IIQ", 9, 4, 0),
    "numbers": struct.pack("<IIQ3I", 9, 4, 3, 1, 0, 2**31),
    "texts": struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    "arrays of arrays": struct.pack("<IIQ", 9, 9, 1) * 9,
    "endless items": struct.pack("<IIQ", 9, 0, 2**63),
    "endless texts": struct.pack("<IIQ", 9, 8, 2**60),
    "endless text": struct.pack("<IQ", 8, 2**60),
    "unknown type": struct.pack("<I", 99),
}
KEYS = (
    *("general.architecture", "general.file_type", "general.alignment", "split.count", "split.no"),
    *("tokenizer.ggml.tokens", "tokenizer.ggml.pre", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token"),
    *("llama.context_length", "llama.block_count", "llama.embedding_length", "llama.attention.head_count"),
    *("llama.attention.head_count_kv", "llama.attention.key_length", "llama.attention.sliding_window"),
)
GOOD = {
    "general.architecture": struct.pack("<I", 8) + text("llama"),
    "tokenizer.ggml.tokens": struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    "llama.attention.head_count": struct.pack("<II", 4, 4),
    "llama.embedding_length": struct.pack("<II", 4, 64),
}


def gguf_of(entries: dict[str, bytes]) -> bytes:
    """A file of one tensor of 32 weights in F32."""
    head = struct.pack("<4sIQQ", b"GGUF", 3, 1, len(entries))
    head += b"".join(text(key) + value for key, value in entries.items())
    head += text("token_embd.weight") + struct.pack("<IQIQ", 1, 32, 0, 0)
    return head + bytes(-len(head) % 32) + bytes(128)


@pytest.mark.parametrize("key", KEYS)
def test_no_entry_of_a_gguf_header_is_believed(tmp_path: Path, key: str) -> None:
    """Each of every type, and of sizes that no file has."""
    path = tmp_path / "model-00001-of-00003.gguf"
    for what, value in VALUES.items():
        path.write_bytes(gguf_of(GOOD | {key: value}))
        try:
            is_taken(lambda: read_gguf(path), path)
        except Exception as problem:
            problem.add_note(what)
            raise


def test_the_hand_made_file_is_taken(tmp_path: Path) -> None:
    """So that what the others are refused for is what was changed."""
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf_of(GOOD))
    assert is_taken(lambda: read_gguf(path), path)


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("place", [8, 16, 24], ids=["tensors", "entries", "length of the first key"])
def test_a_count_that_cannot_be_is_refused(gguf_model: bytes, tmp_path: Path, place: int, number: int) -> None:
    """At once, and without memory for it."""
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf_model[:place] + struct.pack("<Q", number) + gguf_model[place + 8 :])
    assert not is_taken(lambda: read_gguf(path), path)


@pytest.mark.parametrize("alignment", [0, 3, 2**21, 2**31])
def test_an_alignment_is_a_power_of_two(tmp_path: Path, alignment: int) -> None:
    """As ggml demands; a larger one than a megabyte is damage."""
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf_of(GOOD | {"general.alignment": struct.pack("<II", 4, alignment)}))
    with pytest.raises(UsageError, match=f"general.alignment is {alignment}"):
        read_facts(path)


def test_tensors_that_overlap_are_refused(tmp_path: Path) -> None:
    """Of two that are whole each, one would hold the other's weights; llama.cpp demands one after the other."""
    path = tmp_path / "model.gguf"
    for offset, taken in ((128, True), (96, False), (0, False)):
        head = struct.pack("<4sIQQ", b"GGUF", 3, 2, len(GOOD))
        head += b"".join(text(key) + value for key, value in GOOD.items())
        head += text("output.weight") + struct.pack("<IQIQ", 1, 32, 0, offset)
        head += text("token_embd.weight") + struct.pack("<IQIQ", 1, 32, 0, 0)
        path.write_bytes(head + bytes(-len(head) % 32) + bytes(256))
        assert is_taken(lambda: read_gguf(path), path) == taken, offset


def test_a_file_that_is_cut_while_it_is_read_is_refused(gguf_model: bytes) -> None:
    """As by `cp` over it: through a mapping of the file that were the end of the process."""
    with pytest.raises(gguf_header._DamageError, match="it became shorter while its header was read"):
        gguf_header._Cursor(io.BytesIO(gguf_model[:200]), len(gguf_model)).header()


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two is meant, llama.cpp does not say either."""
    path, head = tmp_path / "model.gguf", struct.pack("<4sIQQ", b"GGUF", 3, 0, 2)
    path.write_bytes(head + 2 * (text("general.file_type") + struct.pack("<II", 4, 1)))
    with pytest.raises(UsageError, match=r"entry 'general\.file_type' comes twice"):
        read_facts(path)


@pytest.mark.parametrize(
    "value", [struct.pack("<IQ", 8, 2**28), struct.pack("<IIQ", 9, 8, 2**20)], ids=["text", "texts"]
)
def test_a_header_as_large_as_its_file_is_not_read_to_its_end(tmp_path: Path, value: bytes) -> None:
    """A sparse file costs its sender nothing: a text of 256 MiB, or millions of empty ones."""
    path = tmp_path / "model.gguf"
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**40) + text("k") + value)
    os.truncate(path, 1 << 34)
    with at_once(), pytest.raises(UsageError, match=f"more than {MAX_HEADER_BYTES:,} bytes|comes twice"):
        read_facts(path)


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_stands_in_a_gguf_files_place_is_refused(tmp_path: Path, kind: str) -> None:
    """It neither waits for a writer nor reads without end."""
    put(kind, tmp_path / "model.gguf")
    assert not is_taken(lambda: read_gguf(tmp_path / "model.gguf"), tmp_path / "model.gguf")
