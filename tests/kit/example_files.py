"""The files that command lines of the documentation and of `--help` name: runs, histories, tables, an inventory."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import chdir, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

from example_rows import replayed_row
from made_up_board import MadeUpChip
from run_files import slower_row, write_run
from weighed import paper_profile

from configspec.cli import main
from configspec.records.power import Power
from configspec.theory.figures import Estimate

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "fixtures" / "recordings"
OUTPUTS = {  # of other tools: what each file is a recording of, by the importer that reads it
    "llama-bench": {"bench.json": "b5163.json", "all.csv": "b5163.csv"},
    "vllm-metrics": {"server.log": "v1-0.9.log"},
    "sglang": {"server.log": "2025.log"},
    "llama-server": {"server.log": "responses.jsonl"},
    "verification": {"k3.json": "aiperf-0.14.json", "k5.json": "vllm-bench.json"},
}
CSV = re.compile(r"<!-- csv -->\n```text\n(.*?)```", re.DOTALL)  # in docs/importing.md
BENCHED = "models/Qwen2.5-7B-Instruct-Q4_K_M.gguf"
RUNS = (
    ".benchmarks/Linux-CPython-3.13-64bit/0001_monday.json",
    *(f"earlier-{night}.json" for night in range(6)),
    *("accepted.json", "results.json", "monday.json", "tuesday.json", "tonight.json", "again-1.json", "again-2.json"),
)
BUILD_RUNS = 6  # of each
POWER = Power(watts=Estimate(value=8.0, low=7.9, high=8.1, confidence=0.95, n=9), reason=None)
TABLES = {
    "accepted.toml": '[[accepted]]\nseries = "dev:x:-*"\nsince = 2026-11-03\nreason = "a test"\nauthor = "Kim"\n',
    "renamed.toml": '[[renamed]]\nold = "dev:build-b:"\nnew = "dev:build-a:"\n',
}
BOARDS = ("orin", "rpi5", "jetson", "pi", "nuc", "opi5", "laptop", "build-a", "build-b", "jetson-1")
REPLAYED = "  {name}: {{replay: {{profile: fixtures/profiles/configspec-paper.json, device: {of}}}}}"
THIS_MACHINE = (
    "  {name}: {{connection: local, python: {python}, models: {folder}/{name}-models, power: "
    "{{meter: auto, root: {folder}/root}}}}"
)
FAMILIES = """\
families:
  llama-3.1-70b:
    target: {transformers: fixtures/models/tiny-llama/target}
    drafts: {1b: fixtures/models/tiny-llama/s, xs: fixtures/models/tiny-llama/xs}
    quants: [Q4_K_M, Q8_0]
  qwen3-32b:
    target: {transformers: fixtures/models/tiny-qwen3/target}
    drafts: {xs: fixtures/models/tiny-qwen3/xs}
    quants: [Q4_K_M]
"""


def make_example_files(folder: Path) -> None:
    """All but the inventory, and what one command alone takes."""
    folder.mkdir(parents=True)
    _write_runs(folder)
    for runs in ("runs", "builds"):
        _write_builds(folder / runs)
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = CSV.search((ROOT / "docs" / "importing.md").read_text(encoding="utf-8"))
    assert found
    (folder / "figures.csv").write_text(found[1], encoding="utf-8")
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks", ignore=shutil.ignore_patterns("peers", "__pycache__"))
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    MadeUpChip(folder / "root")
    _make_repository(folder)
    with chdir(folder), redirect_stdout(StringIO()):
        main(["history", "add", "history", *map(str, Path().glob("earlier-*.json"))])
        names = ("--family", "llama-3.1-70b", "-o", "other.json", "--results", "imported.json")
        main(["import", "csv", "figures.csv", *names])


def write_inventory(folder: Path, *, python: str | None) -> None:
    """Every board that is named: the paper's, replayed, or this machine with this Python and a made-up meter."""
    lines = [
        THIS_MACHINE.format(name=name, python=python, folder=folder)
        if python
        else REPLAYED.format(name=name, of="jetson" if name.startswith("jetson") else "rpi5")
        for name in BOARDS
    ]
    (folder / "devices.yaml").write_text("\n".join(["devices:", *lines, FAMILIES]), encoding="utf-8")


def put_outputs(tool: str) -> None:
    """What another tool wrote, into this folder."""
    for name, recorded in OUTPUTS.get(tool, {}).items():
        text = (RECORDED / "importers" / tool / recorded).read_text(encoding="utf-8")
        text = text.replace(BENCHED, "llama-1b-q4.gguf")
        if tool == "llama-bench" and name.endswith(".csv"):
            _, _, rows = text.partition("\n")
            text += rows.replace("llama-1b-q4.gguf", "llama-1b-q8.gguf").replace("Q4_K - Medium", "Q8_0")
        Path(name).write_text(text, encoding="utf-8")


def put_journals(words: list[str]) -> None:
    """A journal wherever one is named, in this folder."""
    for path in (Path(word) for word in words if word.endswith(".jsonl")):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(RECORDED / "records" / "version-2.jsonl", path)


def _write_runs(folder: Path) -> None:
    """Of the paper's boards and of two that were measured, each a little slower and a day later."""
    profile = paper_profile()
    replayed = [
        replayed_row(one, profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]
    for day, name in enumerate(RUNS):
        named = [
            replace(slower_row(k, 1 + day / 1000, device=device), family="llama", draft="1b", quant=quant, power=POWER)
            for device, quant, k in (("orin", "Q4_K_M", 2), ("orin", "Q4_K_M", 4), ("pi", "Q8_0", 4))
        ]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_run(folder / name, *replayed, *named, day=day)


def _write_builds(folder: Path) -> None:
    """Runs of two builds in turn: of one board, and of a device a build."""
    folder.mkdir()
    for number in range(2 * BUILD_RUNS):
        side, device = ("base", "build-a") if number % 2 == 0 else ("new", "build-b")
        rows = [slower_row(k, 1 + number / 1000, device=name) for name in ("orin", device) for k in (2, 4)]
        write_run(folder / f"{side}-{number // 2 + 1:02}.json", *rows, day=number)


def _make_repository(folder: Path) -> None:
    """The results of earlier releases, which differ from today's."""
    git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@localhost", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    today = (folder / "results.json").read_bytes()
    shutil.copyfile(folder / "accepted.json", folder / "results.json")
    subprocess.run([*git, "add", "results.json"], check=True)
    for tag in ("v1.0", "v1.1", "v1.2"):
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", tag], check=True)
        subprocess.run([*git, "tag", tag], check=True)
    (folder / "results.json").write_bytes(today)
