"""A board whose llama_cpp cannot be imported is unconfigured, with what to install; never a sick board, or our bug."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from configspec.devices.device import open_device
from configspec.devices.probe import probe
from configspec.devices.transport.import_trap import import_trap
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec

SIGNAL = "import os, signal; os.kill(os.getpid(), signal.{name})"
TRAPS = {
    SIGNAL.format(
        name="SIGILL"
    ): r"SIGILL when it is imported: it was built for another processor\. Build it there: CMA",
    SIGNAL.format(name="SIGSEGV"): r"SIGSEGV when it is imported: it does not fit this board's system\. Build it there",
    SIGNAL.format(name="SIGABRT"): r"SIGABRT when it is imported",
    "import sys; sys.exit('CUDA error: no kernel image is available')": r"CUDA error: no kernel image.*pip install",
    "raise RuntimeError('Failed to load shared library libllama.so')": r"Failed to load shared library.*pip install",
    "raise ImportError": r"cannot import llama_cpp.*pip install",
    "1/0": r"division by zero.*pip install",
}


@pytest.fixture
def board(tmp_path: Path):
    """A board on this machine whose Python finds that package."""

    def board(text: str) -> DeviceSpec:
        package = tmp_path / "packages" / "llama_cpp"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text, encoding="utf-8")
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nPYTHONPATH={package.parent} exec {sys.executable} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        return DeviceSpec(name="board", connection="local", python=(str(python),))

    return board


@pytest.mark.real
@pytest.mark.parametrize(("text", "words"), TRAPS.items())
def test_it_is_unconfigured(text, words, board, agent_cache):
    """In the table of devices, with what would do."""
    with probe([board(text)], agent_cache, timeout_s=30.0, models={}) as (found,):
        assert found.state == "unconfigured"
        assert re.search(words, found.reasons[0], re.DOTALL), found.reasons


@pytest.mark.real
def test_a_run_ends_with_the_same_words(board, agent_cache, tiny_gguf):
    """A usage error: whoever owns the board has to act."""
    with (
        pytest.raises(UsageError, match=r"^board: its llama_cpp ends the interpreter with SIGILL"),
        open_device(board(SIGNAL.format(name="SIGILL")), agent_cache) as device,
    ):
        device.open_model(tiny_gguf)


def fatal(where: str) -> str:
    """What Python's fault handler writes when it is in that file."""
    return (
        f"a banner\nFatal Python error: Illegal instruction\n\nCurrent thread 0x1 (most recent call first):\n{where}\n"
    )


IMPORTING = '  File "/x/llama_cpp/__init__.py", line 1 in <module>'


@pytest.mark.parametrize(
    ("status", "stderr", "told"),
    [
        (-4, fatal(IMPORTING), True),
        (-11, fatal(f'  File "/usr/lib/python3.8/ctypes/__init__.py", line 3 in __init__\n{IMPORTING}'), True),
        (-4, fatal('  File "/x/numpy/__init__.py", line 1 in <module>'), False),
        (-4, "llama_cpp was here", False),
        (-9, "", False),
        (1, fatal(IMPORTING), False),
        (None, fatal(IMPORTING), False),
        (-4000, fatal(IMPORTING), True),
    ],
)
def test_only_a_signal_at_the_import_is_one(status, stderr, told):
    """By the interpreter's status and what the fault handler wrote."""
    assert (import_trap(status, stderr) is not None) is told
