"""What the gate costs: every series of a run of 150 rows, four a row, against a history of 30 nights.

Each night is a compact file of a store, made of one run with noise of its own; some nights have three runs, as those
have in which something was suspect. Judged is the whole command, in a process of its own. No other tool that we found
has a rule for a history, so the peer's column has the bound.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from comparison import Line
from history_cost import write_runs
from machine import Watch

from configspec.errors import TestbedError
from configspec.histories.reading import read_run
from configspec.histories.run import Run
from configspec.histories.store import add_run

NIGHTS = 30
ROWS = 150
AGAIN = 6  # every so many nights something was measured again
BOUND_S = 5.0
DAY_S = 86_400.0
NOISE = 0.01


def measure(*, repeats: int) -> list[Line]:
    """The seconds of `configspec check` of all series."""
    with tempfile.TemporaryDirectory(prefix="check-") as name:
        folder = Path(name)
        series = write_store(folder)
        seconds = [_seconds(folder) for _ in range(repeats)]
    return lines(seconds, series)


def lines(seconds: Sequence[float], series: int) -> list[Line]:
    """The one bound."""
    return [
        Line(
            name=f"check of {series} series against {NIGHTS} nights",
            unit="s",
            peer=BOUND_S,
            ours=median(seconds),
            judged=median(seconds),
            judged_unit="s",
            low=min(seconds),
            high=max(seconds),
            n=len(seconds),
            bound=BOUND_S,
            better="lower",
            notes=("no peer does this: beside ours stands the bound",),
        )
    ]


def write_store(folder: Path, nights: int = NIGHTS, rows: int = ROWS) -> int:
    """A store of so many nights in `folder/store`, and one more in `folder/new`; how many series a run has."""
    write_runs(folder / "runs", made=1, rows=rows)
    (path,) = (folder / "runs").glob("*.json")
    run = read_run(path, choices=True)
    rng = np.random.default_rng(1)
    for night in range(nights):
        for part in range(3 if night % AGAIN == 0 else 1):
            add_run(folder / "store", night_of_run(run, night + part / 24, f"night {night}", rng))
    add_run(folder / "new", night_of_run(run, nights, "tonight", rng))
    return len(run.measured)


def night_of_run(run: Run, day: float, night: str, rng: np.random.Generator) -> Run:
    """The run again, with other luck: what is counted stays."""
    at_s = (run.at_s or 0.0) + DAY_S * day
    luck = float(np.exp(NOISE * rng.standard_normal()))
    measured = {
        key: replace(one, at_s=at_s, night=night, value=one.value * (1.0 if key.metric.better == "exact" else luck))
        for key, one in run.measured.items()
    }
    sha256 = f"{round(day * 24):064x}"
    return replace(run, measured=measured, at_s=at_s, night=night, sha256=sha256, figures_sha256=sha256)


def _seconds(folder: Path) -> float:
    """One check in a process of its own; its exit code says that it judged, and nothing failed."""
    watch = Watch()
    words = [sys.executable, "-m", "configspec.cli", "check", str(folder / "new"), "--against", str(folder / "store")]
    done = subprocess.run([*words, "--all"], capture_output=True, text=True)
    seconds = watch.elapsed_s()
    if done.returncode:
        raise TestbedError(f"check: ended with {done.returncode}:\n{done.stdout[:1000]}{done.stderr[-1000:]}")
    return seconds
