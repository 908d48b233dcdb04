"""Opening a model with settings: what llama.cpp does with each, and what is refused in words."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configspec.agent.board.description import first_affinity
from configspec.devices.device import Device, open_device
from configspec.errors import UsageError
from configspec.records.facts import ModelFacts
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.real

PLAIN = LlamaCppSpec(threads=1, context=512)
HERE = first_affinity()


def bound_to(device: Device) -> set[str]:
    """The processors to which the threads of its agent are bound, as Linux lists them."""
    tasks = Path(f"/proc/{device.hello.pid}/task")
    status = [(task / "status").read_text() for task in tasks.iterdir()]
    return {text.split("Cpus_allowed_list:")[1].split()[0] for text in status}


def drafted(device: Device, path: Path, settings: LlamaCppSpec) -> tuple[ModelFacts, tuple[int, ...]]:
    facts = device.open_model(path, settings)
    device.prefill(list(range(2, 40)))
    return facts, device.draft(8).tokens


def test_each_setting_reaches_llama_cpp(device: Device, tiny_gguf: Path) -> None:
    """By its own log; and what changes no number changes no token."""
    plain, tokens = drafted(device, tiny_gguf, PLAIN)
    asked = replace(
        PLAIN,
        batch=256,
        micro_batch=32,
        threads_batch=2,
        flash_attention="off",
        cache_type_k="f32",
        cache_type_v="f32",
        mmap=False,
        devices=("none",),
        cpu_moe_layers=1,
    )
    facts, same = drafted(device, tiny_gguf, asked)
    assert same == tokens
    assert plain.opened is not None
    assert facts.opened is not None
    assert facts.settings == asked.chosen()
    assert (facts.opened.batch, facts.opened.micro_batch, facts.batch) == (256, 32, 256)
    assert (facts.opened.threads, facts.opened.threads_batch) == (1, 2)
    assert (plain.opened.threads_batch, plain.opened.micro_batch) == (1, 512)
    assert facts.opened.flash_attention == "off"
    assert (facts.opened.cache_type_k, facts.opened.cache_type_v) == ("f32", "f32")
    assert sum(facts.opened.cache_buffers_bytes.values()) == 2 * sum(plain.opened.cache_buffers_bytes.values())
    assert "CPU_Mapped" in plain.opened.model_buffers_bytes
    assert "CPU_Mapped" not in facts.opened.model_buffers_bytes
    assert facts.opened.layers_on_gpu is None


def test_a_quantised_cache_is_smaller(device: Device, tiny_gguf: Path) -> None:
    """q8_0: 34 bytes for 32 numbers of 2 bytes each."""
    facts = device.open_model(tiny_gguf, replace(PLAIN, cache_type_k="q8_0", cache_type_v="q8_0", flash_attention="on"))
    assert facts.opened is not None
    cache = sum(facts.opened.cache_buffers_bytes.values())
    assert cache == pytest.approx(2 * 512 * 2 * 2 * 64 * 34 / 32, rel=0.02)  # layers, heads, key length


@pytest.mark.skipif(len(HERE) < 2, reason="needs two processors")
def test_the_agent_is_bound_to_the_processors_that_are_named(device: Device, tiny_gguf: Path) -> None:
    """All of its threads, with a thread of llama.cpp for each processor; the next model may have all again."""
    facts, _ = drafted(device, tiny_gguf, LlamaCppSpec(cpus=(HERE[1],), context=512))
    assert bound_to(device) == {str(HERE[1])}
    assert facts.threads == 1
    assert facts.settings == {"cpus": (HERE[1],)}
    drafted(device, tiny_gguf, replace(PLAIN, threads=2))
    assert bound_to(device) == {Path("/proc/self/status").read_text().split("Cpus_allowed_list:")[1].split()[0]}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "processors": (
        {"cpus": (HERE[0], 8000)},
        r"cpus: 8000 cannot be used here: this process may use \d.*\. Name processors of the board",
    ),
    "a device": (
        {"devices": ("CUDA7",)},
        r"devices: llama.cpp knows no such device here: CUDA7; it knows .*none\.",
    ),
    "a quantised cache without flash attention": (
        {"cache_type_v": "q4_0", "flash_attention": "off"},
        r"refuses this type of the cache: cache_type_k f16, cache_type_v q4_0: .* Declare `flash_attention: on`, or",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_board_or_its_build_cannot_do_is_told(device: Device, tiny_gguf: Path, case: str) -> None:
    """With what was found, and what would do; the agent goes on."""
    settings, words = REFUSED[case]
    with pytest.raises(UsageError, match=words):
        device.open_model(tiny_gguf, replace(PLAIN, **settings))
    assert device.open_model(tiny_gguf, PLAIN).threads == 1


@pytest.mark.parametrize("asked", [{"gpu_layers": -1}, {"gpu_layers": 3}, {"main_gpu": 0}])
def test_a_gpu_of_a_build_that_has_none_is_refused(device: Device, tiny_gguf: Path, asked: dict[str, Any]) -> None:
    """llama.cpp would use the CPU without a word; the command that builds it for this board is told."""
    if device.describe().gpu_offload:
        pytest.skip("this llama.cpp has a GPU")
    with pytest.raises(UsageError, match=r"built without a GPU back end.*CMAKE_ARGS=\"-DGGML_.*pip install"):
        device.open_model(tiny_gguf, replace(PLAIN, **asked))


def test_threads_that_nobody_declares_are_those_that_the_board_says(agent_cache: Path, tiny_gguf: Path) -> None:
    """With the reason; never more than this account's processors."""
    with open_device(DeviceSpec(name="here", connection="local"), agent_cache) as device:
        board = device.describe()
        facts = device.open_model(tiny_gguf, LlamaCppSpec(context=512))
    assert board.default_threads is not None
    assert facts.threads == board.default_threads <= (board.usable_threads or 0) <= len(os.sched_getaffinity(0))
    assert (board.default_threads_reason or "").startswith("one for each core")
    assert board.llama_devices is not None
    assert "CPU" in board.llama_devices


@pytest.mark.parametrize("python", [None, ("env", sys.executable)], ids=["started", "through words as of a container"])
def test_an_environment_reaches_the_agent_and_nothing_that_it_says(
    agent_cache: Path, tiny_gguf: Path, python: tuple[str, ...] | None
) -> None:
    """It is the process's own: nobody else can read it there."""
    env = {"A_SECRET": "hunter2", "OMP_NUM_THREADS": "1"}
    spec = DeviceSpec(name="here", connection="local", env=env, python=python)
    with open_device(spec, agent_cache) as device:
        pid = device.hello.pid
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        told = repr((device.describe(), device.hello, device.open_model(tiny_gguf, PLAIN)))
    assert {b"A_SECRET=hunter2", b"OMP_NUM_THREADS=1"} <= set(variables)
    assert b"hunter2" not in arguments
    assert "hunter2" not in told
