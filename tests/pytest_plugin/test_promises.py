"""What a run says of its rows is so, where disks fill up, files are deleted, clocks step or a target is none.

A full disk is a limit on the size of files (RLIMIT_FSIZE), set and lifted by the tests and hooks of the run itself.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

EARLIER = '{"benchmarks": [], "earlier": true}'
LIMIT = """
import resource

def limit(size_bytes):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size_bytes is None else size_bytes, hard))
"""
# The disk is full when the results are written, and not before.
FULL_FOR_RESULTS = (
    LIMIT
    + """
import pytest

def pytest_benchmark_update_json(output_json):
    limit(1000)

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    limit(None)
"""
)
# After the third row the journal's disk is full, and stays so until the results have been tried.
FULL_FOR_JOURNAL = """
import pathlib
from limits import limit

def test_configuration(hil_benchmark, configuration):
    if configuration.id == "dev:fast:-pair-b-Q8_0-K1":
        (journal,) = pathlib.Path(".configspec/journal").iterdir()
        limit(journal.stat().st_size + 100)
    hil_benchmark()
"""
# Afterwards, before it is looked where the rows are.
LIFTED, TIGHTER = (
    f"""
import pytest
from limits import limit

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    limit({size})
"""
    for size in (None, 100)
)
LIFTED_FOR_RESULTS = "from limits import limit\n\ndef pytest_benchmark_update_json(output_json): limit(None)"


@pytest.fixture
def elsewhere(testbed, monkeypatch) -> Path:
    """The folder for temporary files of the runs that a test starts."""
    folder = Path(testbed, "elsewhere")
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    """A run whose output goes through pipes, since a limit on the size of files is one on output in a file too."""
    line = [sys.executable, "-m", "pytest", "--device", "fast", *flags]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)


def follow(command: str, pytester: pytest.Pytester) -> None:
    """Do what a message says would do."""
    program, *rest = shlex.split(command)
    assert program == "configspec"
    assert pytester.run(sys.executable, "-m", "configspec.cli", *rest).ret == 0


@pytest.fixture
def full_journal(testbed, pytester) -> Callable[[str], None]:
    """Half of the rows do not fit into the journal; the conftest says for how long."""

    def make(conftest: str) -> None:
        pytester.makepyfile(limits=LIMIT, test_bench=FULL_FOR_JOURNAL)
        pytester.makeconftest(conftest)

    return make


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_full_disk_costs_neither_the_earlier_results_nor_the_rankings(testbed, pytester, rows_of, workers):
    """The file is as it was, the rankings are shown, and the command of the message makes the results."""
    pytest.importorskip("xdist")
    pytester.makeconftest(FULL_FOR_RESULTS)
    Path("r.json").write_text(EARLIER)
    result = run(workers, "--benchmark-json=r.json")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert Path("r.json").read_text() == EARLIER
    assert "configspec: what to run" in result.stdout
    assert "6 rows, each in the journal" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert "ERROR: the results could not be written: " in result.stderr
    found = re.search(r"r\.json: File too large\..*(configspec recover .*)", result.stderr)
    assert found is not None, result.stderr
    follow(found[1], pytester)
    assert len(rows_of("results.json")) == 6


def test_rows_that_neither_results_nor_journal_hold_are_offered_elsewhere(
    full_journal, elsewhere, pytester, rows_of, journal
):
    """Their number, their file, and the command that makes one results file of both."""
    full_journal(LIFTED)
    result = run("--benchmark-json=r.json")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert not Path("r.json").exists()
    assert "3 of 6 rows are not in the journal" in result.stdout
    assert "configspec: what to run" in result.stdout
    found = re.search(r"3 rows that no file held: (\S+\.json)\. (configspec merge .*)", result.stderr)
    assert found is not None, result.stderr
    assert Path(found[1]).parent == elsewhere
    assert Path(found[1]).stat().st_mode & 0o077 == 0
    assert len(rows_of(journal())) == len(rows_of(found[1])) == 3
    follow(found[2], pytester)
    assert len(rows_of("results.json")) == 6


def test_rows_that_only_the_journal_lacks_are_in_the_results(full_journal, elsewhere, rows_of):
    """And nothing is written elsewhere."""
    full_journal(LIFTED_FOR_RESULTS)
    result = run("--benchmark-json=r.json")
    assert result.returncode == 0, result.stderr
    assert len(rows_of("r.json")) == 6
    assert "All are in " in result.stdout
    assert not list(elsewhere.iterdir())


def test_rows_that_were_not_asked_for_in_a_file_are_offered_elsewhere_too(full_journal, elsewhere, rows_of, journal):
    """Without --benchmark-json only the journal was to hold them."""
    full_journal(LIFTED)
    result = run()
    assert result.returncode == 0, result.stderr
    found = re.search(r"3 of 6 rows are not in the journal \S+: .* They are in (\S+\.json), which", result.stdout)
    assert found is not None, result.stdout
    assert len(rows_of(journal())) == len(rows_of(found[1])) == 3


def test_rows_that_are_lost_are_counted(full_journal, elsewhere, rows_of, journal):
    """Where no disk has room: how many, and the run has failed."""
    full_journal(TIGHTER)
    result = run()
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "3 of 6 rows are not in the journal" in result.stdout
    assert "ERROR: rows are lost: 3 rows of this run: journal" in result.stderr
    assert "3 rows in no file, since" in result.stderr
    assert len(rows_of(journal())) == 3
    assert not list(elsewhere.iterdir())


def test_a_journal_that_was_deleted_is_not_promised(testbed, elsewhere, pytester, rows_of):
    """`rm -r .configspec` while the run goes on: its rows are in another file, and that is said."""
    pytester.makepyfile(
        test_bench="""
        import shutil

        def test_configuration(hil_benchmark, configuration):
            if configuration.k == 4:
                shutil.rmtree(".configspec", ignore_errors=True)
            hil_benchmark()
        """
    )
    result = run()
    found = re.search(r"6 of 6 rows are not in the journal .* They are in (\S+\.json), which", result.stdout)
    assert found is not None, result.stdout + result.stderr
    assert len(rows_of(found[1])) == 6


def test_a_kill_while_the_results_are_written_leaves_the_earlier_ones(testbed, pytester, rows_of, journal):
    """`kill -9` between two rows; the journal has them all."""
    pytester.makeconftest(
        """
        import os, signal

        class Deadly(list):
            reads = 0

            def __iter__(self):
                Deadly.reads += 1
                yield self[0]
                if Deadly.reads > 2:  # looked at, named, and now written
                    os.kill(os.getpid(), signal.SIGKILL)
                yield from self[1:]

        def pytest_benchmark_update_json(output_json):
            output_json["benchmarks"] = Deadly(output_json["benchmarks"])
        """
    )
    Path("r.json").write_text(EARLIER)
    result = run("--benchmark-json=r.json")
    assert result.returncode == -signal.SIGKILL
    assert Path("r.json").read_text() == EARLIER
    assert len(rows_of(journal())) == 6


@pytest.mark.parametrize("body", ["output_json.clear()", "output_json['benchmarks'].append(3)"])
def test_a_hook_that_spoils_the_results_loses_no_row(testbed, pytester, rows_of, journal, body):
    """Another plugin's change of what is to be written: told as every file that cannot be written."""
    pytester.makeconftest(f"def pytest_benchmark_update_json(output_json): {body}")
    result = run("--benchmark-json=r.json")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "pytest_benchmark_update_json has left no list of rows in it" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert len(rows_of(journal())) == 6


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--benchmark-json=out/l.json"], ["out/l.json", "does not exist"]),
        (["--benchmark-json=."], ["a folder"]),
        (["--benchmark-json=/dev/full"], ["/dev/full", "a device and not a regular file"]),
        (["--benchmark-json=fifo"], ["fifo", "a FIFO"]),
        (["--benchmark-json=file/r.json"], ["file/r.json", "Not a directory"]),
        (["--benchmark-save=x", "--benchmark-storage=file/x"], ["file/x", "--benchmark-storage"]),
        (["--benchmark-autosave", "--benchmark-storage=file"], ["file", "--benchmark-storage"]),
        (["--journal=."], ["--journal", "a folder, and it names a file"]),
        (["--resume=."], ["a folder. Name the results file or the journal in it."]),
        (["--resume=last", "-o", "configspec_journal=file"], ["--resume last", "file", "Not a directory"]),
        (["--journal=fifo"], ["fifo", "already exists"]),
        (["--journal=/dev/null"], ["already exists"]),
        (["--journal=file/j.jsonl"], ["file/j.jsonl", "cannot be written"]),
        (["--journal=" + 300 * "x"], ["name too long"]),
        (["--resume=fifo", "--journal=fifo"], ["fifo"]),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_runs(testbed, pytester, flags, words):
    """Exit code 4, the file's name, no test run, no journal begun; nothing waits for a reader."""
    os.mkfifo("fifo")
    Path("file").write_text("")
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    errors = result.stderr.str()
    assert all(word in errors for word in words), errors
    assert "Traceback" not in errors
    assert not list(Path(".configspec").rglob("*.jsonl"))
    assert "rankings" not in result.stdout.str()


