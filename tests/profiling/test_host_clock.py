"""The time of day on this host may step as it likes: nothing that is measured depends on it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import configspec

ROOT = Path(configspec.__file__).parent
# Who may ask for the time of day, and what for.
MAY_ASK = {
    "content_hash.py": "how long ago a file was changed, since the system's times are some milliseconds coarse",
    "cli/import_results.py": "when figures were imported, for people",
    "histories/index.py": "how long ago a file was changed, as `content_hash.py`",
    "histories/store.py": "a run's own date as the name of its file",
    "histories/of_rows.py": "a run's own date as the name of its night",
    "pytest_plugin/baseline.py": "a run's own date as the name of its night",
    "pytest_plugin/baseline_start.py": "when this run began, which judges itself",
    "pytest_plugin/baseline_words.py": "the date since which an accepted change counts, for people",
    "pytest_plugin/results_so_far.py": "when this run began, so that its rows are a run",
    "profiling/meter_recording.py": "when a meter was recorded, for people",
    "devices/lock.py": "since when a run holds a board, for people",
    "profiling/visit.py": "when a pass over a cell began, for people",
    "pytest_plugin/journals.py": "when a run began: its file's name, and which of two files is newer",
}
OF_DAY = {
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime"},
    "datetime": {"now", "utcnow", "today", "fromtimestamp"},
}


def asks_the_time_of_day(source: str) -> Iterator[str]:
    """Every mention of a function that tells the time of day."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in OF_DAY:
            yield from (name.name for name in node.names if name.name in OF_DAY[node.module])
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in OF_DAY.get({"date": "datetime"}.get(owner, owner), ()):
                yield f"{owner}.{node.attr}"


def test_only_these_modules_ask_the_time_of_day() -> None:
    """And none of them measures; all else has a monotonic clock, or is handed one."""
    asking = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if list(asks_the_time_of_day(path.read_text("utf-8")))
    }
    assert asking == set(MAY_ASK)


@pytest.mark.parametrize(
    "source",
    [
        "import time\nbegan = time.time()",
        "from time import time",
        "import time\nclock = time.time_ns",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date\ndate.today()",
    ],
)
def test_each_way_of_asking_is_noticed(source: str) -> None:
    """Called or handed on."""
    assert list(asks_the_time_of_day(source))


@pytest.mark.parametrize("source", ["import time\ntime.monotonic()", "import time\ntime.sleep(1)", "a.now", "time"])
def test_other_clocks_are_not(source: str) -> None:
    """A monotonic one, or something of the same name."""
    assert not list(asks_the_time_of_day(source))


# The host's clock goes forth and back by an hour, each time that it is read.
JUMPS = """
import itertools, os, time
hours, real = itertools.cycle((3600.0, -3600.0)), time.time

def jumping():
    if os.environ["SEEN"]:
        open(os.environ["SEEN"], "a").write("x")
    return real() + next(hours)

time.time = jumping
time.time_ns = lambda: int(jumping() * 1e9)
"""
FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
INVENTORY = f"""
devices:
  here: {{connection: local, llama_cpp: {{threads: 1, context: 256}}, link: {{rtt_ms: 2}}}}
families:
  tiny-llama:
    target: {{transformers: '{FAMILY / "target"}', threads: 1}}
    drafts: {{xs: '{FAMILY / "xs"}'}}
    quants: [Q8_0]
sweep:
  {{k: 2, prompts: prompts.jsonl, new_tokens: 12, depth: 32, rounds: 8, warmup_rounds: 1, seconds_per_cell: 30,
   end_to_end: {{prompts: 2, repeats: 2}}}}
serving: {{verify: measured}}
"""
BENCHMARK = """
def test_configuration(hil_benchmark):
    hil_benchmark()

def test_end_to_end(hil_end_to_end):
    hil_end_to_end()
"""


MOMENTS = ("t_s",)  # times of the board's monotonic clock, and no lengths


def seconds(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Every figure in seconds of a record, whatever holds it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in MOMENTS:
                continue
            unit = name if name.endswith("_s") or name in ("seconds", "seconds_allowed") else key
            yield from seconds(inner, unit if name not in ("n", "confidence") else "")
    elif isinstance(value, list):
        for inner in value:
            yield from seconds(inner, key)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and key and not key.endswith("per_s"):
        yield key, float(value)


@pytest.mark.real
def test_a_host_whose_clock_steps_measures_the_same(tmp_path: Path) -> None:
    """An hour forth and back at every look: no time that is recorded is negative, or as long as an hour."""
    pytest.importorskip("llama_cpp")
    pytest.importorskip("torch")
    for name, text in {
        "sitecustomize.py": JUMPS,
        "devices.yaml": INVENTORY,
        "test_bench.py": BENCHMARK,
        "pytest.ini": "[pytest]\n",
        "prompts.jsonl": "".join(json.dumps({"id": f"p{n}", "prompt": f"def f{n}(x):"}) + "\n" for n in range(3)),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
        "SEEN": str(tmp_path / "seen"),
        "CONFIGSPEC_CACHE_DIR": str(tmp_path / "cache"),
        "CONFIGSPEC_LOCK_FILE": str(tmp_path / "lock"),
    }
    line = [sys.executable, "-m", "pytest", "--device", "here", "--end-to-end", "all", "--benchmark-json=r.json"]
    ended = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "seen").stat().st_size > 0, "the clock was not looked at, so nothing is proved"
    rows = json.loads((tmp_path / "r.json").read_text())["benchmarks"]
    found = [one for row in rows for one in seconds(row["extra_info"]["configspec"])]
    assert {"round_samples_s", "verification_s", "link_s", "total_s", "repeats_s"} <= {k for k, _ in found}
    assert not [(key, value) for key, value in found if not 0 <= value < 600]
