"""A sweep of settings on a real device with a small model, with an environment that holds a secret."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from configspec.records.opening import open_rows
from configspec.records.row import Row
from configspec.theory.ids import settings_words

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
DECLARED, OF_HOST = "hunter2-declared-0451", "hunter2-of-host-0451"
INVENTORY = f"""
devices:
  here:
    connection: local
    llama_cpp: {{threads: 1, context: 256, cache_type_k: [f16, q8_0], fa: 1}}
    env:
      HF_TOKEN: {DECLARED}
      OTHER_TOKEN: ${{TOKEN_OF_THIS_TEST}}
families:
  tiny-llama:
    target: {{transformers: '{FAMILY / "target"}', threads: 1}}
    drafts: {{xs: '{FAMILY / "xs"}'}}
    quants: [Q8_0]
sweep:
  k: 1..2
  prompts: prompts.jsonl
  new_tokens: 12
  depth: 32
  rounds: 4
  warmup_rounds: 1
  seconds_per_cell: 5
"""
BENCHMARK = "def test_configuration(hil_benchmark):\n    hil_benchmark()\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A testbed with one device and a cache of its own."""
    folder: Path = tmp_path_factory.mktemp("swept")
    (folder / "devices.yaml").write_text(INVENTORY)
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(3)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
    return folder


def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """One pytest run in it."""
    environment = {**os.environ, "CONFIGSPEC_CACHE_DIR": str(folder / "cache"), "TOKEN_OF_THIS_TEST": OF_HOST}
    line = [sys.executable, "-m", "pytest", "--device", "here", "--end-to-end", "none", *flags]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def measured(folder: Path) -> subprocess.CompletedProcess[str]:
    """The whole sweep."""
    ended = run(folder, "--benchmark-json", "r.json", "-v")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


def rows(folder: Path) -> list[Row]:
    return [entry.row for entry in open_rows(folder / "r.json").entries() if entry.row is not None]


@pytest.mark.usefixtures("measured")
def test_each_value_of_a_list_is_a_cell_of_its_own(folder: Path) -> None:
    """In the row, in the test's id, and as llama.cpp did it; the setting that does not vary is of every row."""
    found = {(settings_words(row.cell.settings), row.k): row for row in rows(folder)}
    assert sorted(found) == [(f"cache_type_k {kind}", k) for kind in ("f16", "q8_0") for k in (1, 2)]
    for row in found.values():
        draft = row.models.draft
        assert draft is not None
        assert draft.opened is not None
        assert draft.settings == {**row.settings, "flash_attention": "on"}
        assert draft.opened.cache_type_k == row.settings["cache_type_k"]
        assert draft.opened.flash_attention == "on"
        assert row.environment.env_names == ("HF_TOKEN", "OTHER_TOKEN")
    names = [entry.fullname for entry in open_rows(folder / "r.json").entries()]
    assert "test_bench.py::test_configuration[dev:here:-tiny-llama-xs-Q8_0-cache_type_k:q8_0-K2]" in names


def test_the_summary_tells_the_cells_and_shows_the_setting(measured: subprocess.CompletedProcess[str]) -> None:
    """How many there are before anything runs, and a column in the rankings."""
    assert "4 configurations of 2 cells, settings varied, on here" in measured.stdout
    head = next(line for line in measured.stdout.splitlines() if line.split()[:2] == ["rank", "draft"])
    assert head.split() == ["rank", "draft", "quant", "cache_type_k", "K", "value", "interval", "best", "in"]


@pytest.mark.usefixtures("measured")
def test_nothing_that_is_written_holds_a_value_of_the_environment(folder: Path) -> None:
    """Results, journal, side files, what is kept of models and texts, and what is printed, with --anonymous or not."""
    again = run(folder, "--benchmark-json", "again.json", "--anonymous", "-vv", "-rA")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "devices.yaml"]
    assert {"r.json", "again.json"} <= {path.name for path in files}
    assert any(path.name.endswith(".json.gz") for path in files)
    assert any(path.suffix == ".jsonl" and path.parent.name == "journal" for path in files)
    for path in files:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert DECLARED.encode() not in content, path
        assert OF_HOST.encode() not in content, path
    for text in (again.stdout, again.stderr):
        assert DECLARED not in text
        assert OF_HOST not in text
    assert "HF_TOKEN" in (folder / "r.json").read_text()


@pytest.mark.usefixtures("measured")
def test_a_row_holds_while_its_settings_do(folder: Path) -> None:
    """Resumed as it was; with another value of a setting that does not vary, all is measured again, by its name."""
    held = run(folder, "--resume", "r.json", "--setting", "cache_type_k=q8_0")
    assert "2 resumed" in held.stdout, held.stdout + held.stderr
    (folder / "off.yaml").write_text(INVENTORY.replace("fa: 1", "micro_batch: 64"))
    changed = run(folder, "--inventory", "off.yaml", "--resume", "r.json", "--setting", "cache_type_k=q8_0")
    assert "settings.micro_batch was None, is 64" in changed.stdout, changed.stdout
