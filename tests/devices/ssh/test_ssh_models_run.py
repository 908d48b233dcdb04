"""A whole run on a board that shares no file with this host: it says what to push, and then measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from configspec.content_hash import file_sha256
from configspec.records.reader import read_rows
from configspec.records.row import Row

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[3] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  orin:
    connection: {{ssh: board-b, config: '{config}'}}
    python: '{python}'
    models: '{models}'
    llama_cpp: {{threads: 1, context: 256}}
families:
  tiny-llama:
    target: {{transformers: '{family}/target', threads: 1}}
    drafts: {{xs: '{family}/xs', s: '{family}/s'}}
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
def test_configuration(hil_benchmark):
    hil_benchmark()

def test_end_to_end(hil_end_to_end):
    hil_end_to_end()
"""
COMMAND = "configspec models push orin --family tiny-llama --draft xs --quant Q8_0"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def testbed(server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A testbed of one board and three prompts, with a cache of its own."""
    folder = tmp_path_factory.mktemp("testbed")
    words = {"config": server.config, "python": sys.executable, "models": folder / "board", "family": FAMILY}
    (folder / "devices.yaml").write_text(INVENTORY.format(**words))
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(3)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
    return folder


@pytest.fixture(scope="module")
def run(testbed: Path) -> Run:
    """Run something in it."""

    def run(*line: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CONFIGSPEC_CACHE_DIR": str(testbed / "cache")}
        return subprocess.run(line, cwd=testbed, env=environment, capture_output=True, text=True, timeout=300)

    return run


@pytest.fixture(scope="module")
def measure(run: Run) -> Run:
    """One pytest run of the board."""

    def measure(*flags: str) -> subprocess.CompletedProcess[str]:
        return run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--device", "orin", *flags)

    return measure


@pytest.fixture(scope="module")
def before(measure: Run) -> subprocess.CompletedProcess[str]:
    """A run before anything was pushed."""
    return measure("--draft", "xs")


@pytest.fixture(scope="module")
def pushed(before: object, run: Run) -> subprocess.CompletedProcess[str]:
    """The command that it named, as it named it."""
    return run(sys.executable, "-m", "configspec.cli", *COMMAND.split()[1:])


def records(path: Path) -> tuple[Row, ...]:
    return read_rows(path)


def test_a_run_says_what_to_push(before: subprocess.CompletedProcess[str], testbed: Path) -> None:
    """Each test is an error in its set-up, which names the device, the file and the command; none has failed."""
    assert before.returncode == pytest.ExitCode.TESTS_FAILED
    told = (
        f"orin: {testbed}/board/tiny-llama-xs-Q8_0.gguf: the draft's file is missing. Copy it to the device: {COMMAND}"
    )
    assert before.stdout.count(told) >= 4, before.stdout
    assert "4 errors" in before.stdout
    assert "failed" not in before.stdout


def test_after_the_push_the_same_run_measures_and_checks(
    pushed: subprocess.CompletedProcess[str], measure: Run, testbed: Path
) -> None:
    """Timed and decoded for real from the board's own file; two prompts of the acceptance pass agree."""
    assert pushed.returncode == 0, pushed.stderr
    assert [path.name for path in (testbed / "board").iterdir()] == ["tiny-llama-xs-Q8_0.gguf"]
    done = measure("--draft", "xs", "--benchmark-json=results.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acceptance on the devices" not in done.stdout
    found = records(testbed / "results.json")
    assert len(found) == 4
    for record in found:
        check = record.acceptance.check
        assert check is not None
        assert (check.prompts, check.positions, check.differ) == (2, 24, 0)
        assert (check.largest_gap, record.acceptance.check_reason) == (None, None)


def test_the_check_may_be_larger_or_left_out(pushed: object, measure: Run, testbed: Path) -> None:
    """By option or in the ini file; anything but a number is a usage error."""
    for flags, expected in ((["--acceptance-check", "3"], 3), (["-o", "configspec_acceptance_check=0"], None)):
        done = measure("--draft", "xs", "--end-to-end", "none", *flags, "--benchmark-json=checked.json")
        assert done.returncode == 0, done.stdout + done.stderr
        for record in records(testbed / "checked.json"):
            check = record.acceptance.check
            assert (None if check is None else check.prompts) == expected
            assert (check is None) == (record.acceptance.check_reason is not None)
    done = measure("--acceptance-check", "many")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--acceptance-check is 'many'. It takes a number" in done.stderr


def test_another_models_weights_under_its_name_are_not_measured(
    pushed: object, run: Run, measure: Run, testbed: Path
) -> None:
    """Though they have as many bytes: the hash tells. The board is sound, and measures the other draft."""
    assert run(sys.executable, "-m", "configspec.cli", "models", "push", "orin", "--draft", "s").returncode == 0
    path = testbed / "board" / "tiny-llama-s-Q8_0.gguf"
    others = (testbed / "board" / "tiny-llama-xs-Q8_0.gguf").read_bytes()
    path.write_bytes(others.ljust(path.stat().st_size, b"\0"))
    done = measure("-k", "test_configuration")
    assert "tiny-llama-s-Q8_0.gguf: a different file: its hash is " in done.stdout, done.stdout
    assert "--draft s --quant Q8_0 --replace" in done.stdout
    assert "2 passed, 4 deselected, 2 errors" in done.stdout, done.stdout


def test_a_board_that_differs_is_told_in_the_summary_and_flagged(pushed: object, measure: Run, testbed: Path) -> None:
    """The host's scores in its cache are changed with their hash, so it is the host that differs; no failure."""
    for path in (testbed / "cache" / "acceptance").glob("*.json"):
        scores = json.loads(path.read_text())
        changed = [{**one, "argmax": [token + 1 for token in one["argmax"]]} for one in scores]
        path.write_text(json.dumps(changed))
        path.with_name(f"{path.name}.sha256").write_text(f"{file_sha256(path)}  {path.name}\n")
    done = measure("--draft", "xs", "--end-to-end", "none", "--benchmark-json=differs.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acceptance on the devices" in done.stdout
    assert done.stdout.count("the device disagrees with this host about the draft") == 1
    ranked = measure("--draft", "xs", "--end-to-end", "none", "--resume", "last", "-v")
    assert ranked.stdout.count("orin: tiny-llama xs Q8_0: 24 of 24 positions differ from this host's") == 1
    for record in records(testbed / "differs.json"):
        (found,) = [flag for flag in record.flags if flag.code == "device_disagrees"]
        assert (found["differ"], found["positions"]) == (24, 24)
