"""Opening a device and a model: the facts, and a clear word on each thing that can be wrong."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from configspec.devices.device import Device, open_device
from configspec.devices.transport.archive import build_agent_archive
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec, ReplaySpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytestmark = pytest.mark.real


def test_opening_tells_which_model_it_is(device: Device, tiny_gguf: Path) -> None:
    """The facts name the file by its hash, the model by its sizes, and the vocabulary by its tokens' texts."""
    pytest.importorskip("llama_cpp")
    facts = device.open_model(tiny_gguf)
    content = tiny_gguf.read_bytes()
    assert facts.file_sha256 == hashlib.sha256(content).hexdigest()
    assert facts.file_bytes == len(content)
    assert (facts.architecture, facts.vocabulary, facts.trained_context) == ("llama", 300, 2048)
    texts = [f"t{index}" for index in range(300)]
    expected = hashlib.sha256("".join(f"{len(text)}:{text}" for text in texts).encode()).hexdigest()
    assert facts.vocabulary_sha256 == expected
    assert facts.parameters > 1_000_000
    assert facts.metadata["general.name"] == "tiny"
    assert (facts.threads, facts.context) == (1, 512)


def test_a_model_may_be_closed_and_another_opened(device: Device, tiny_gguf: Path) -> None:
    """The agent outlives its models."""
    pytest.importorskip("llama_cpp")
    device.open_model(tiny_gguf)
    device.close_model()
    with pytest.raises(UsageError, match="no model is open"):
        device.draft(1)
    device.open_model(tiny_gguf)
    assert device.prefill([1, 2, 3]).length == 3


@pytest.mark.parametrize("kept", [0, 3, 4, 23, 24, 100, 5_000, 100_000, -1])
def test_a_file_cut_short_is_a_usage_error_that_names_it(
    device: Device, tiny_gguf: Path, tmp_path: Path, kept: int
) -> None:
    """Wherever a download stopped, from nothing to the last byte, the file is refused by name."""
    pytest.importorskip("llama_cpp")
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny_gguf.read_bytes()[:kept])
    with pytest.raises(UsageError, match=r"cut\.gguf") as caught:
        device.open_model(path)
    assert "logged nothing" not in str(caught.value)
    device.open_model(tiny_gguf)  # and the agent is still there


def test_garbage_and_a_missing_file_are_told_apart(device: Device, tmp_path: Path) -> None:
    """A file of another kind, a folder, and no file at all have a message each."""
    pytest.importorskip("llama_cpp")
    (tmp_path / "page.gguf").write_bytes(b"<!DOCTYPE html>" * 100)
    (tmp_path / "noise.gguf").write_bytes(b"GGUF\x03\0\0\0" + bytes(range(256)) * 100)
    with pytest.raises(UsageError, match=r"page\.gguf is not a GGUF file: it begins with b'<!DO'\. Convert"):
        device.open_model(tmp_path / "page.gguf")
    with pytest.raises(UsageError, match=r"cannot load .*noise\.gguf"):
        device.open_model(tmp_path / "noise.gguf")
    with pytest.raises(UsageError, match="it is a folder"):
        device.open_model(tmp_path)
    with pytest.raises(UsageError, match=r"missing\.gguf: No such file or directory"):
        device.open_model(tmp_path / "missing.gguf")


def test_a_model_that_is_newer_than_llama_cpp_says_upgrade(device: Device, tmp_path: Path) -> None:
    """With the installed version and the architecture, of a whole file, in llama.cpp's own words."""
    llama_cpp, gguf = pytest.importorskip("llama_cpp"), pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "new.gguf", "m9")
    writer.add_token_list(["a", "b"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with pytest.raises(UsageError, match=r"new\.gguf: its llama\.cpp does not know the architecture 'm9'") as caught:
        device.open_model(tmp_path / "new.gguf")
    assert f"llama-cpp-python {llama_cpp.__version__} is too old for" in str(caught.value)
    assert "pip install --upgrade llama-cpp-python" in str(caught.value)


def test_more_context_than_the_model_was_trained_on_is_refused(device: Device, tiny_gguf: Path) -> None:
    """Both numbers are in the message."""
    pytest.importorskip("llama_cpp")
    with pytest.raises(UsageError, match="trained on 2048 tokens of context: context: 4096"):
        device.open_model(tiny_gguf, LlamaCppSpec(threads=1, context=4096))


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("/nowhere/python", "board: cannot start its `python`, /nowhere/python: No such file.*Python 3.8"),
        ("/", "board: cannot start its `python`, /: Permission denied"),
        ("false", "board: its `python` ended with status 1 before the agent said hello"),
    ],
)
def test_a_wrong_interpreter_has_one_clear_message(agent_cache: Path, python: str, message: str) -> None:
    """A path that is not there, that is not a program, and a program that is not Python."""
    spec = DeviceSpec(name="board", connection="local", python=(str(python),))
    with pytest.raises(UsageError, match=message), open_device(spec, agent_cache):
        pass


def test_an_interpreter_without_llama_cpp_says_how_to_get_it(agent_cache: Path, tmp_path: Path) -> None:
    """`describe` works and gives the reason; opening a model tells what to install, and where."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    with open_device(DeviceSpec(name="board", connection="local", python=(str(python),)), agent_cache) as board:
        facts = board.describe()
        assert facts.llama_cpp_version is None
        assert "No module named 'llama_cpp'" in str(facts.llama_cpp_reason)
        with pytest.raises(UsageError, match=f"board: {python} cannot import llama_cpp.*pip install"):
            board.open_model(tmp_path / "any.gguf")


def test_figures_from_a_file_cannot_be_opened(tmp_path: Path) -> None:
    """A replayed device has no board."""
    spec = DeviceSpec(name="paper", replay=ReplaySpec(profile=tmp_path / "p.json", device="rpi5"))
    with pytest.raises(UsageError, match=r"paper: .*no board"), open_device(spec, tmp_path):
        pass


def test_an_agent_whose_host_is_gone_stops_its_work(tiny_gguf: Path, agent_cache: Path) -> None:
    """When stdin closes, ten minutes of work end at the next token, and the agent with them."""
    pytest.importorskip("llama_cpp")
    opening = {"path": str(tiny_gguf), "threads": 1, "context": 64, "gpu_layers": 0, "batch": 64}
    work = {"k": 8, "rounds": 10**6, "warmup": 0, "seconds": 600}
    agent = build_agent_archive().place_in(agent_cache / "agent")
    with subprocess.Popen([sys.executable, agent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        for request in ({"id": 1, "op": "open", **opening}, {"id": 2, "op": "prefill", "tokens": [1, 2]}):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            assert b'"ok"' in process.stdout.readline()
        process.stdin.write(json.dumps({"id": 9, "op": "rounds", **work}).encode() + b"\n")
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_leaving_the_context_ends_the_agent(agent_cache: Path) -> None:
    """No process is left behind."""
    with open_device(DeviceSpec(name="here", connection="local"), agent_cache) as opened:
        pid = opened.hello.pid
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
