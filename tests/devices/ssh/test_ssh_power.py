"""A whole run on a board behind a real OpenSSH server, with the made-up files of a meter on it.

The energy ranking is what anybody gets by hand from the rows' own figures, and the watts are what the files held.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_up_board import BUSY_W, IDLE_W, made_up_power

from configspec.records.reader import read_rows

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[3] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  orin:
    connection: {{ssh: board-b, config: '{config}'}}
    python: '{python}'
    llama_cpp: {{threads: 1, context: 256}}
    models: '{models}'
    agent_folder: '{agent}'
    power: {{meter: auto, root: '{root}', window_s: 1.5}}
families:
  tiny-llama:
    target: {{transformers: '{family}/target', threads: 1}}
    drafts: {{s: '{family}/s'}}
    quants: [Q8_0]
sweep: {{k: 1..2, prompts: prompts.jsonl, new_tokens: 48, depth: 32, rounds: 4, warmup_rounds: 1, passes: 1}}
"""
BENCHMARK = """
import pytest

@pytest.mark.hil
def test_configuration(hil_benchmark):
    hil_benchmark()
"""


def test_the_energy_ranking_over_ssh_is_the_one_by_hand(server, tmp_path: Path) -> None:
    """P * round_s / (K * alpha + 1), with the watts that both K share; the readings lie beside the results file."""
    root, models, agent = tmp_path / "root", tmp_path / "models", tmp_path / "agent"
    models.mkdir()
    written = INVENTORY.format(
        config=server.config, python=sys.executable, root=root, models=models, family=FAMILY, agent=agent
    )
    (tmp_path / "devices.yaml").write_text(written)
    prompts = "".join(json.dumps({"id": f"p{n}", "text": f"def f{n}(a, b):\n"}) + "\n" for n in range(3))
    (tmp_path / "prompts.jsonl").write_text(prompts)
    (tmp_path / "test_it.py").write_text(BENCHMARK)
    with made_up_power(root, "follow", str(agent)) as power:
        pushed = _run(tmp_path, "-m", "configspec.cli", "models", "push", "orin")
        assert pushed.returncode == 0, pushed.stderr
        words = ("-m", "pytest", "-m", "hil", "--device", "orin", "--end-to-end", "none", "--benchmark-json=r.json")
        ran = _run(tmp_path, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = list(read_rows(tmp_path / "r.json"))
    by_hand = {
        row.k: row.power.watts.value * row.drafting.round_s.value / (row.k * row.acceptance.rate.value + 1)
        for row in rows
        if row.power.watts is not None
    }
    assert list(by_hand) == [1, 2]
    ranked = _run(tmp_path, "-m", "configspec.cli", "rank", "r.json", "--objective", "energy", "--format", "json")
    (ranking,) = json.loads(ranked.stdout)["rankings"]
    assert ranking["power_kind"] == "module, ina3221, measured"
    assert {one["k"]: one["value"] for one in ranking["choices"]} == pytest.approx(by_hand)
    shown = rows[0].power
    assert shown.watts is not None
    assert IDLE_W < shown.watts.value <= BUSY_W + 0.01
    assert rows[0].power.watts == rows[1].power.watts
    assert (tmp_path / "configspec-samples" / f"{rows[0].samples.power}.json.gz").is_file()
    assert power.written()


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CONFIGSPEC_CACHE_DIR": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
