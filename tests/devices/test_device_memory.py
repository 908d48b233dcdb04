"""A model that is too large for a board: told as that, and the board takes the next one.

A limit on the agent's address space takes the part of a small memory.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from configspec.devices.device import Device, open_device
from configspec.errors import TestbedError, UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.real

MB = 1_000_000
ROOM = 20 * MB  # for what is not the weights: less than the cache
LONG = LlamaCppSpec(threads=1, context=2048)
SHORT = LlamaCppSpec(threads=1, context=64)


@pytest.fixture
def peak_bytes(device: Device, tiny_gguf: Path) -> int:
    """The address space that an agent needs for a tiny model."""
    device.open_model(tiny_gguf)
    (line,) = [
        one for one in Path(f"/proc/{device.hello.pid}/status").read_text().splitlines() if one.startswith("VmPeak")
    ]
    return int(line.split()[1]) * 1024


def waiting_bytes(pipe: BinaryIO) -> int:
    """How much has been written into a pipe and not been read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def limited(folder: Path, limit_bytes: int) -> DeviceSpec:
    """A board whose agent gets no more than that."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nulimit -v {limit_bytes // 1024}\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return DeviceSpec(name="small", connection="local", python=(str(python),), llama_cpp=SHORT)


def test_weights_that_do_not_fit_are_told_and_the_next_model_opens(
    peak_bytes: int, tiny_gguf: Path, large_gguf: Path, tmp_path: Path, agent_cache: Path
) -> None:
    """Not taken for a damaged file; the person takes a smaller one, so the board is not given up."""
    with open_device(limited(tmp_path, peak_bytes + ROOM), agent_cache) as small:
        for _ in range(2):
            with pytest.raises(UsageError, match=r"^small: out of memory: .*large\.gguf.*smaller model"):
                small.open_model(large_gguf)
            assert not small.lost
            assert small.open_model(tiny_gguf).vocabulary == 300


def test_a_context_that_does_not_fit_is_told_and_leaves_no_weights_behind(
    peak_bytes: int, tiny_gguf: Path, large_gguf: Path, tmp_path: Path, agent_cache: Path
) -> None:
    """There is room for the weights once: that they find it again shows that they were let go."""
    limit_bytes = peak_bytes + large_gguf.stat().st_size + ROOM
    with open_device(limited(tmp_path, limit_bytes), agent_cache) as small:
        for _ in range(2):
            with pytest.raises(UsageError, match=r"^small: out of memory: .*context of 2048 tokens.*[Ll]ess context"):
                small.open_model(large_gguf, LONG)
            assert small.open_model(tiny_gguf).vocabulary == 300


def test_what_does_not_fit_is_refused_before_it_is_opened(device: Device, tiny_gguf: Path) -> None:
    """With what it needs, of which how much is the cache, and what is free; the board is sound."""
    cache_bytes = 10**15
    told = r"tiny\.gguf does not fit into memory: it needs 1000000\.0 GB \(weights .* MB, cache .*\), and .* are free"
    with pytest.raises(UsageError, match=told):
        device.open_model(tiny_gguf, cache_bytes=cache_bytes)
    assert not device.lost
    assert device.open_model(tiny_gguf, cache_bytes=1000).vocabulary == 300


def test_an_agent_that_is_killed_while_opening_says_which_model(
    tiny_gguf: Path, tmp_path: Path, agent_cache: Path
) -> None:
    """Linux kills so when memory runs out, which is said; a new agent opens the next model."""
    path, spec = tmp_path / "greedy.gguf", DeviceSpec(name="board", connection="local", llama_cpp=SHORT)
    with open_device(spec, agent_cache) as board, ThreadPoolExecutor(1) as work:
        os.kill(board.hello.pid, signal.SIGSTOP)
        with open(f"/proc/{board.hello.pid}/fd/0", "rb") as requests:
            opening = work.submit(board.open_model, path)
            while waiting_bytes(requests) < len(str(path)) and not opening.done():  # it has not been sent yet
                os.sched_yield()
        os.kill(board.hello.pid, signal.SIGKILL)
        told = r"killed by SIGKILL \(Linux does so when memory runs out\) before an answer to 'open' of .*greedy\.gguf"
        with pytest.raises(TestbedError, match=told):
            opening.result(timeout=30)
    with open_device(spec, agent_cache) as board:
        assert board.open_model(tiny_gguf).vocabulary == 300
