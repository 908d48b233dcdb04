"""Workers that die before they run a test: another does the work, or the run ends in order and says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

LIMIT_S = 120
# What Python imports before all else: a worker of execnet dies there, before it has answered.
DIES_FIRST = """
import os, signal, sys
if any("exec(eval" in argument for argument in sys.orig_argv):
    os.kill(os.getpid(), signal.SIGKILL)
"""
# A worker dies in a hook: the first one only, or each.
DIES = """
import os, pathlib, signal
def {hook}(config):
    if hasattr(config, "workerinput") and not ({once} and pathlib.Path("died").exists()):
        pathlib.Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "pytest", "--device", "fast", "--k", "1", "--benchmark-json=r.json", *flags]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=LIMIT_S)


def test_a_worker_that_is_killed_before_it_answers_ends_the_run_in_order(testbed, monkeypatch):
    """Xdist waits for its first word, and has nobody to replace."""
    Path(testbed, "sitecustomize.py").write_text(DIES_FIRST)
    monkeypatch.setenv("PYTHONPATH", str(testbed), prepend=":")
    result = run("-n1")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "a worker ended while it started, before it had answered. Was it killed" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert "INTERNALERROR" not in result.stdout + result.stderr


@pytest.mark.parametrize("hook", ["pytest_configure", "pytest_collection_modifyitems"])
def test_a_worker_that_is_killed_before_it_has_tests_is_replaced(testbed, pytester, rows_of, hook):
    """Between its first word and its collection: nothing is lost."""
    pytester.makeconftest(DIES.format(hook=hook, once=True))
    result = run("-n1")
    assert result.returncode == 0, result.stdout
    assert "replacing crashed worker gw0" in result.stdout
    assert len(rows_of("r.json")) == 2


@pytest.mark.parametrize("flags", [("-n1", "--max-worker-restart=1"), ("--tx=popen", "--dist=load")])
def test_workers_that_all_die_end_the_run(testbed, pytester, flags):
    """Also with --tx, for which xdist itself knows no limit; the exit code is not that of a run without tests."""
    pytester.makeconftest(DIES.format(hook="pytest_configure", once=False))
    result = run(*flags)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "nothing was measured: every worker died while it started or collected" in result.stdout
