"""What it costs to believe nothing that is kept: the check of the whole cache beside the main job that uses it.

The main job's measurements (`pytest benchmarks/test_configurations.py -m hil --device local`) run once into an empty
cache and once more from it. Fresh processes then hold every file of that cache against its hash, also the files that
the job does not open. Each of these times is judged as a share of the second job, which built nothing: that is where a
check weighs most.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from comparison import Line
from machine import Watch

from configspec.cache import Store, doubt
from configspec.errors import TestbedError
from configspec.own_folder import CACHE_VARIABLE

BOUND_PERCENT = 2.0
JOB = ("-m", "pytest", "benchmarks/test_configurations.py", "-q", "-m", "hil", "--device", "local")


def measure(root: Path, *, repeats: int) -> Line:
    """`repeats` checks against the main job of the testbed in `root`."""
    with tempfile.TemporaryDirectory(prefix="cache-") as folder:
        cache, journals = Path(folder, "cache"), Path(folder, "journals")
        environ = {**os.environ, CACHE_VARIABLE: str(cache)}
        job = (*JOB, "-p", "no:cacheprovider", "-o", f"configspec_journal={journals}")
        _run(root, environ, job)  # builds
        watch = Watch()
        _run(root, environ, job)
        job_s = watch.elapsed_s()
        checks_s = [float(_run(root, environ, (__file__, str(cache)))) for _ in range(repeats)]
        return line(checks_s, job_s, sum(path.stat().st_size for path in Store(cache).entries()))


def line(checks_s: Sequence[float], job_s: float, kept_bytes: int) -> Line:
    """The median check as a share of the job, against its bound."""
    percents = [100.0 * check_s / job_s for check_s in checks_s]
    return Line(
        name="check of the cache, beside a main job that finds all in it",
        unit="s",
        peer=job_s,
        ours=statistics.median(checks_s),
        judged=statistics.median(percents),
        judged_unit="%",
        low=min(percents),
        high=max(percents),
        n=len(percents),
        bound=BOUND_PERCENT,
        better="lower",
        notes=(f"{kept_bytes / (1 << 20):.0f} MiB are kept and read; peer: the whole job",),
    )


def check_s(cache: Path) -> float:
    """Seconds to check every entry of a cache, none of which was read before by this process."""
    began_s = time.monotonic()
    entries = list(Store(cache).entries())
    doubted = [why for why in map(doubt, entries) if why is not None]
    seconds = time.monotonic() - began_s
    if doubted or not entries:
        raise TestbedError(f"{cache}: {len(entries)} files are kept, of which {len(doubted)} are not believed.")
    return seconds


def _run(root: Path, environ: Mapping[str, str], line: Sequence[str]) -> str:
    done = subprocess.run([sys.executable, *line], cwd=root, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise TestbedError(
            f"{' '.join(line)} ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
        )
    return done.stdout


if __name__ == "__main__":
    print(check_s(Path(sys.argv[1])))
