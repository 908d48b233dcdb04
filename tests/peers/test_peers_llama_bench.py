"""Reading llama-bench's JSON, the command that asks for it, and where its libraries come from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from build_llama_bench import libraries_outside, loading_from
from llama_bench import Decoding, command, tokens_per_s

from configspec.errors import TestbedError

ASKED = Decoding(model=Path("draft.gguf"), tokens=64, depth=128, threads=2, repeats=1)


def _printed(**changed: object) -> str:
    """What llama-bench prints for one repetition, as far as it is read."""
    row = {"n_prompt": 0, "n_gen": 64, "n_depth": 128, "n_threads": 2, "samples_ns": [3_200_000_000], "avg_ts": 20.0}
    return json.dumps([row | changed])


def test_the_speed_is_all_tokens_over_the_time_of_the_repetition() -> None:
    """64 tokens in 3.2 s are 20 tokens/s, which is what llama-bench itself prints as avg_ts."""
    assert tokens_per_s(_printed(), ASKED) == pytest.approx(20.0)


def test_of_several_repetitions_the_median_counts() -> None:
    """One repetition that was interrupted says nothing about the others."""
    thrice = dataclasses.replace(ASKED, repeats=3)
    assert tokens_per_s(_printed(samples_ns=[3_200_000_000, 64_000_000_000, 3_100_000_000]), thrice) == pytest.approx(
        20.0
    )


@pytest.mark.parametrize(
    "changed", [{"n_gen": 128}, {"n_depth": 0}, {"n_threads": 4}, {"n_prompt": 512}, {"samples_ns": [1, 2]}]
)
def test_a_run_of_something_else_is_refused(changed: dict[str, object]) -> None:
    """Another depth, length or number of threads is another measurement."""
    with pytest.raises(TestbedError, match="n_depth"):
        tokens_per_s(_printed(**changed), ASKED)


@pytest.mark.parametrize("output", ["", "[]", "{}", "[{}]", "ggml: no backend", _printed(samples_ns=[])])
def test_output_without_a_result_is_an_error_that_shows_it(output: str) -> None:
    """No speed is made of what is no single result."""
    with pytest.raises(TestbedError, match="no result"):
        tokens_per_s(output, ASKED)


def test_the_command_asks_for_decoding_alone_at_the_depth_on_the_processor() -> None:
    """No prompt test, nothing offloaded, and the same threads as ours."""
    line = command(Path("llama-bench"), dataclasses.replace(ASKED, threads=3))
    options = dict(zip(line[1::2], line[2::2], strict=True))
    assert options == {
        "-m": "draft.gguf", "-o": "json", "-r": "1", "-p": "0", "-ngl": "0", "-n": "64", "-d": "128", "-t": "3"
    }  # fmt: skip


def test_llamas_libraries_elsewhere_are_named_and_others_are_not() -> None:
    """Only libllama and libggml* decide which kernels run."""
    ldd = """
\tlinux-vdso.so.1 (0x00007ffc)
\tlibllama-bench-impl.so => /cache/bin/libllama-bench-impl.so (0x00007f01)
\tlibllama-common.so.0 => /cache/bin/libllama-common.so.0 (0x00007f02)
\tlibllama.so.0 => /site/llama_cpp/lib/libllama.so.0 (0x00007f03)
\tlibggml-cpu.so.0 => /cache/bin/libggml-cpu.so.0 (0x00007f04)
\tlibc.so.6 => /lib/libc.so.6 (0x00007f05)
"""
    assert libraries_outside(ldd, Path("/site/llama_cpp/lib")) == ["libggml-cpu.so.0"]


def test_the_installed_libraries_come_first_in_the_loaders_path() -> None:
    """What was there stays there, behind; the environment handed in is left alone."""
    environ = {"LD_LIBRARY_PATH": "/opt/blas", "DYLD_LIBRARY_PATH": "/opt/blas", "HOME": "/home/u"}
    made = loading_from(Path("/site/lib"), environ)
    assert "/site/lib:/opt/blas" in (made["LD_LIBRARY_PATH"], made["DYLD_LIBRARY_PATH"])
    assert made["HOME"] == "/home/u"
    assert environ["LD_LIBRARY_PATH"] == "/opt/blas"
