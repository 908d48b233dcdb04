"""What a history of 1,000 runs of 500 rows costs: the first reading, a later one, and the trend of every series.

Results files of 5 kB a row would take 2.5 GB, so `MADE` of them are made, and the first reading is told per file: it
takes one file after another, and nothing of it grows with their number. Later readings and trends do grow, so for them
the index is filled with as many runs as asked for, made of those files at other dates.

The peer is the fastest reader of JSON that configspec has: msgspec's, which makes of each file a value of Python's own
types. Both sides are handed files that were read a moment ago, so the disk has no part in it.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, median, stdev

import msgspec
from comparison import Line
from journal_cost import MIB, STATUS, memory_bytes
from machine import Watch
from rank_cost import varied_rows

from configspec.errors import TestbedError
from configspec.histories.index import Index
from configspec.histories.reading import read_run
from configspec.histories.run import Run
from configspec.histories.trend import Asked, trends
from configspec.records.results_file import write_results

RUNS = 1_000
ROWS = 500
MADE = 20
BOUND_RATIO = 4.0
BOUND_LATER_S = 2.0
BOUND_TREND_S = 10.0
BOUND_MIB = 1024.0
DAY_S = 86_400.0
OPTIONS = {
    **{"disable_gc": False, "timer": "device_clock", "min_rounds": 5, "max_time": 1.0, "min_time": 5e-06},
    **{"precision": None, "confidence": None, "warmup": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One process: its seconds, and the most memory that it held."""

    seconds: float
    most_bytes: int


def measure(*, repeats: int) -> list[Line]:
    """All of it, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="history-") as name:
        folder = Path(name)
        write_runs(folder / "runs")
        parse = [_run("parse", folder) for _ in range(repeats)]
        first = [_run("first", folder) for _ in range(repeats)]
        _run("fill", folder)
        later = [_run("later", folder) for _ in range(repeats)]
        trend = [_run("trend", folder) for _ in range(repeats)]
    return lines(parse, first, later, trend)


def lines(parse: Sequence[Cost], first: Sequence[Cost], later: Sequence[Cost], trend: Sequence[Cost]) -> list[Line]:
    """The four bounds."""
    ratios = [ours.seconds / peer.seconds for peer, ours in zip(parse, first, strict=True)]
    most_mib = [cost.most_bytes / MIB for cost in (*first, *later, *trend)]
    return [
        Line(
            name=f"first reading of a run of {ROWS} rows, of {MADE}",
            unit="s",
            peer=median(cost.seconds for cost in parse) / MADE,
            ours=median(cost.seconds for cost in first) / MADE,
            judged=statistics.median(ratios),
            judged_unit="x",
            low=min(ratios),
            high=max(ratios),
            n=len(ratios),
            bound=BOUND_RATIO,
            better="lower",
            notes=("peer: msgspec, into Python's own types",),
        ),
        _line(f"later reading of {RUNS:,} runs", "s", [cost.seconds for cost in later], BOUND_LATER_S),
        _line(f"trends of {RUNS:,} runs, every series", "s", [cost.seconds for cost in trend], BOUND_TREND_S),
        _line(f"memory of {RUNS:,} runs", "MiB", most_mib, BOUND_MIB),
    ]


def _line(name: str, unit: str, ours: Sequence[float], bound: float) -> Line:
    return Line(
        name=name,
        unit=unit,
        peer=bound,
        ours=median(ours),
        judged=median(ours),
        judged_unit=unit,
        low=min(ours),
        high=max(ours),
        n=len(ours),
        bound=bound,
        better="lower",
        notes=("no peer does this: beside ours stands the bound",),
    )


def write_runs(folder: Path, made: int = MADE, rows: int = ROWS) -> None:
    """Results files as nights leave them: every one has values of its own."""
    folder.mkdir()
    every = varied_rows(made * rows, devices=made)
    for number in range(made):
        some = [_whole(next(every)) for _ in range(rows)]
        head = {
            "machine_info": {"node": "host"},
            "commit_info": {"id": f"{number:040x}", "branch": "main"},
            "datetime": f"2026-01-{number + 1:02d}T03:00:00+00:00",
            "version": "5.3.1",
        }
        write_results(folder / f"{number:04d}.json", head, lambda some=some: some)  # type: ignore[misc]
