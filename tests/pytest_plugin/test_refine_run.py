"""`--refine` on a real device with a small model: what is timed again is in the rows, also after `--resume`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from configspec.records.reader import read_rows
from configspec.records.row import Row

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytest.importorskip("xdist")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
PASSES = 2
INVENTORY = f"""
devices:
  here: {{connection: local, llama_cpp: {{threads: 1, context: 256, cache_type_k: [f16, q8_0], fa: 1}}}}
families:
  tiny-llama:
    target: {{transformers: '{FAMILY / "target"}', threads: 1}}
    drafts: {{xs: '{FAMILY / "xs"}'}}
    quants: [Q8_0, F16]
    serving: {{verify_s: 0.00005}}
sweep: {{k: 1..2, prompts: prompts.jsonl, new_tokens: 12, depth: 32, rounds: 4, warmup_rounds: 1, passes: {PASSES}}}
"""
BENCHMARK = "import pytest\n\n@pytest.mark.hil\ndef test_configuration(hil_benchmark):\n    hil_benchmark()\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A testbed with one device and a cache of its own."""
    folder: Path = tmp_path_factory.mktemp("refined")
    (folder / "devices.yaml").write_text(INVENTORY)
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(12)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
    return folder


def measure(folder: Path, results: str, *flags: str) -> tuple[list[Row], str]:
    """One run in the folder; its rows, and what it printed."""
    own = {"CONFIGSPEC_CACHE_DIR": str(folder / "cache"), "CONFIGSPEC_LOCK_FILE": str(folder / "lock")}
    command = [sys.executable, "-m", "pytest", "-m", "hil", "--device", "here", "--end-to-end", "none"]
    done = subprocess.run(
        [*command, "--refine", "goodput", f"--benchmark-json={results}", *flags],
        cwd=folder,
        env={**os.environ, **own, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return list(read_rows(folder / results)), done.stdout


def added(row: Row) -> int:
    """Passes that the sweep did not make; where passes disagreed, it made one more."""
    return 0 if row.refined is None else row.refined.passes


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_rows_hold_all_passes_and_a_resumed_run_goes_on(folder: Path, workers: str) -> None:
    """Whatever luck had to be told apart: passes and `refined` agree, for all K of a cell, and nothing gets less."""
    rows, told = measure(folder, "r.json", workers, "--refine-budget", "5")
    assert "refined by goodput: here: " in told
    assert len(rows) == 8
    for row in rows:
        assert len(row.drafting.passes or ()) in (PASSES + added(row), PASSES + 1)
    assert len({(row.cell, added(row)) for row in rows}) == 4
    resumed, told = measure(folder, "r2.json", workers, "--resume", "last", "--refine-budget", "5")
    before = {row.id: len(row.drafting.passes or ()) for row in rows}
    for row in resumed:
        passes = len(row.drafting.passes or ())
        assert passes == before[row.id] if row.resumed is not None else passes > before[row.id]
        assert row.outcome == "passed"
    assert "8 rows resumed" in told or any(row.resumed is None for row in resumed)


def test_results_that_are_asked_for_are_the_refined_ones(folder: Path) -> None:
    """A test that takes `results` runs behind; the results file and the journal have the same rows."""
    rows, _ = measure(folder, "r3.json", "--refine-budget", "5")
    journal = max((folder / ".configspec" / "journal").glob("*.jsonl"))
    assert {row.id: row.refined for row in read_rows(journal)} == {row.id: row.refined for row in rows}
