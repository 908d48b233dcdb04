"""How long `pytest --collect-only` takes for a testbed of 10,000 configurations: files alone, no device is touched.

A project of its own holds a generated `devices.yaml` and one test; each collection is a fresh process, the
interpreter's start included. The count that pytest prints must be all of them. The peer's figure is the same project
asked without a device: one skipped test, so what pytest takes anyway.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from comparison import Line
from machine import Watch
from plugin_cost import environment

from configspec.errors import TestbedError

BOUND_S = 2.0
DEVICES = 25
DRAFTS = 8
QUANTS = ("Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0")
LENGTHS = 10
CONFIGURATIONS = DEVICES * DRAFTS * len(QUANTS) * LENGTHS
TEST = """
import pytest


@pytest.mark.hil
def test_configuration(hil_benchmark):
    hil_benchmark()
"""


def measure(*, repeats: int) -> Line:
    """The median of `repeats` collections, in turns with collections of nothing."""
    with tempfile.TemporaryDirectory(prefix="large-testbed-") as folder:
        project = Path(folder)
        write_project(project)
        _collect(project, "board-*", CONFIGURATIONS)  # bytecode and the disk's cache, once, untimed
        taken = [(_collect(project, None, 1), _collect(project, "board-*", CONFIGURATIONS)) for _ in range(repeats)]
    nothing_s, all_s = zip(*taken, strict=True)
    return Line(
        name=f"pytest --collect-only, {CONFIGURATIONS:,} configurations",
        unit="s",
        peer=statistics.median(nothing_s),
        ours=statistics.median(all_s),
        judged=statistics.median(all_s),
        judged_unit="s",
        low=min(all_s),
        high=max(all_s),
        n=repeats,
        bound=BOUND_S,
        better="lower",
        notes=(f"{DEVICES} devices, {DRAFTS} drafts, {len(QUANTS)} quantisations, {LENGTHS} K; peer: no device asked",),
    )


def write_project(project: Path) -> None:
    """A testbed of `CONFIGURATIONS` configurations and the one test that is parametrised over them."""
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (project / "test_testbed.py").write_text(TEST, encoding="utf-8")
    (project / "devices.yaml").write_text(inventory(), encoding="utf-8")
    for model in ("target", *_drafts()):  # that they are there is checked, what is in them is not
        (project / model).mkdir()


def inventory() -> str:
    """The testbed's file."""
    devices = [f"  board-{number}: {{connection: local}}" for number in range(DEVICES)]
    drafts = [f"      {draft}: {draft}" for draft in _drafts()]
    return "\n".join(
        [
            "devices:",
            *devices,
            "families:",
            "  family:",
            "    target: {transformers: target}",
            "    drafts:",
            *drafts,
            f"    quants: [{', '.join(QUANTS)}]",
            f"sweep: {{k: 1..{LENGTHS}}}",
            "",
        ]
    )


def _drafts() -> list[str]:
    return [f"draft-{number}" for number in range(DRAFTS)]


def collected(output: str) -> int | None:
    """How many tests `pytest --collect-only -q` says that it collected; None where it says nothing of it.

    >>> collected("10000 tests collected in 0.93s")
    10000
    """
    found = re.search(r"^(\d+) tests? collected", output, re.MULTILINE)
    return None if found is None else int(found[1])


def _collect(project: Path, device: str | None, expected: int) -> float:
    """Seconds of one collection, the interpreter's start included."""
    line = [sys.executable, "-P", "-m", "pytest", "--collect-only", "-q", "-m", "hil", "-p", "no:cacheprovider"]
    watch = Watch()
    done = subprocess.run(
        [*line, *([] if device is None else ["--device", device])],
        cwd=project,
        env=environment(os.environ),
        capture_output=True,
        text=True,
    )
    seconds = watch.elapsed_s()
    if done.returncode or collected(done.stdout) != expected:
        said = f"{done.stdout[-1000:]}{done.stderr[-1000:]}"
        raise TestbedError(f"pytest ended with {done.returncode} instead of collecting {expected} tests:\n{said}")
    return seconds
