"""The most memory that a run of 2,000 replayed rows holds, with journal, results file and rankings.

The peer is pytest-benchmark by itself: as many tests with as many times, and its results file. Each is a fresh process;
its interpreter and libraries are included (VmHWM of /proc/self/status, Linux).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from comparison import Line
from journal_cost import memory_bytes
from plugin_cost import environment

from configspec.errors import TestbedError

ROWS = 2_000
BOUND_MB = 120.0
MB = 1_000_000
# Plugins of what tests configspec, and of a library that others need: nobody measures with them.
WITHOUT = [part for name in ("cacheprovider", "hypothesispytest", "anyio") for part in ("-p", f"no:{name}")]
DRAFTS, QUANTS, LENGTHS = 10, 10, 20
OURS = """
def test_configuration(hil_benchmark):
    hil_benchmark()
"""
PEER = f"""
import pytest

@pytest.mark.parametrize("number", range({ROWS}))
def test_plain(benchmark, number):
    benchmark.pedantic(lambda: None, rounds=1, iterations=1)
"""
# At the very end, when the rankings have been shown.
CONFTEST = """
import pathlib

def pytest_unconfigure():
    pathlib.Path("status").write_text(pathlib.Path("/proc/self/status").read_text())
"""


def measure(*, repeats: int) -> Line:
    """The median of `repeats` runs, in turns with the peer."""
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        project = Path(folder)
        write_project(project)
        taken = [(_most_bytes(project, "test_peer.py"), _most_bytes(project, "test_ours.py")) for _ in range(repeats)]
    peer, ours = ([most_bytes / MB for most_bytes in each] for each in zip(*taken, strict=True))
    return Line(
        name=f"memory of a run of {ROWS:,} replayed rows",
        unit="MB",
        peer=statistics.median(peer),
        ours=statistics.median(ours),
        judged=statistics.median(ours),
        judged_unit="MB",
        low=min(ours),
        high=max(ours),
        n=repeats,
        bound=BOUND_MB,
        better="lower",
        notes=("peer: as many rows of pytest-benchmark by itself",),
    )


def write_project(project: Path) -> None:
    """A testbed of one recorded device with `ROWS` configurations, and the tests of both sides."""
    files = {"test_ours.py": OURS, "test_peer.py": PEER, "conftest.py": CONFTEST, "pytest.ini": "[pytest]\n"}
    files["devices.yaml"] = "devices:\n  board: {replay: {profile: profile.json, device: board}}\n"
    files["profile.json"] = json.dumps(profile())
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")


def profile() -> dict[str, object]:
    """Figures made up, all of them equal."""
    drafters = [(f"draft-{draft}", f"Q{quant}") for draft in range(DRAFTS) for quant in range(QUANTS)]
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    acceptance = [
        {"draft": draft, "quant": quant, "k": k, "rate": figure, "from": "made up"}
        for draft, quant in drafters
        for k in range(1, LENGTHS + 1)
    ]
    cell = {"family": "f", "drafting_tokens_per_s": figure, "power_w": None, "power_reason": "made up"}
    cells = [{**cell, "draft": draft, "quant": quant} for draft, quant in drafters]
    serving = {"verify_s": 0.5, "usd_per_million_tokens": 1.0, "bills": "drafted"}
    return {
        "configspec_profile": 1,
        "provenance": "declared",
        "confidence": 1.0,
        "source": "made up",
        "license": "Apache-2.0",
        "families": {"f": {"target": "none", "serving": serving, "acceptance": acceptance}},
        "devices": {"board": {"name": "board", "cells": cells}},
    }


def _most_bytes(project: Path, test: str) -> int:
    line = [sys.executable, "-P", "-m", "pytest", test, "-q", *WITHOUT, "--benchmark-json=r.json"]
    done = subprocess.run(
        [*line, *(["--device", "board", "--k", f"1..{LENGTHS}"] if test == "test_ours.py" else [])],
        cwd=project,
        env=environment(os.environ),
        capture_output=True,
        text=True,
    )
    if done.returncode or f"{ROWS} passed" not in done.stdout:
        raise TestbedError(f"pytest {test}: {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    return memory_bytes((project / "status").read_text(encoding="ascii"), "VmHWM")
