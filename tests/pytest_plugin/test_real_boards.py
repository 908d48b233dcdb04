"""Two real devices on this machine, with small models, at once; and what of their rows still holds afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from configspec.records.opening import open_rows

pytest.importorskip("xdist")
pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
INVENTORY = f"""
devices:
  one: {{connection: local, llama_cpp: {{threads: 1, context: 256}}}}
  two: {{connection: local, llama_cpp: {{threads: 1, context: 256}}}}
families:
  tiny-llama:
    target: {{transformers: '{FAMILY / "target"}', threads: 1}}
    drafts: {{xs: '{FAMILY / "xs"}', s: '{FAMILY / "s"}'}}
    quants: [Q8_0]
sweep:
  k: 1..2
  prompts: prompts.jsonl
  new_tokens: 12
  depth: 32
  rounds: 4
  warmup_rounds: 1
  seconds_per_cell: 5
  end_to_end: {{prompts: 1, repeats: 1}}
"""
BENCHMARK = """
import os, signal

def test_configuration(hil_benchmark, configuration):
    hil_benchmark()
    if os.environ.get("DEADLY") == configuration.id:
        os.kill(os.getpid(), signal.SIGKILL)

def test_end_to_end(hil_end_to_end):
    hil_end_to_end()
"""
EVERYTHING = 2 * (4 + 4)  # devices, profiled and decoded for real

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def write_testbed(folder: Path) -> None:
    (folder / "devices.yaml").write_text(INVENTORY)
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(3)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))


@pytest.fixture(scope="module")
def testbed_folder(tmp_path_factory) -> Path:
    """A testbed of two devices with a cache of its own."""
    folder: Path = tmp_path_factory.mktemp("testbed")
    write_testbed(folder)
    return folder


@pytest.fixture(scope="module")
def run(testbed_folder) -> Run:
    """One pytest run in it."""

    def one(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pytest", "--device", "*", "--end-to-end", "all", *flags]
        own = {
            "CONFIGSPEC_CACHE_DIR": str(testbed_folder / "cache"),
            "CONFIGSPEC_LOCK_FILE": str(testbed_folder / "lock"),
        }
        return subprocess.run(
            line, cwd=testbed_folder, env={**os.environ, **own, **environment}, capture_output=True, text=True
        )

    return one


@pytest.fixture(scope="module")
def measured(testbed_folder, run) -> dict[str, Any]:
    """All of it, measured by two workers."""
    done = run("-n2", "--benchmark-json=all.json")
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads((testbed_folder / "all.json").read_text())
    return document


def agents(folder: Path) -> list[str]:
    """Processes that run an agent of this testbed."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if str(folder / "cache" / "agent") in line]


def test_two_boards_at_once_make_one_file(measured, testbed_folder):
    """Profiles and real decoding of both, each row once, with what was measured of each; no agent is left."""
    names = [row["fullname"] for row in measured["benchmarks"]]
    assert len(names) == len(set(names)) == EVERYTHING
    records = [row["extra_info"]["configspec"] for row in measured["benchmarks"]]
    assert {record["device"] for record in records} == {"one", "two"}
    assert all(record["drafting"]["clock"] == "the device's monotonic clock" for record in records)
    assert measured["configspec"]["prediction"]
    assert not agents(testbed_folder)


def test_a_killed_worker_leaves_no_agent_and_costs_one_row(measured, testbed_folder, run):
    """Its device is opened again by another worker, which measures the rest; resume measures the one."""
    deadly = "dev:two:-tiny-llama-xs-Q8_0-K2"
    profiles = ("-k", "test_configuration")
    done = run("-n2", *profiles, "--benchmark-json=some.json", DEADLY=deadly)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "7 passed, 1 error" in done.stdout, done.stdout
    assert not agents(testbed_folder)
    done = run("-n0", *profiles, "--resume", "last", "--benchmark-json=whole.json")
    assert "1 passed, 8 deselected, 7 resumed" in done.stdout, done.stdout
    rows = json.loads((testbed_folder / "whole.json").read_text())["benchmarks"]
    all_names = [row["fullname"] for row in measured["benchmarks"]]
    assert sorted(row["fullname"] for row in rows) == sorted(name for name in all_names if "test_configuration" in name)


