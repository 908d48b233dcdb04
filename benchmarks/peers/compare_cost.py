"""Two results files of 500 rows side by side: `pytest-benchmark compare` (peer) and `configspec compare` (ours).

Both are whole commands, in processes of their own, on the same two files, in turns; bytecode of both is written and
read, as in a user's environment. The peer shows times; ours shows
every series with its ratio and interval, the choices, and what choosing the old one costs now.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from comparison import Line, Pair, compare, enough
from history_cost import write_runs
from machine import Watch
from plugin_cost import environment

from configspec.errors import TestbedError

ROWS = 500
MOST_TIMES = 3
NO_SLOWER = 1.0


def measure(*, repeats: int) -> Line:
    """The seconds of both, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        write_runs(Path(name, "runs"), made=1, rows=ROWS)
        (first,) = Path(name, "runs").glob("*.json")
        second = first.with_name("later.json")
        second.write_text(first.read_text("utf-8").replace("2000-01-01T03", "2000-01-02T03"), "utf-8")
        files = [str(first), str(second)]
        taken: list[Pair] = []
        while not enough(taken, least=repeats, most=repeats * MOST_TIMES):
            watch = Watch()
            peer_s = _seconds("-m", "pytest_benchmark", "compare", *files)
            ours_s = _seconds("-m", "configspec.cli", "compare", *files)
            taken.append(Pair(peer=peer_s, ours=ours_s, waited=watch.waited()))
    both = compare(f"two files of {ROWS} rows side by side", "s", taken, least=repeats, at_least=0.0)
    return replace(both, bound=NO_SLOWER, better="lower")


def _seconds(*words: str) -> float:
    watch = Watch()
    done = subprocess.run([sys.executable, *words], env=environment(os.environ), capture_output=True, text=True)
    seconds = watch.elapsed_s()
    if done.returncode:
        raise TestbedError(f"{' '.join(_known(words))}: ended with {done.returncode}:\n{done.stderr[-1000:]}")
    if not done.stdout.strip() and not done.stderr.strip():
        raise TestbedError(f"{' '.join(_known(words))}: printed nothing, so it compared nothing")
    return seconds


def _known(words: Sequence[str]) -> Sequence[str]:
    return words[:3]
