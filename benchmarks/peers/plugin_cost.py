"""What the installed plugin costs a project that has nothing to do with it: time added to `pytest --collect-only`.

The plugin is an entry point, so every pytest run of its environment imports it. An empty project in a folder of its own
is collected with the plugin and with `-p no:configspec`, in turns, each in a fresh process.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from comparison import Line
from machine import Watch

from configspec.errors import TestbedError, UsageError

ENTRY_POINT = "configspec"
BOUND_MS = 50.0
NOTHING_COLLECTED = 5  # pytest's exit status for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One collection: its wall-clock time, and the processor time that it used."""

    wall_ms: float
    processor_ms: float


def measure(*, pairs: int) -> Line:
    """The plugin's cost over `pairs` alternating runs."""
    if not any(point.name == ENTRY_POINT for point in metadata.entry_points(group="pytest11")):
        raise UsageError(f"{sys.prefix} has no pytest plugin {ENTRY_POINT!r}. Install configspec into it first.")
    with tempfile.TemporaryDirectory(prefix="empty-project-") as folder:
        project = Path(folder)
        (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # or pytest would look further up
        _collect(project, with_plugin=True)  # bytecode and the disk's cache, once, untimed
        without: list[Run] = []
        with_it: list[Run] = []
        for turn in range(pairs):
            for with_plugin in (False, True) if turn % 2 == 0 else (True, False):
                (with_it if with_plugin else without).append(_collect(project, with_plugin=with_plugin))
    return added(without, with_it)


def added(without: Sequence[Run], with_it: Sequence[Run]) -> Line:
    """The median of the pairs' differences in wall-clock time against the bound."""
    differences = [after.wall_ms - before.wall_ms for before, after in zip(without, with_it, strict=True)]
    processor = statistics.median(
        after.processor_ms - before.processor_ms for before, after in zip(without, with_it, strict=True)
    )
    return Line(
        name="pytest --collect-only, empty project",
        unit="ms",
        peer=statistics.median(run.wall_ms for run in without),
        ours=statistics.median(run.wall_ms for run in with_it),
        judged=statistics.median(differences),
        judged_unit="ms more",
        low=min(differences),
        high=max(differences),
        n=len(differences),
        bound=BOUND_MS,
        better="lower",
        notes=(f"processor time, which a busy machine moves less: {processor:.1f} ms more",),
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which only installed plugins load, and the checkout is not on the path by accident.

    Bytecode may be written and read, as in a user's environment; PYTHONDONTWRITEBYTECODE would have every run compile.
    """
    dropped = {
        "PYTHONPATH",
        "PYTEST_ADDOPTS",
        "PYTEST_PLUGINS",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "PYTHONDONTWRITEBYTECODE",
    }
    return {name: value for name, value in environ.items() if name not in dropped}


def _collect(project: Path, *, with_plugin: bool) -> Run:
    """One collection, the interpreter's start included."""
    off = [] if with_plugin else ["-p", f"no:{ENTRY_POINT}"]
    # -P: `python -m` would put the current folder first on the path.
    line = [sys.executable, "-P", "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *off]
    used_s = _children_s()
    watch = Watch()
    done = subprocess.run(line, cwd=project, env=environment(os.environ), capture_output=True, text=True)
    run = Run(wall_ms=watch.elapsed_s() * 1e3, processor_ms=(_children_s() - used_s) * 1e3)
    if done.returncode != NOTHING_COLLECTED:
        raise TestbedError(f"pytest ended with {done.returncode} in an empty project:\n{done.stdout}{done.stderr}")
    return run


def _children_s() -> float:
    """Processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
