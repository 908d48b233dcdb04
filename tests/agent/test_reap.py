"""Ending an agent that was lost: that one, whatever it does, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from configspec.devices.transport.archive import build_agent_archive

pytestmark = pytest.mark.real


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Start an agent with a mark: its process, when it has said hello."""
    archive = build_agent_archive().place_in(tmp_path)
    with ExitStack() as stack:

        def start(mark: str) -> subprocess.Popen[bytes]:
            line = [sys.executable, str(archive), "30", mark]
            process = stack.enter_context(
                subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            return process

        yield start


def reap(process: subprocess.Popen[bytes], mark: str) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"id": 1, "op": "reap", "mark": mark, "deadline_s": 10}).encode() + b"\n")
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def test_a_stopped_agent_is_ended_and_others_are_not(start: Any) -> None:
    """It hears no signal but SIGKILL; one of another mark goes on, as does the one that reaps."""
    lost, other, new = start("lost"), start("other"), start("new")
    os.kill(lost.pid, signal.SIGSTOP)
    assert reap(new, "lost") == {"id": 1, "ok": {"ended": [lost.pid]}}
    assert lost.wait(timeout=5) == -signal.SIGKILL
    assert (other.poll(), new.poll()) == (None, None)


def test_reaping_never_ends_the_one_that_reaps(start: Any) -> None:
    """Whatever mark it is given."""
    new = start("new")
    assert reap(new, "new") == {"id": 1, "ok": {"ended": []}}
    assert reap(new, "lost") == {"id": 1, "ok": {"ended": []}}


def test_what_is_no_agent_of_this_archive_is_left_alone(start: Any, tmp_path: Path) -> None:
    """A program that was started with the same word, and an agent of another archive."""
    other = tmp_path / "another.zip"
    other.write_bytes(build_agent_archive().content)
    lines = [[sys.executable, "-c", "import time; time.sleep(60)", "lost"], [sys.executable, str(other), "30", "lost"]]
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(line, stdin=subprocess.PIPE)) for line in lines]
        for process in processes:
            stack.callback(process.kill)
        assert reap(start("new"), "lost") == {"id": 1, "ok": {"ended": []}}
        assert [process.poll() for process in processes] == [None, None]
