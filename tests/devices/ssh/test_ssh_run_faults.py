"""Faults in the midst of a run: `pytest -m hil` on two boards behind a real OpenSSH server, as a user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stocked_boards import stock

from configspec.agent.board.flock import FILE_VARIABLE

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

DEADLINE_S = 120
FAMILY = Path(__file__).parents[3] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  a: {{connection: {{ssh: board-a, config: '{config}'}}, models: '{models}', python: '{python}', llama_cpp: &one {{
    threads: 1, context: 256}}}}
  b: {{connection: {{ssh: board-b, config: '{config}'}}, models: '{models}', python: '{python}', llama_cpp: *one}}
  store: {{connection: local, models: '{models}', llama_cpp: *one}}
  gone: {{connection: {{ssh: nobody-there, config: '{config}'}}, llama_cpp: {{context: 256}}}}
families:
  tiny-llama:
    target: {{transformers: '{family}/target', threads: 1}}
    drafts: {{xs: '{family}/xs', s: '{family}/s', m: '{family}/m'}}
    quants: [Q8_0]
sweep:
  {{k: 1..2, prompts: prompts.jsonl, new_tokens: 12, depth: 32, rounds: 2000, warmup_rounds: 2000, seconds_per_cell: 9,
    passes: 1}}
"""
# A test that is named in the environment waits after its row is written, until somebody says so.
BENCHMARK = """
import os, time
import pytest

@pytest.mark.hil
def test_configuration(hil_benchmark, configuration):
    hil_benchmark()
    if os.environ.get("WAIT_AFTER") == configuration.id:
        open("waits", "w").close()
        while not os.path.exists("go-on"):
            time.sleep(0.05)
"""


@dataclass(slots=True)
class Running:
    """A pytest run that goes on."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def output(self) -> str:
        return (self.folder / "out.txt").read_text()

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while not is_so():
            assert time.monotonic() < end_s, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.02)

    def measures(self, device: str, draft: str) -> int:
        """Wait until the cell is being measured; the agent that does it."""
        self.wait_for(lambda: f"{device}: tiny-llama {draft} Q8_0" in self.output)
        (agent,) = agents(self.folder, f"board-{device}")
        return agent

    def ended(self) -> int:
        return self.process.wait(DEADLINE_S)

    @property
    def counts(self) -> str:
        """How many tests passed, failed and had errors, as pytest says it."""
        found = re.findall(r"^=+ (.*) in [\d.]+s.*=+$", self.output, re.MULTILINE)
        assert found, self.output
        return re.sub(r", \d+ warnings?", "", found[-1])

    def records(self) -> dict[str, dict[str, Any]]:
        """The rows of the results file, by test."""
        rows = json.loads((self.folder / "r.json").read_text())["benchmarks"]
        return {re.findall(r"\[(.*)\]", row["fullname"])[0]: row["extra_info"]["configspec"] for row in rows}


def agents(folder: Path, board: str) -> list[int]:
    """The agents that run on a board of the testbed's server."""
    found = []
    own = os.fsencode(f"XDG_CACHE_HOME={server_folder(folder) / f'{board} cache'}")
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[3:4] == [b"run"] and words[5].startswith(b"configspec-agent-") and own in environment:
            found.append(int(entry.name))
    return found


def server_folder(folder: Path) -> Path:
    return Path((folder / "server").read_text())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models and texts are made once."""
    return tmp_path_factory.mktemp("run-faults-cache")


@pytest.fixture
def start(own_server, tmp_path: Path, cache: Path) -> Iterator[Callable[..., Running]]:
    """Start a run in a testbed of two boards."""
    models = cache / "of the boards"
    words = {"config": own_server.config, "python": sys.executable, "family": FAMILY, "models": models}
    (tmp_path / "devices.yaml").write_text(INVENTORY.format(**words))
    (tmp_path / "test_bench.py").write_text(BENCHMARK)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "server").write_text(str(own_server.folder))
    prompts = [{"id": f"p{n}", "prompt": f"def f{n}(x):\n    return"} for n in range(3)]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
    started: list[subprocess.Popen[bytes]] = []
    if not models.exists():
        stock(tmp_path, {"CONFIGSPEC_CACHE_DIR": str(cache), FILE_VARIABLE: str(tmp_path / "lock")}, "store")

    def start(*flags: str, **environment: str) -> Running:
        line = [sys.executable, "-m", "pytest", "-m", "hil", "-p", "no:cacheprovider", "--benchmark-json=r.json"]
        own = {**os.environ, "CONFIGSPEC_CACHE_DIR": str(cache), FILE_VARIABLE: str(tmp_path / "lock"), **environment}
        with (tmp_path / "out.txt").open("wb") as out:
            process = subprocess.Popen([*line, *flags], cwd=tmp_path, env=own, stdout=out, stderr=subprocess.STDOUT)
        started.append(process)
        return Running(folder=tmp_path, process=process)

    yield start
    for process in started:
        process.kill()
        process.wait()


def nothing_is_left(run: Running, server: Any) -> bool:
    return not agents(run.folder, "board-a") and not agents(run.folder, "board-b") and server.lock_is_free()


BOTH = ("--device", "a", "--device", "b")


def test_an_agent_that_is_killed_costs_its_cell_and_no_other(start, own_server) -> None:
    """SIGKILL is not the link: the cell's tests are errors of the testbed, the next goes on with a new agent."""
    run = start(*BOTH, "--draft", "xs,s")
    killed = run.measures("a", "xs")
    os.kill(killed, signal.SIGKILL)
    assert run.measures("a", "s") != killed
    assert run.ended() == pytest.ExitCode.TESTS_FAILED
    assert run.counts == "6 passed, 2 errors", run.output
    assert "a: its agent was killed by SIGKILL" in run.output
    assert len(run.records()) == 6
    assert not [one for one in run.records().values() if one["attempts"] > 1]
    assert nothing_is_left(run, own_server)


