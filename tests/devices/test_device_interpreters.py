"""The agent under every Python that a board may carry, as far as this machine has them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import platformdirs
import pytest

from configspec.agent.protocol import MAX_LINE_BYTES, TOO_OLD_STATUS
from configspec.devices.device import open_device
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.ssh.upload import Interpreter, bootstrap
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding

pytestmark = [pytest.mark.real, pytest.mark.interpreters]

VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
TOO_OLD = ["2.7", "3.6", "3.7"]


def find_python(version: str) -> str:
    """An interpreter of this version that runs; the test is skipped where there is none."""
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):  # its shim may refuse a version that it has, but does not have selected
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip()
        candidates += [str(path) for path in sorted(Path(root).glob(f"versions/{version}.*/bin/python{version}"))]
    for candidate in filter(None, candidates):
        probe = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        ran = subprocess.run(probe, capture_output=True, text=True, check=False)
        if ran.returncode == 0 and ran.stdout.strip() == version:
            return candidate
    pytest.skip(f"no python{version} on this machine")


def python_with_llama_cpp(version: str) -> str:
    """An environment of this version with the llama-cpp-python that runs the tests, kept in the user's cache.

    Its wheel is for any Python 3 (it calls the library through ctypes), so it is built once.
    """
    python = find_python(version)
    llama_cpp = importlib.metadata.version("llama-cpp-python")
    configured = os.environ.get("CONFIGSPEC_CACHE_DIR")
    cache = (Path(configured) if configured else platformdirs.user_cache_path("configspec")) / "tests"
    environment = cache / f"python{version}-llama-cpp-{llama_cpp}"
    inside = environment / "bin" / "python"
    if (environment / "complete").is_file() and subprocess.run([inside, "-c", ""], check=False).returncode == 0:
        return str(inside)
    wheels = cache / "wheels"
    if not list(wheels.glob(f"llama_cpp_python-{llama_cpp}-py3-*.whl")):
        build = ["wheel", "-q", "--no-deps", "-w", str(wheels), f"llama-cpp-python=={llama_cpp}"]
        subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    (wheel,) = wheels.glob(f"llama_cpp_python-{llama_cpp}-py3-*.whl")
    subprocess.run([python, "-m", "venv", "--clear", environment], check=True)
    subprocess.run([inside, "-m", "pip", "install", "-q", "--prefer-binary", wheel], check=True)
    (environment / "complete").touch()
    return str(inside)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_agent_starts_and_serves(version: str, agent_cache: Path) -> None:
    """From 3.8 to 3.13: hello, a description, and an error as an error."""
    spec = DeviceSpec(name="board", connection="local", python=(find_python(version),))
    with open_device(spec, agent_cache) as device:
        assert device.hello.python.startswith(version + ".")
        assert device.describe().cores >= 1
        with pytest.raises(UsageError, match="no model is open"):
            device.draft(4)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_of_the_archive_can_be_imported(version: str, agent_cache: Path) -> None:
    """None of them needs a newer Python, nor anything that a bare one lacks."""
    agent = build_agent_archive().place_in(agent_cache / "agent")
    names = [name for name in zipfile.ZipFile(agent).namelist() if name != "__main__.py"]
    modules = [name[: -len(".py")].replace("/", ".") for name in names]
    program = f"import sys, importlib; sys.path.insert(0, sys.argv[1]); [importlib.import_module(m) for m in {modules}]"
    subprocess.run([find_python(version), "-S", "-c", program, agent], check=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_bad_requests_are_answered(version: str, agent_cache: Path) -> None:
    """What is no request is an error and not a crash, whatever this version's JSON reader makes of it."""
    agent = build_agent_archive().place_in(agent_cache / "agent")
    bad = [b"{", b"\xff", b"[" * 200_000, b"7" * 10_000, b'{"id": 1, "op": []}', b" " * (MAX_LINE_BYTES + 1)]
    lines = b"".join(line + b"\n" for line in [*bad, b'{"id": 2, "op": "close"}'])
    ended = subprocess.run([find_python(version), agent], input=lines, capture_output=True, check=True, timeout=60)
    _, *errors, last = map(json.loads, ended.stdout.splitlines())
    assert [error["error"]["kind"] for error in errors] == ["usage"] * len(bad)
    assert last == {"id": 2, "ok": {}}


@pytest.mark.parametrize("version", [*TOO_OLD[1:], *VERSIONS])
def test_the_agent_is_taken_in_or_the_version_is_told(version: str, tmp_path: Path) -> None:
    """The program that receives it over SSH, before anything of configspec is on the board."""
    archive = build_agent_archive()
    command = bootstrap(Interpreter(words=(find_python(version),)), "receive", archive, str(len(archive.content)))
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    ended = subprocess.run(command, input=archive.content, env=environment, capture_output=True, check=False)
    if version in TOO_OLD:
        assert ended.returncode == TOO_OLD_STATUS
        assert f"needs Python 3.8 or later; this is {version}." in ended.stderr.decode()
    else:
        path = json.loads(ended.stdout)["configspec_upload"]["path"]
        assert Path(path).read_bytes() == archive.content


@pytest.mark.parametrize("version", TOO_OLD)
def test_an_interpreter_that_is_too_old_is_told_so(version: str, agent_cache: Path) -> None:
    """Not a syntax error: the version that was found, and the one that is needed."""
    spec = DeviceSpec(name="board", connection="local", python=(find_python(version),))
    message = f"board: configspec's agent needs Python 3.8 or later; this is {version}. Name another interpreter"
    with pytest.raises(UsageError, match=message), open_device(spec, agent_cache):
        pass


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_drafting_and_scoring_on_the_oldest_and_the_newest(version: str, agent_cache: Path, tiny_gguf: Path) -> None:
    """With real llama.cpp: what is drafted is what scoring proposes."""
    pytest.importorskip("llama_cpp")
    python = python_with_llama_cpp(version)
    options = LlamaCppSpec(threads=1, context=256)
    spec = DeviceSpec(name="board", connection="local", python=(python,), llama_cpp=options)
    prompt = list(range(2, 40))
    with open_device(spec, agent_cache) as device:
        device.open_model(tiny_gguf)
        device.prefill(prompt)
        draft = device.draft(8)
        assert device.draft(8, keep=len(prompt)).tokens == draft.tokens
        assert device.score([*prompt, *draft.tokens], len(prompt)).argmax == draft.tokens


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_a_seed_draws_the_same_tokens_under_the_oldest_and_the_newest(
    version: str, agent_cache: Path, tiny_gguf: Path
) -> None:
    """With real llama.cpp: the sampled draft is that of this Python, and so are its probabilities and distribution."""
    pytest.importorskip("llama_cpp")
    decoding = Decoding(temperature=1.0, top_k=20, top_p=0.9)
    options = LlamaCppSpec(threads=1, context=256)
    drawn = []
    for python in ((python_with_llama_cpp(version),), None):
        spec = DeviceSpec(name="board", connection="local", python=python, llama_cpp=options)
        with open_device(spec, agent_cache) as device:
            device.open_model(tiny_gguf)
            device.prefill(range(2, 40))
            draft = device.draft(8, decoding=decoding, seed=7)
            drawn.append((draft.tokens, draft.probabilities, device.distribution(7)))
    (tokens, probabilities, distribution), here = drawn
    assert tokens == here[0]
    assert probabilities == pytest.approx(here[1])
    assert distribution == pytest.approx(here[2])
