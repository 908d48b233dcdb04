"""Runs whose processes are stopped and continued: each ends, no other device waits, no row is lost or there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

EVERYTHING = 18  # 3 devices, 2 drafts, 3 values of K
SILENCE_S = 1.5
DEADLINE_S = 60
STAYING = "test_bench.py::test_configuration[dev:fast:-pair-b-Q8_0-K1]"
# One test writes down its process, and stays where it is until the file "go" is there.
STAYS = """
import os, time

def test_configuration(hil_benchmark, configuration):
    if configuration.id == "dev:fast:-pair-b-Q8_0-K1" and not os.path.exists("go"):
        with open("stays.part", "w") as out:
            out.write(str(os.getpid()))
        os.rename("stays.part", "stays")
        while not os.path.exists("go"):
            time.sleep(0.02)
    hil_benchmark()
"""
# What Python imports before all else: a worker of execnet stops there.
STOPS = """
import os, signal, sys
if any("exec(eval" in argument for argument in sys.orig_argv):
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@contextmanager
def started(testbed: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process group of its own; its processes find modules in the testbed first."""
    path = os.pathsep.join([str(testbed), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path}
    flags = ["--device", "*", "-n2", "-o", f"configspec_worker_silence={SILENCE_S}s", "--benchmark-json=r.json"]
    line = [sys.executable, "-m", "pytest", *flags]
    testbed.joinpath("test_bench.py").write_text(STAYS)
    with (
        Path("out.txt").open("wb") as out,
        subprocess.Popen(
            line, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def staying(testbed) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A run, and its worker that stays in a test; the other has nothing left to do."""
    with started(testbed) as process:
        wait(lambda: Path("stays").exists() and written() == EVERYTHING - 3)
        yield process, int(Path("stays").read_text())


def written() -> int:
    """How many rows are in the journal."""
    (path,) = Path(".configspec", "journal").glob("*.jsonl")
    return path.read_text().count('\n{"row"')


def wait(until: Callable[[], bool]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not until():
        assert time.monotonic() < end_s, Path("out.txt").read_text()
        time.sleep(0.02)


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_stopped_worker_is_ended_and_another_does_the_rest(staying, rows_of, journal):
    """One error that names what happened; the 17 other rows are there, once each."""
    process, worker = staying
    os.kill(worker, signal.SIGSTOP)
    assert process.wait(DEADLINE_S) == pytest.ExitCode.TESTS_FAILED
    assert gone(worker)
    told = Path("out.txt").read_text()
    assert "17 passed, 1 error" in told
    assert f"has said nothing for {SILENCE_S} s; it was ended while it ran '{STAYING}'. Was it stopped" in told
    assert "It measured on fast; the test is not run again." in told
    assert len(rows_of("r.json")) == EVERYTHING - 1
    assert rows_of(journal()).keys() == rows_of("r.json").keys()


def test_workers_end_while_their_controller_is_stopped(staying, rows_of, journal):
    """Their devices are free for others; a controller that continues has lost what they ran, and nothing else."""
    process, worker = staying
    os.kill(process.pid, signal.SIGSTOP)
    wait(lambda: gone(worker))
    os.kill(process.pid, signal.SIGCONT)
    assert process.wait(DEADLINE_S) == pytest.ExitCode.TESTS_FAILED
    told = Path("out.txt").read_text()
    assert f"has heard nothing of this process for {SILENCE_S} s and ended itself while it ran '{STAYING}'" in told
    assert "17 passed, 1 error" in told
    assert rows_of(journal()).keys() == rows_of("r.json").keys()
    assert len(rows_of("r.json")) == EVERYTHING - 1


def test_a_run_that_is_stopped_as_a_whole_continues_as_if_nothing_had_been(staying, rows_of):
    """Ctrl-Z and `fg`: neither side takes its own absence for the other's silence."""
    process, worker = staying
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(2 * SILENCE_S)
    os.killpg(process.pid, signal.SIGCONT)
    time.sleep(SILENCE_S / 2)
    assert not gone(worker)
    Path("go").touch()
    assert process.wait(DEADLINE_S) == 0
    assert "18 passed" in Path("out.txt").read_text()
    assert len(rows_of("r.json")) == EVERYTHING


def test_a_worker_that_is_stopped_while_it_starts_ends_the_run(testbed):
    """Until its first word, xdist waits for it and has no worker to give up."""
    testbed.joinpath("sitecustomize.py").write_text(STOPS)
    with started(testbed) as process:
        assert process.wait(DEADLINE_S) == pytest.ExitCode.TESTS_FAILED
    told = Path("out.txt").read_text()
    assert f"a worker gave no sign of life for {SILENCE_S} s while it started, and was ended" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("written_there", ["0", "0.5s", "25h", "for ever", "-3", "1e9", "inf", ""])
def test_a_silence_that_cannot_be_meant_is_refused(testbed, pytester, written_there):
    """A mistake in the ini file ends the run before it begins."""
    result = pytester.runpytest("--device", "fast", "-o", f"configspec_worker_silence={written_there}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "It takes a time from 1s to 24h" in result.stderr.str()


def test_a_run_without_devices_is_not_watched(pytester):
    """Another project's workers may be stopped for as long as that project likes."""
    pytester.makepyfile(
        test_other="""
        def test_input(request):
            assert "configspec" not in request.config.workerinput
        """
    )
    pytester.runpytest("-n1").assert_outcomes(passed=1)
