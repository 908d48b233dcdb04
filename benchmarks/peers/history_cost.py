"""What a history of 1,000 runs of 500 rows costs: the first reading, a later one, and the trend of every series.

Results files of 5 kB a row would take 2.5 GB, so `MADE` of them are made, and the first reading is told per file: it
takes one file after another, and nothing of it grows with their number. Later readings and trends do grow, so for them
the index is filled with as many runs as asked for, made of those files at other dates.

The peer is the fastest reader of JSON that configspec has: msgspec's, which makes of each file a value of Python's own
types. Both sides are handed files that were read a moment ago, so the disk has no part in it.
Ours has a process for each processor.
"""

from __future__ import annotations

import gc
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import mean, median, quantiles, stdev

import msgspec
from comparison import Line, within
from journal_cost import MIB, STATUS, memory_bytes
from machine import Watch, processors
from rank_cost import DEVICES, varied_rows

from configspec.errors import TestbedError
from configspec.histories.compact import content
from configspec.histories.compact_form import RunForm
from configspec.histories.index import SETTLED_NS, remove_index
from configspec.histories.reading import night_of, read_run
from configspec.histories.sources import Places, read_sources, run_files
from configspec.histories.store import place_of
from configspec.histories.trend import Asked, trends
from configspec.records.codec import from_record
from configspec.records.results_file import write_results
from configspec.records.shared import record_of

RUNS = 1_000
ROWS = 500
MADE = 60
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
    """One way: its seconds, and the most memory that its process held."""

    seconds: float
    most_bytes: int


def measure(*, repeats: int) -> list[Line]:
    """All of it, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="history-") as name:
        folder = Path(name)
        write_runs(folder / "runs")
        pairs = [(_run("parse", folder), _run("first", folder)) for _ in range(repeats)]
        _run("fill", folder)
        of_index = [(_run("later", folder), _run("trend", folder)) for _ in range(repeats)]
    return lines(pairs, of_index)


def lines(pairs: Sequence[tuple[Cost, Cost]], of_index: Sequence[tuple[Cost, Cost]]) -> list[Line]:
    """The four bounds: of pairs of the peer and the first reading, and of a later reading and the trend."""
    ratios = [ours.seconds / peer.seconds for peer, ours in pairs]
    most_mib = max(cost.most_bytes / MIB for both in of_index for cost in both)
    return [
        Line(
            name=f"first reading of a run of {ROWS} rows, of {MADE}",
            unit="s",
            peer=median(peer.seconds for peer, _ in pairs) / MADE,
            ours=median(ours.seconds for _, ours in pairs) / MADE,
            judged=median(ratios),
            judged_unit="x",
            low=min(ratios),
            high=max(ratios),
            n=len(ratios),
            bound=BOUND_RATIO,
            better="lower",
            notes=("peer: msgspec, into Python's own types",),
        ),
        within(f"later reading of {RUNS:,} runs", "s", [later.seconds for later, _ in of_index], BOUND_LATER_S),
        within(f"trends of {RUNS:,} runs, every series", "s", [trend.seconds for _, trend in of_index], BOUND_TREND_S),
        within(f"memory of {RUNS:,} runs", "MiB", [most_mib], BOUND_MIB),
    ]


def write_runs(folder: Path, made: int = MADE, rows: int = ROWS) -> None:
    """Results files as nights leave them: every one has values of its own."""
    folder.mkdir()
    every = varied_rows(DEVICES * -(-made * rows // DEVICES))
    for number in range(made):
        some = [_whole(row) for row in islice(every, rows)]
        head = {
            "machine_info": {"node": "host"},
            "commit_info": {"id": f"{number:040x}", "branch": "main"},
            "datetime": f"{2000 + number}-01-01T03:00:00+00:00",
            "version": "5.3.1",
        }
        write_results(folder / f"{number:04d}.json", head, partial(iter, some))


def _whole(row: Mapping[str, object]) -> Mapping[str, object]:
    """The row with pytest-benchmark's own options and statistics, as it writes them."""
    data = _samples(row)
    low, middle, high = quantiles(data, n=4)
    stats = {
        **{"min": min(data), "max": max(data), "mean": mean(data), "stddev": stdev(data), "rounds": len(data)},
        **{"median": middle, "iqr": high - low, "q1": low, "q3": high, "iqr_outliers": 2, "stddev_outliers": 1},
        **{"outliers": "1;2", "ld15iqr": min(data), "hd15iqr": max(data), "ops": 1 / mean(data), "total": sum(data)},
        **{"data": data, "iterations": 1},
    }
    return {**row, "options": OPTIONS, "stats": stats}


def _samples(row: Mapping[str, object]) -> list[float]:
    found = record_of(row)
    assert found is not None
    return list(from_record(found, "a made row").drafting.round_samples_s)


def parse(folder: Path) -> None:
    """Every file by the fastest reader of JSON, into dicts and lists."""
    for path in run_files(folder / "runs"):
        msgspec.json.decode(path.read_bytes())


def first(folder: Path) -> None:
    """Every file for the first time, into an index that knows nothing."""
    remove_index(folder, folder / "runs")
    found = read_sources([str(folder / "runs")], Places(cache=folder, processes=processors()))
    assert len(found.runs) == MADE


def fill(folder: Path) -> None:
    """A store of as many runs as are asked for, and its index: those that were made, at other dates."""
    made = [read_run(path) for path in run_files(folder / "runs")]
    texts = [msgspec.json.decode(content(run), type=RunForm) for run in made]
    for number in range(RUNS):
        run, text = made[number % MADE], texts[number % MADE]
        at_s = (run.at_s or 0.0) + DAY_S * (number // MADE)
        run = replace(run, at_s=at_s, figures_sha256=f"{number:08x}")
        path = folder / "store" / place_of(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        text.at_s, text.night = at_s, night_of(datetime.fromtimestamp(at_s, UTC))
        text.sha256 = text.figures_sha256 = f"{number:064x}"
        path.write_bytes(gzip.compress(msgspec.json.encode(text), compresslevel=1))
    time.sleep(SETTLED_NS / 1e9)  # what was written a moment ago is not taken for settled
    later(folder)


def later(folder: Path) -> None:
    """All runs of a folder that was read before."""
    assert len(read_sources([str(folder / "store")], Places(cache=folder)).runs) == RUNS


def trend(folder: Path) -> None:
    """The same, and the trend of every series."""
    found = read_sources([str(folder / "store")], Places(cache=folder))
    assert len(trends(found.runs, Asked())) >= ROWS


WAYS: dict[str, Callable[[Path], None]] = {
    "parse": parse,
    "first": first,
    "fill": fill,
    "later": later,
    "trend": trend,
}


def cost_of(way: str, folder: Path) -> Cost:
    """One way in this process, without the collection of garbage, as the command has it."""
    gc.disable()
    if (folder / "runs").is_dir():  # what the first file of all takes is of the process, and of no file
        path = run_files(folder / "runs")[0]
        msgspec.json.decode(path.read_bytes())
        content(read_run(path))
    watch = Watch()
    WAYS[way](folder)
    return Cost(
        seconds=watch.elapsed_s(),
        most_bytes=memory_bytes(STATUS.read_text(encoding="ascii"), "VmHWM"),
    )


def _run(way: str, folder: Path) -> Cost:
    """One way in a process of its own."""
    done = subprocess.run([sys.executable, __file__, way, str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise TestbedError(f"{way}: ended with {done.returncode}:\n{done.stderr[-1000:]}")
    return Cost(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(cost_of(sys.argv[1], Path(sys.argv[2])))))
