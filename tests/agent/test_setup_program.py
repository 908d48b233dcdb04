"""The program that looks at a bare board and runs what sets it up: what it finds, and what it ends."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.agent import setup

PROGRAM = Path(setup.__file__)
PI = "processor\t: 0\nFeatures\t: fp asimd crc32\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd crc32 asimddp\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image of which this test writes what is found."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path


def install(root: Path, path: str, text: str = "#!/bin/sh\n") -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def found(root: Path) -> dict[str, object]:
    return setup.facts(str(root), str(root / "home/configspec"))


def test_an_old_python_can_read_it() -> None:
    """3.6 must, so that the host can say that it is too old."""
    ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_jetson_is_known_by_its_device_tree_and_compiler(root: Path) -> None:
    """JetPack puts nvcc into no path."""
    install(root, "proc/device-tree/compatible", "nvidia,p3768\0nvidia,tegra234\0")
    install(root, "usr/local/cuda/bin/nvcc", "#!/bin/sh\necho 'Cuda compilation tools, release 12.6, V12.6.68'\n")
    told = found(root)
    assert told["compatible"] == ["nvidia,p3768", "nvidia,tegra234"]
    assert (told["nvcc"], told["cuda"]) == (str(root / "usr/local/cuda/bin/nvcc"), "12.6")


def test_cuda_that_no_link_leads_to_is_found(root: Path) -> None:
    """The newest of those in /usr/local."""
    for version in ("11.4", "12.6"):
        install(root, f"usr/local/cuda-{version}/bin/nvcc")
    assert found(root)["nvcc"] == str(root / "usr/local/cuda-12.6/bin/nvcc")


def test_a_bare_image_has_nothing_to_build_with(root: Path) -> None:
    """What is not there is null, and no error."""
    told = found(root)
    assert [told[name] for name in ("compiler", "nvcc", "cuda", "glslc", "vulkan", "online")] == [None] * 4 + [
        False
    ] * 2
    assert told["content"] == "absent"


def test_unlike_processors_have_unlike_instructions() -> None:
    """What a Pi 5 builds for itself may end with SIGILL on a Pi 4; the order of words and cores tells nothing."""
    assert setup.instructions(PI) != setup.instructions(PI_5)
    assert setup.instructions(PI + PI.replace(": 0\n", ": 1\n", 1)) == setup.instructions(PI)
    assert setup.instructions(PI.replace("fp asimd", "asimd fp")) == setup.instructions(PI)


@settings(max_examples=20)
@given(st.sets(st.sampled_from(sorted(setup.OURS))), st.sets(st.sampled_from(["model.gguf", ".git", "src"])))
def test_a_folder_of_others_is_told_from_one_of_ours(ours: set[str], others: set[str]) -> None:
    """Any file that no set-up made makes it another's."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ours | others:
            (Path(folder) / name).touch()
        expected = "other" if others else "environment" if "pyvenv.cfg" in ours else "begun"
        assert setup.content(folder) == expected


def test_the_index_is_the_one_that_pip_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's, then the file's, then the public one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip/pip.conf").write_text("[global]\nindex-url = http://mirror/simple\n", encoding="utf-8")
    assert setup.index_url() == "http://mirror/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "http://other/simple")
    assert setup.index_url() == "http://other/simple"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "no url", "file:///nowhere", "http://[::"])
def test_an_index_that_does_not_answer_is_not_reached(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with it."""
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    assert not setup.reaches(url)


Running = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def running() -> Iterator[Running]:
    """Starts the program on a script, as a host does."""
    started: list[subprocess.Popen[bytes]] = []

    def running(script: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", str(PROGRAM), "run", ""]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdin is not None
        process.stdin.write(b"\n" + b64encode(script.encode()) + b"\n\n")
        process.stdin.flush()
        return process

    yield running
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.mark.real
@pytest.mark.parametrize(("script", "status"), [("echo here; exit 7", 7), ("kill -9 $$", 128 + signal.SIGKILL)])
def test_a_scripts_status_is_the_programs(running: Running, script: str, status: int) -> None:
    """As a shell has it, while the host stays."""
    process = running(script)
    assert process.wait(timeout=20) == status


@pytest.mark.real
def test_all_that_a_script_started_ends_with_its_host(running: Running, tmp_path: Path) -> None:
    """A compiler that ignores the wish to end, too, in a process group of its own, as ninja gives it one."""
    note = tmp_path / "pid"
    compiler = "import os, signal, time; os.setpgid(0, 0); signal.signal(signal.SIGTERM, signal.SIG_IGN); " + (
        f"open('{note}', 'w').write(str(os.getpid())); time.sleep(600)"
    )
    process = running(f'{sys.executable} -S -c "{compiler}" & wait')
    end_s = time.monotonic() + 20
    while not (note.exists() and note.read_text().strip()):
        assert time.monotonic() < end_s
        time.sleep(0.02)
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=20)
    while Path(f"/proc/{note.read_text().strip()}").exists():
        assert time.monotonic() < end_s
        time.sleep(0.02)


@pytest.mark.real
def test_a_file_is_told_of_and_handed_over(tmp_path: Path) -> None:
    """Byte for byte, after its size and hash."""
    content = os.urandom(3 * 1024 * 1024 + 1)
    (tmp_path / "wheel").write_bytes(content)
    sent = subprocess.run([sys.executable, "-S", PROGRAM, "send", tmp_path / "wheel"], capture_output=True, check=True)
    line, _, rest = sent.stdout.partition(b"\n")
    assert json.loads(line)["configspec_setup"] == {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert rest == content
