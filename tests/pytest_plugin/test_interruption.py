"""Runs that are ended from outside: every finished row is there, and `--resume last` completes the set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

EVERYTHING = 18
DEADLINE_S = 60
# One test writes down its process and stays where it is, until it is run with GO in the environment.
STAYS = """
import os, time

def test_configuration(hil_benchmark, configuration):
    if not os.environ.get("GO") and configuration.id == "dev:fast:-pair-b-Q8_0-K1":
        with open("stays.part", "w") as out:
            out.write(str(os.getpid()))
        os.rename("stays.part", "stays")
        time.sleep(300)
    hil_benchmark()
"""


@pytest.fixture
def interrupted(testbed, pytester) -> Callable[..., int]:
    """Start pytest, wait until a test stays and all others that can be are in the journal, then do `how` to it."""
    pytester.makepyfile(test_bench=STAYS)

    def run(how: Callable[[int, int], None], *flags: str, rows: int) -> int:
        line = [sys.executable, "-m", "pytest", "--device", "*", "--benchmark-json=r.json", *flags]
        with subprocess.Popen(line, stdout=Path("out.txt").open("w"), stderr=subprocess.STDOUT) as process:
            wait(lambda: Path("stays").exists() and written() == rows)
            how(process.pid, int(Path("stays").read_text()))
            return process.wait(DEADLINE_S)

    return run


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
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"


def pytest_by(number: int) -> Callable[[int, int], None]:
    return lambda of_pytest, _: os.kill(of_pytest, number)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_keeps_its_rows_and_is_completed(
    interrupted, pytester, rows_of, journal, monkeypatch, number, workers
):
    """Journal always, results file wherever pytest still ends; then the rest, and every row once."""
    rows = 3 if workers == "-n0" else 15
    status = interrupted(pytest_by(number), workers, rows=rows)
    assert status == {signal.SIGINT: 2, signal.SIGTERM: 128 + 15, signal.SIGKILL: -9}[number]
    finished = rows_of(journal())
    assert len(finished) == rows
    assert Path("r.json").exists() == (number != signal.SIGKILL)
    if number != signal.SIGKILL:
        assert rows_of("r.json") == finished
    wait(lambda: gone(int(Path("stays").read_text())))
    monkeypatch.setenv("GO", "1")
    result = pytester.runpytest("--device", "*", workers, "--resume", "last", "--benchmark-json=all.json")
    assert result.ret == 0
    assert len(rows_of("all.json")) == len(rows_of(journal())) == EVERYTHING
    assert result.parseoutcomes() == {"resumed": len(finished), "passed": EVERYTHING - len(finished)}


def test_timeout_1_ends_a_run_in_order(interrupted, rows_of, journal):
    """It signals pytest, and at once all of its group, pytest among them: that is no impatience."""

    def as_timeout_does(of_pytest: int, of_worker: int) -> None:
        for process in (of_pytest, of_pytest, of_worker):
            os.kill(process, signal.SIGTERM)
            time.sleep(0.05)  # on a busy machine there is time between them

    assert interrupted(as_timeout_does, "-n2", rows=15) == 128 + signal.SIGTERM
    assert len(rows_of("r.json")) == len(rows_of(journal())) == 15


def test_a_worker_that_is_killed_from_outside_costs_one_row(interrupted, pytester, rows_of, journal, monkeypatch):
    """`kill -9` of the worker: one error, all other rows, and resume measures the one."""
    status = interrupted(lambda _, of_worker: os.kill(of_worker, signal.SIGKILL), "-n2", rows=15)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "17 passed, 1 error" in Path("out.txt").read_text()
    finished = rows_of("r.json")
    assert len(finished) == EVERYTHING - 1
    assert rows_of(journal()).keys() == finished.keys()
    monkeypatch.setenv("GO", "1")
    result = pytester.runpytest("--device", "*", "-n2", "--resume", "last", "--benchmark-json=all.json")
    assert result.parseoutcomes() == {"resumed": 17, "passed": 1}
    assert len(rows_of("all.json")) == EVERYTHING


def test_a_run_ended_twice_still_loses_nothing(interrupted, pytester, rows_of, journal, monkeypatch):
    """The second run is killed while rows of the first are not yet looked at: the third has them all the same."""
    interrupted(pytest_by(signal.SIGKILL), "-n2", rows=15)
    wait(lambda: gone(int(Path("stays").read_text())))
    first = rows_of(journal())
    Path("stays").unlink()
    line = [sys.executable, "-m", "pytest", "--device", "*", "-n0", "--resume", "last"]
    with subprocess.Popen(line, stdout=Path("out.txt").open("w"), stderr=subprocess.STDOUT) as process:
        wait(Path("stays").exists)
        process.kill()
    assert rows_of(journal()).keys() == first.keys()
    monkeypatch.setenv("GO", "1")
    result = pytester.runpytest("--device", "*", "-n2", "--resume", "last", "--benchmark-json=all.json")
    assert result.parseoutcomes() == {"resumed": 15, "passed": 3}
    assert len(rows_of("all.json")) == EVERYTHING


FINISHES = """
import os, time

def test_configuration(hil_benchmark, configuration):
    if configuration.id == "dev:fast:-pair-a-Q8_0-K1":
        with open("stays.part", "w") as out:
            out.write(str(os.getpid()))
        os.rename("stays.part", "stays")
        while not os.path.exists("signalled"):
            time.sleep(0.02)
        time.sleep(1)  # so long pytest has for taking notice
    hil_benchmark()
    with open("finished.txt", "a") as out:
        print(configuration.id, file=out)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_rows_that_workers_finish_while_they_are_ended_are_kept(
    interrupted, pytester, rows_of, journal, monkeypatch, number
):
    """They are given some seconds; what they measured then is in journal and file, and is not measured again."""
    pytester.makepyfile(test_bench=FINISHES)

    def signalled(of_pytest: int, _: int) -> None:
        os.kill(of_pytest, number)
        Path("signalled").touch()

    interrupted(signalled, "-n2", rows=12)
    finished = Path("finished.txt").read_text().split()
    assert "dev:fast:-pair-a-Q8_0-K1" in finished
    assert len(finished) == len(set(finished)) < EVERYTHING
    assert sorted(rows_of("r.json")) == sorted(f"test_bench.py::test_configuration[{one}]" for one in finished)
    assert rows_of(journal()) == rows_of("r.json")
    result = pytester.runpytest("--device", "*", "-n2", "--resume", "last", "--benchmark-json=all.json")
    assert result.parseoutcomes() == {"resumed": len(finished), "passed": EVERYTHING - len(finished)}
    assert len(rows_of("all.json")) == EVERYTHING