def test_a_run_that_is_killed_between_passes_keeps_what_it_has_timed(testbed_folder, run):
    """Killed at its first row, when both cells had been timed once: resumed, each is timed once more, not twice."""
    some = ("-n0", "-k", "test_configuration and one and K1")
    done = run(*some, DEADLY="dev:one:-tiny-llama-xs-Q8_0-K1")
    assert done.returncode == -signal.SIGKILL
    told = [line for line in done.stdout.splitlines() if ", pass " in line]
    xs, s = "one: tiny-llama xs Q8_0, pass", "one: tiny-llama s Q8_0, pass"
    assert told == [f"{s} 1 of 2", f"{xs} 1 of 2", f"{xs} 2 of 2"], done.stdout
    done = run(*some, "--resume", "last", "--benchmark-json=passes.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if ", pass " in line] == [f"{xs} 2 of 2", f"{s} 2 of 2"]
    for row in open_rows(testbed_folder / "passes.json").entries():
        assert row.row is not None
        assert row.row.drafting.passes is not None
        assert len(row.row.drafting.passes) in (2, 3)


# A fact of a row, another value of it, and what the summary calls it.
FACTS = [
    ("environment.device.llama_cpp_version", "0.3.1", "device.llama_cpp_version"),
    ("environment.device.cpu_model", "another", "device.cpu_model"),
    ("models.draft.file_sha256", "0" * 64, "draft.file_sha256"),
    ("models.target.sha256", "0" * 64, "target.sha256"),
    ("acceptance.prompts_sha256", "0" * 64, "target.prompts_sha256"),
    ("acceptance.prompting.template_sha256", "0" * 64, "target.template_sha256"),
]
OF_ONE_FACT = [2, 1, 1, 1, 1, 1]  # rows that differ in it; the last of the eight rows stays as it is


@pytest.fixture(scope="module")
def measured_again(measured, testbed_folder, run) -> str:
    """What a run prints that resumes rows as if devices had told something else, or models had been others."""
    rows: list[Any] = [entry.raw for entry in open_rows(testbed_folder / "all.json").entries()]  # whole
    document = {**measured, "benchmarks": json.loads(json.dumps(rows))}
    profiled = iter(row for row in document["benchmarks"] if "test_configuration" in row["fullname"])
    for (where, value, _), count in zip(FACTS, OF_ONE_FACT, strict=True):
        for row in islice(profiled, count):
            part = row["extra_info"]["configspec"]
            *path, last = where.split(".")
            for key in path:
                part = part[key]
            part[last] = value
    (testbed_folder / "edited.json").write_text(json.dumps(document))
    done = run("-n0", "-v", "--resume", "edited.json", "-k", "test_configuration")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed, 8 deselected, 1 resumed" in done.stdout, done.stdout
    return str(done.stdout)


@pytest.mark.parametrize(
    ("fact", "count"), list(zip(FACTS, OF_ONE_FACT, strict=True)), ids=[what for _, _, what in FACTS]
)
def test_rows_of_something_else_are_measured_again(measured_again, fact, count):
    """Another llama.cpp, board, model file or prompts: the summary says which, and of how many rows."""
    _, value, what = fact
    assert re.search(
        rf"\b{count} {'row' if count == 1 else 'rows'} no longer held: {re.escape(what)} was {value[:10]}",
        measured_again,
    ), measured_again


@pytest.mark.parametrize(
    ("before", "after", "fact", "test"),
    [
        ("prompts: 1, repeats: 1", "prompts: 1, repeats: 2", "end_to_end.repeats was 1, is 2", "end_to_end"),
        ("prompts: 1, repeats: 1", "prompts: 2, repeats: 1", "end_to_end.prompts was 1, is 2", "end_to_end"),
        ("depth: 32", "depth: 40", "drafting.depth_tokens was 32, is 40", "configuration"),
        ("rounds: 4", "rounds: 5", "drafting.rounds_asked was 4, is 5", "configuration"),
        ("context: 256", "context: 300", "device.context was 256, is 300", "configuration"),
    ],
)
def test_other_settings_are_measured_again(measured, testbed_folder, run, before, after, fact, test):
    """The inventory's word counts, for every row that it changes."""
    (testbed_folder / "devices.yaml").write_text(INVENTORY.replace(before, after, 1))
    try:
        done = run("-n0", "--resume", "all.json", "-k", f"test_{test} and xs-Q8_0-K1")
    finally:
        write_testbed(testbed_folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"\b(1 row|\d+ rows) no longer held: {re.escape(fact)}", done.stdout), done.stdout


def test_a_new_price_is_no_reason_to_measure(measured, testbed_folder, run):
    """It is assumed, not measured: the earlier rows take the present one."""
    (testbed_folder / "devices.yaml").write_text(
        INVENTORY + "serving: {verify_s: 0.25, price: {usd_per_million_tokens: 3}}\n"
    )
    try:
        done = run("-n0", "--resume", "all.json", "--benchmark-json=priced.json")
    finally:
        write_testbed(testbed_folder)
    assert f"{EVERYTHING} resumed" in done.stdout, done.stdout
    records = [
        row["extra_info"]["configspec"]
        for row in json.loads((testbed_folder / "priced.json").read_text())["benchmarks"]
    ]
    assert {(one["serving"]["verify_s"], one["serving"]["usd_per_million_tokens"]) for one in records} == {(0.25, 3.0)}