def test_a_worker_whose_agent_is_killed_goes_on_with_another(start, own_server) -> None:
    """Under -n the same: the cell is an error, the worker lives, and the other worker notices nothing."""
    pytest.importorskip("xdist")
    run = start(*BOTH, "--draft", "xs,s", "-n2")
    run.wait_for(lambda: any(map(_has_a_model, agents(run.folder, "board-a"))))
    (killed,) = agents(run.folder, "board-a")
    os.kill(killed, signal.SIGKILL)
    assert run.ended() == pytest.ExitCode.TESTS_FAILED
    assert run.counts == "6 passed, 2 errors", run.output
    assert "a: its agent was killed by SIGKILL" in run.output
    assert len(run.records()) == 6
    assert nothing_is_left(run, own_server)


def test_a_board_that_loses_two_agents_is_quarantined_and_the_other_is_not(start) -> None:
    """What was left of it are errors with the first cause, and none is failed."""
    run = start(*BOTH)
    for draft in ("xs", "s"):
        os.kill(run.measures("a", draft), signal.SIGKILL)
    assert run.ended() == pytest.ExitCode.TESTS_FAILED
    assert run.counts == "6 passed, 6 errors", run.output
    assert "a: quarantined: its agent was killed by SIGKILL" in run.output
    assert "a: tiny-llama m Q8_0" not in run.output
    assert {one["device"] for one in run.records().values()} == {"b"}


def test_a_connection_that_is_cut_is_tried_again_and_the_rows_say_so(start, own_server) -> None:
    """The cell that was being measured has figures, two attempts and a warning; the others have not."""
    run = start(*BOTH, "--draft", "xs,s")
    os.kill(own_server.session_of(run.measures("a", "xs")), signal.SIGKILL)
    assert run.ended() == pytest.ExitCode.OK, run.output
    assert run.counts == "8 passed", run.output
    records = run.records()
    unstable = {name for name, one in records.items() if one["attempts"] > 1}
    assert unstable == {f"dev:a:-tiny-llama-xs-Q8_0-K{k}" for k in (1, 2)}
    for name in unstable:
        assert records[name]["attempts"] == 2
        assert "the link to board-a was lost" in records[name]["first_cause"]
        assert [flag["code"] for flag in records[name]["flags"]].count("retried") == 1
    assert re.search(r"unstable: 2 rows of a took more than one attempt: a: .*link to board-a was lost", run.output)
    assert nothing_is_left(run, own_server)


def test_a_board_that_boots_between_two_tests_is_opened_again(start, own_server) -> None:
    """It is waited for; the first cell afterwards says that it took two attempts."""
    run = start(*BOTH, "--draft", "xs,s", WAIT_AFTER="dev:a:-tiny-llama-xs-Q8_0-K2")
    run.wait_for((run.folder / "waits").exists)
    own_server.pull_the_plug()
    (run.folder / "go-on").touch()
    run.wait_for(lambda: "It is opened again" in run.output)
    own_server.boot()
    assert run.ended() == pytest.ExitCode.OK, run.output
    assert run.counts == "8 passed", run.output
    attempts = {name: one.get("attempts", 1) for name, one in run.records().items()}
    assert {name for name, count in attempts.items() if count == 2} == {
        f"dev:a:-tiny-llama-s-Q8_0-K{k}" for k in (1, 2)
    }


def test_a_board_that_is_absent_is_an_error_beside_one_that_is_measured(start) -> None:
    """It was asked for: its tests are errors that say why, after all attempts; the run is not green."""
    run = start("--device", "a", "--device", "gone", "--draft", "xs,s")
    assert run.ended() == pytest.ExitCode.TESTS_FAILED
    assert run.counts == "4 passed, 4 errors", run.output
    assert re.search(r"gone: offline: .*refused.* \(3 attempts\)", run.output)
    assert "gone: quarantined: offline: " in run.output


def test_a_run_that_measured_nothing_is_not_green(start) -> None:
    """No test failed, and the last words say that nothing was measured."""
    run = start("--device", "gone", "--draft", "xs", "--k", "1")
    assert run.ended() == pytest.ExitCode.TESTS_FAILED
    assert run.counts == "1 error", run.output
    assert "nothing was measured" in run.output


def _has_a_model(pid: int) -> bool:
    try:
        return ".gguf" in Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended between being listed and being looked at
        return False