def test_results_may_go_nowhere(testbed, pytester):
    """`--benchmark-json=/dev/null` switches off what an ini file asks for."""
    result = pytester.runpytest("--device", "fast", "--benchmark-json=/dev/null")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["6 rows, each in the journal *"])


def test_a_test_that_changes_the_folder_does_not_take_the_results_along(testbed, pytester, rows_of):
    """They are where the command line said, from the folder in which it was given."""
    pytester.makepyfile(
        test_bench="""
        import os

        def test_configuration(hil_benchmark, tmp_path):
            os.chdir(tmp_path)
            hil_benchmark()
        """
    )
    assert run("--benchmark-json=r.json").returncode == 0
    assert len(rows_of("r.json")) == 6


def test_a_clock_that_was_set_back_neither_hides_nor_deletes_the_newest_journal(testbed, pytester, rows_of):
    """Twenty-one journals of the future lie there: `--resume last` takes the one that was made last."""
    pytester.runpytest("--device", "fast")
    folder = Path(".configspec/journal")
    (first,) = folder.glob("*.jsonl")
    for second in range(10, 31):
        (folder / f"20990101T0000{second}000000-1.jsonl").write_bytes(first.read_bytes())
    first.unlink()
    pytester.runpytest("--device", "slow")
    (newest,) = set(folder.glob("*.jsonl")) - set(folder.glob("2099*"))
    assert len(rows_of(str(newest))) == 6
    result = pytester.runpytest("--device", "*", "--resume", "last")
    result.stdout.fnmatch_lines([f"6 rows resumed from *{newest.name}, 12 measured"])
