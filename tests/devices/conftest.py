"""A language model of random numbers, small enough to be made for each test run, and this machine as a device."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from configspec.agent.board.files import RESERVE_BYTES
from configspec.devices.device import Device, open_device
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

VOCABULARY = 300
TRAINED_CONTEXT = 2048
DISK_BYTES = 12 * 1024 * 1024  # of a small disk, beside what a push keeps free


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file: Llama architecture, 2 layers, 256 wide, byte-level vocabulary, random weights in float16."""
    pytest.importorskip("gguf")
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_tiny_gguf(path)
    return path


@pytest.fixture(scope="session")
def large_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with 40 layers, 512 wide: 190 MB, and 84 MB of cache for 2,048 tokens."""
    pytest.importorskip("gguf")
    path = tmp_path_factory.mktemp("gguf") / "large.gguf"
    write_tiny_gguf(path, width=512, layers=40)
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for DISK_BYTES and no more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={RESERVE_BYTES + DISK_BYTES}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def write_tiny_gguf(path: Path, *, width: int = 256, layers: int = 2, vocabulary: int = VOCABULARY) -> None:
    """Write the model; the same arguments give the same file."""
    import gguf
    import numpy as np

    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(TRAINED_CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    writer.add_vocab_size(vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{index}" for index in range(vocabulary)])
    writer.add_token_types([gguf.TokenType.NORMAL] * vocabulary)
    writer.add_token_merges(["t 0"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)

    def matrix(name: str, rows: int, columns: int, scale: float) -> None:
        writer.add_tensor(name, (random.standard_normal((rows, columns)) * scale).astype(np.float16))

    matrix("token_embd.weight", vocabulary, width, 1.0)
    matrix("output.weight", vocabulary, width, 3.0 * width**-0.5)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(layers):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", np.ones(width, np.float32))
        matrix(f"blk.{layer}.attn_q.weight", width, width, 2.0 * width**-0.5)
        matrix(f"blk.{layer}.attn_k.weight", width // 2, width, 2.0 * width**-0.5)
        matrix(f"blk.{layer}.attn_v.weight", width // 2, width, 2.0 * width**-0.5)
        matrix(f"blk.{layer}.attn_output.weight", width, width, 2.0 * width**-0.5)
        matrix(f"blk.{layer}.ffn_gate.weight", 2 * width, width, width**-0.5)
        matrix(f"blk.{layer}.ffn_up.weight", 2 * width, width, width**-0.5)
        matrix(f"blk.{layer}.ffn_down.weight", width, 2 * width, width**-0.5)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="session")
def reference(tiny_gguf: Path) -> Any:
    """llama-cpp-python's own high-level model of the same file, which keeps the logits of every position."""
    llama_cpp = pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
    return llama_cpp.Llama(
        str(tiny_gguf), n_ctx=512, n_threads=1, n_threads_batch=1, logits_all=True, flash_attn=True, verbose=False
    )


@pytest.fixture(scope="session")
def agent_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the agent's archive is kept."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def device(agent_cache: Path) -> Iterator[Device]:
    """The machine of the tests, with one thread for llama.cpp."""
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=512))
    with open_device(spec, agent_cache) as opened:
        yield opened
