"""What a run over SSH writes, and what it must not: names of hosts and people, secrets, serial numbers."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stocked_boards import stock

pytest.importorskip("xdist")
pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[3] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  orin:
    connection: {{ssh: board-b, config: {config}, host_keys: off}}
    python: {python}
    llama_cpp: {{threads: 1, context: 256}}
families:
  tiny-llama:
    target: {{transformers: {family}/target, threads: 1}}
    drafts: {{xs: {family}/xs}}
    quants: [Q8_0]
sweep: {{k: 2, prompts: prompts.jsonl, new_tokens: 8, depth: 16, rounds: 4, end_to_end: {{prompts: 1, repeats: 1}}}}
"""
BENCHMARK = """
def test_configuration(hil_benchmark, benchmark):
    benchmark.extra_info["remark"] = __import__("pathlib").Path.home() / "notes"
    hil_benchmark()

def test_end_to_end(hil_end_to_end):
    hil_end_to_end()
"""
USER = "quite-private-person"
SECRET = "sk-quite-a-secret"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory, server) -> Path:
    """A person's home folder, with a testbed of one board whose host key is not checked."""
    folder: Path = tmp_path_factory.mktemp("private-home")
    words = {"config": server.config, "python": sys.executable, "family": FAMILY}
    (folder / "devices.yaml").write_text(INVENTORY.format(**words))
    (folder / "prompts.jsonl").write_text(json.dumps({"id": "p", "prompt": "def f(x):\n    return"}) + "\n")
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    """One pytest run there, once the board has its drafts."""
    own = {
        **{"HOME": str(home), "LOGNAME": USER, "CONFIGSPEC_CACHE_DIR": str(home / "cache")},
        "CONFIGSPEC_LOCK_FILE": str(home / "lock"),
        **dict.fromkeys(("OPENAI_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"), SECRET),
    }
    stock(home, own, "orin")

    def one(*flags: str) -> subprocess.CompletedProcess[str]:
        line = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "--device",
            "orin",
            "--end-to-end=all",
            *flags,
        ]
        return subprocess.run(line, cwd=home, env={**os.environ, **own}, capture_output=True, text=True)

    return one


def written(home: Path) -> dict[str, str]:
    """Results, saved results and journals, and their names."""
    paths = [*home.glob("*.json"), *home.glob(".benchmarks/**/*.json"), *home.glob(".configspec/**/*.jsonl")]
    return {str(path.relative_to(home)): path.read_text() for path in paths}


@pytest.fixture(scope="module")
def plain(home: Path, run: Run) -> dict[str, str]:
    """What a run writes that is not anonymous."""
    done = run("--benchmark-json=plain.json")
    assert done.returncode == 0, done.stdout + done.stderr
    return written(home)


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_an_anonymous_run_names_neither_hosts_nor_people(home, run, server, plain, workers):
    """Host, user, home folder, destination and what it resolves to; an earlier row loses them too."""
    if workers == "-n1":  # resumes rows of a run that was not anonymous, and measures one
        assert socket.gethostname() in plain["plain.json"]
        assert str(home) in plain["plain.json"]
        flags: tuple[str, ...] = ("--resume", "plain.json")
    else:
        flags = ("--benchmark-save=kept",)
    done = run("--anonymous", workers, f"--benchmark-json=anonymous{workers}.json", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    new = {name: text for name, text in written(home).items() if name not in plain}
    assert len(new) >= 2, list(new)
    for name, text in new.items():
        for word in (socket.gethostname(), USER, str(home), "board-b", str(server.folder), "127.0.0.1", SECRET):
            found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
            assert not found, f"{name}: ...{text[found.start() - 80 : found.end() + 40]}..."
        assert '"~/notes"' in text or "configspec-passes" in name  # what was timed before there is a row
    plain.update(new)


def test_no_run_writes_a_secret_or_a_serial_number(plain):
    """Keys of servers and of the hub; a board's serial number."""
    for text in plain.values():
        assert SECRET not in text
        assert "serial" not in text.casefold()


def test_a_host_key_that_was_not_checked_is_told_in_every_report(home, run, plain):
    """In each row, at the end of the run, and when the file is ranked later."""
    told = "SSH host keys are not checked, so whichever machine answered was measured"
    rows: list[dict[str, Any]] = json.loads(plain["plain.json"])["benchmarks"]
    codes = [[flag["code"] for flag in row["extra_info"]["configspec"]["flags"]] for row in rows]
    assert all("host_keys_off" in of_row for of_row in codes)
    assert told in run("--resume", "plain.json").stdout
    ranked = [sys.executable, "-m", "configspec.cli", "rank", "plain.json"]
    assert told in subprocess.run(ranked, cwd=home, capture_output=True, text=True, check=True).stdout
