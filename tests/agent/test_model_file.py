"""Refusing a model that is larger than the memory, or that this llama.cpp does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.agent.llama.model_file import cannot_load, check_memory
from configspec.agent.protocol import AgentError

GB = 10**9


def make(path: Path, size_bytes: int) -> str:
    """A file of that size that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(size_bytes)
    return str(path)


def test_a_model_larger_than_the_memory_is_refused_with_both_figures(tmp_path: Path) -> None:
    """Another quantisation or machine is the person's choice; a model that just fits is opened."""
    path = make(tmp_path / "large.gguf", 5 * GB)
    check_memory(path, 5 * GB)
    with pytest.raises(AgentError, match="does not fit into memory") as caught:
        check_memory(path, 5 * GB - 1)
    assert caught.value.kind == "usage"
    assert caught.value.found == "it needs 5.0 GB (weights 5.0 GB, cache 0.0 MB), and 5.0 GB are free"


def test_the_cache_of_the_context_counts(tmp_path: Path) -> None:
    """Weights that fit alone are refused with it."""
    path = make(tmp_path / "large.gguf", 5 * GB)
    check_memory(path, 7 * GB, cache_bytes=2 * GB)
    with pytest.raises(AgentError, match="does not fit into memory") as caught:
        check_memory(path, 6 * GB, cache_bytes=2 * GB)
    assert caught.value.found == "it needs 7.0 GB (weights 5.0 GB, cache 2.0 GB), and 6.0 GB are free"


def test_all_shards_count(tmp_path: Path) -> None:
    """Two shards that fit alone and not together."""
    first, _ = (make(tmp_path / f"m-0000{number}-of-00002.gguf", 2 * GB) for number in (1, 2))
    check_memory(first, 4 * GB)
    with pytest.raises(AgentError, match="does not fit"):
        check_memory(first, 3 * GB)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    """Whatever the memory."""
    first = make(tmp_path / "m-00001-of-00002.gguf", 100)
    with pytest.raises(AgentError) as caught:
        check_memory(first, None)
    assert str(caught.value.found).endswith("m-00002-of-00002.gguf is missing")


def test_an_unknown_memory_refuses_nothing(tmp_path: Path) -> None:
    """Not every system tells it."""
    check_memory(make(tmp_path / "large.gguf", 5 * GB), None)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("llama_model_load: error loading model: unknown model architecture: 'm9'\n", "the architecture 'm9'"),
        (
            "error loading model: error loading model vocabulary: unknown pre-tokenizer type: 'm9'\n",
            "pre-tokeniser 'm9'",
        ),
        ("gguf_init_from_reader: tensor 'a.b' has invalid ggml type 97. should be in [0, 41)\n", "type of tensor '97'"),
    ],
)
def test_what_llama_cpp_does_not_know_says_upgrade(log: str, told: str) -> None:
    """The file is right, and fetching it once more would change nothing."""
    error = cannot_load(
        "m.gguf", f"begin\n{log}llama_model_load_from_file_impl: failed to load model\n", "...", "0.3.2"
    )
    assert error.kind == "usage"
    assert str(error) == "llama-cpp-python 0.3.2 is too old for m.gguf"
    assert str(error.found).endswith(told)
    assert "-m pip install --upgrade llama-cpp-python" in str(error.hint)
    assert "download" not in str(error.hint)


def test_any_other_refusal_quotes_llama_cpp() -> None:
    """A file cut short is the usual reason."""
    error = cannot_load(
        "m.gguf", "tensor 'a' data is not within the file bounds\n", "not within the file bounds", "0.3.2"
    )
    assert (str(error), error.found) == ("llama.cpp cannot load m.gguf", "not within the file bounds")
