"""The dead-man timer: an agent that hears nothing of its host ends itself, whatever it is doing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from configspec.agent.protocol import GONE_STATUS
from configspec.devices.transport.archive import build_agent_archive

pytestmark = pytest.mark.real

SILENCE_S = 1.0
# A `llama_cpp` that computes for a minute when it is imported: in C, where others may run, or holding the interpreter.
IN_C = "import time; time.sleep(60)"
IN_PYTHON = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@pytest.fixture(scope="module")
def agent_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_agent_archive().place_in(tmp_path_factory.mktemp("agent"))


@contextmanager
def running(agent_zip: Path, **environment: str) -> Iterator[Any]:
    """An agent that waits SILENCE_S for a sign of life; its hello has been read."""
    with subprocess.Popen(
        [sys.executable, str(agent_zip), str(SILENCE_S)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def beat_for(process: Any, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        process.stdin.write(b"\n")
        time.sleep(SILENCE_S / 5)


def test_a_busy_agent_says_that_it_is_there(agent_zip: Path, tmp_path: Path) -> None:
    """While llama_cpp is imported and after; each word is of the request in hand, and the last is its answer."""
    (tmp_path / "llama_cpp.py").write_text("import time; time.sleep(1)")
    with running(agent_zip, PYTHONPATH=str(tmp_path)) as process:
        process.stdin.write(b'{"id": 7, "op": "describe"}\n')
        beat_for(process, 1.5 * SILENCE_S)
        process.stdin.close()
        *events, answer = [json.loads(line) for line in process.stdout]
        assert len(events) >= 2
        assert {json.dumps(event) for event in events} == {
            '{"id": 7, "event": {"doing": null, "done": null, "total": null}}'
        }
        assert answer["ok"]["cores"] >= 1


def test_an_idle_agent_says_nothing(agent_zip: Path) -> None:
    """Beats are of a request; between two of them there is nothing to wait for."""
    with running(agent_zip) as process:
        beat_for(process, SILENCE_S)
        process.stdin.close()
        assert process.stdout.read() == b""


def test_an_agent_that_nobody_reads_still_ends(agent_zip: Path) -> None:
    """Its answer fills the pipe and holds the main thread there: the watch waits for neither of them."""
    with running(agent_zip) as process:
        process.stdin.write(b'{"id": 1, "op": "describe"}\n' * 500)
        assert process.wait(timeout=20) == GONE_STATUS


def test_a_blank_line_has_no_answer(agent_zip: Path) -> None:
    """It is read and dropped, alone or glued to a request."""
    with running(agent_zip) as process:
        process.stdin.write(b'\n\n{"id": 1, "op": "close"}\n\n{"id": 2, "op": "close"}\n')
        assert [json.loads(process.stdout.readline())["id"] for _ in range(2)] == [1, 2]


def test_an_idle_agent_lives_as_long_as_it_hears_something(agent_zip: Path) -> None:
    """Blank lines keep it; without them it is gone soon after the time is over, and not before."""
    with running(agent_zip) as process:
        beat_for(process, 2 * SILENCE_S)
        assert process.poll() is None
        begin_s = time.monotonic()
        assert process.wait(timeout=5) == GONE_STATUS
        assert time.monotonic() - begin_s > SILENCE_S / 2


@pytest.mark.parametrize("computing", [IN_C, IN_PYTHON], ids=["in-c", "in-python"])
def test_a_busy_agent_hears_too(agent_zip: Path, tmp_path: Path, computing: str) -> None:
    """While nobody reads stdin, what waits there is the sign of life; where it stops, the work stops."""
    (tmp_path / "llama_cpp.py").write_text(computing)
    with running(agent_zip, PYTHONPATH=str(tmp_path)) as process:
        process.stdin.write(b'{"id": 1, "op": "describe"}\n')
        beat_for(process, 2 * SILENCE_S)
        assert process.poll() is None
        assert process.wait(timeout=5) == GONE_STATUS


def test_a_busy_agent_whose_host_has_gone_is_not_waited_for(agent_zip: Path, tmp_path: Path) -> None:
    """The end of stdin is heard at once; work that does not look at its deadline is ended soon."""
    (tmp_path / "llama_cpp.py").write_text(IN_C)
    with running(agent_zip, PYTHONPATH=str(tmp_path)) as process:
        process.stdin.write(b'{"id": 1, "op": "describe"}\n')
        process.stdin.close()
        assert process.wait(timeout=5) == GONE_STATUS
