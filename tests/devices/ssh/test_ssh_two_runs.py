"""Two runs of pytest that want one board: real ones, with a small model, over a real OpenSSH."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stocked_boards import stock

from configspec.records.reader import read_rows

pytest.importorskip("llama_cpp")
pytest.importorskip("torch")
pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[3] / "fixtures" / "models" / "tiny-llama"
INVENTORY = """
devices:
  orin: {{connection: {{ssh: board-a, config: '{config}'}}, python: '{python}', llama_cpp: &one {{threads: 1}}}}
  rpi5: {{connection: {{ssh: board-b, config: '{config}'}}, python: '{python}', llama_cpp: *one}}
  sick: {{connection: {{ssh: board-b, config: '{config}'}}, python: '{python}', health: {{min_free_memory: 999 TiB}}}}
families:
  tiny-llama:
    target: {{transformers: '{family}/target', threads: 1}}
    drafts: {{xs: '{family}/xs'}}
    quants: [Q8_0]
sweep: {{k: 1..2, prompts: prompts.jsonl, new_tokens: 8, depth: 16, rounds: 2, warmup_rounds: 1, seconds_per_cell: 5}}
"""
# The first run has the board until the file `go` is there.
BENCHMARK = """
import os, time

def test_configuration(hil_benchmark):
    hil_benchmark()
    if "HOLDS" in os.environ:
        open("held", "w").close()
        while not os.path.exists("go"):
            time.sleep(0.05)
"""


class Testbed:
    """A folder in which pytest runs."""

    __test__ = False

    def __init__(self, folder: Path, lock: Path) -> None:
        self.folder = folder
        self.environment = {
            "CONFIGSPEC_CACHE_DIR": str(folder / "cache"),
            "CONFIGSPEC_LOCK_FILE": str(lock),
            "TMPDIR": str(folder),  # a host that is killed cannot tidy up
        }

    def start(self, *flags: str, **environment: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "pytest", "--end-to-end", "none", *flags]
        return subprocess.Popen(
            line,
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *flags: str) -> tuple[int, str]:
        process = self.start(*flags)
        output, _ = process.communicate(timeout=180)
        return process.returncode, output

    @contextmanager
    def holding(self, wait_until: Callable[[Callable[[], bool], float], float]) -> Iterator[subprocess.Popen[str]]:
        """A run that has measured on orin, and does not end."""
        for name in ("held", "go"):
            (self.folder / name).unlink(missing_ok=True)
        process = self.start("--device", "orin", HOLDS="1")
        try:
            wait_until(lambda: (self.folder / "held").exists() or process.poll() is not None, 120)
            yield process
        finally:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def testbed(server, tmp_path_factory: pytest.TempPathFactory, own_lock: Path) -> Testbed:
    """Two boards and one small family, with a cache of its own."""
    folder = tmp_path_factory.mktemp("two runs")
    text = INVENTORY.format(config=server.config, python=sys.executable, family=FAMILY)
    (folder / "devices.yaml").write_text(text)
    (folder / "test_bench.py").write_text(BENCHMARK)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "prompts.jsonl").write_text(json.dumps({"id": "p", "prompt": "def f(x):\n    return"}) + "\n")
    testbed = Testbed(folder, own_lock)
    stock(folder, testbed.environment, "orin", "rpi5")
    return testbed


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_one_measures_and_the_other_waits_and_runs_after(testbed: Testbed, wait_until, killed: bool) -> None:
    """Saying for whom, past pytest's capture; a run that is killed keeps nobody out."""
    with testbed.holding(wait_until) as first, testbed.start("--device", "orin", "--device-wait", "2m") as second:
        assert second.stdout is not None
        said = next(line for line in second.stdout if "Waiting for it" in line)
        assert re.match(rf"orin: busy: \S+ on \S+ \(process {first.pid}, since .*at most 120 s more$", said)
        if killed:
            first.kill()
        else:
            (testbed.folder / "go").touch()
            assert first.wait(timeout=60) == 0
        rest, _ = second.communicate(timeout=120)
        assert (second.returncode, "2 passed" in rest) == (0, True), rest


def test_the_other_gives_up_at_its_bound(testbed: Testbed, wait_until) -> None:
    """Exit code 4 where nothing was measured, 1 where other devices were; errors that say who has it, no failures."""
    with testbed.holding(wait_until) as first:
        held = rf"orin: busy: \S+ on \S+ \(process {first.pid}, since"
        status, output = testbed.run("--device", "orin", "--device-wait", "1s")
        assert status == pytest.ExitCode.USAGE_ERROR, output
        assert re.search(rf"{held}.* holds it. Waiting for it, at most 1 s more", output)
        assert len(re.findall(rf"{held}.*Waited 1 s for it\.$", output, re.MULTILINE)) >= 2
        assert "2 errors" in output
        assert "failed" not in output
        assert "nothing was measured: other runs have the devices" in output
        status, output = testbed.run("--device", "orin,rpi5")
        assert status == pytest.ExitCode.TESTS_FAILED, output
        assert "2 passed, 2 errors" in output


def test_a_worker_says_for_whom_it_waits(testbed: Testbed, wait_until) -> None:
    """It has no terminal of its own; the exit code is the same."""
    pytest.importorskip("xdist")
    with testbed.holding(wait_until) as first:
        status, output = testbed.run("--device", "orin", "--device-wait", "1", "-n1")
        assert status == pytest.ExitCode.USAGE_ERROR, output
        assert re.search(rf"configspec: orin: busy: .*process {first.pid}.* Waiting for it", output)


def test_a_board_that_is_not_as_it_must_be_is_an_error_of_the_testbed(testbed: Testbed) -> None:
    """For all of its tests; the others' rows say how their board was, without its serial number or machine id."""
    status, output = testbed.run("--device", "sick,rpi5", "--benchmark-json=rows.json")
    assert status == pytest.ExitCode.TESTS_FAILED, output
    assert "2 passed, 2 errors" in output
    assert len(re.findall(r"^(E +)?sick: .*unhealthy: its available memory is", output, re.MULTILINE)) >= 2
    for row in read_rows(testbed.folder / "rows.json"):
        health = row.environment.health
        assert health is not None
        assert health.loop_s > 0
        assert health.board_sha256 or health.board_reason


def test_a_wait_that_is_no_time_is_refused(testbed: Testbed) -> None:
    """Before anything is measured."""
    status, output = testbed.run("--device", "orin", "--device-wait", "soon")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "--device-wait is 'soon'. It takes seconds, or a time such as 90s, 10m or 1h." in output
