"""Whole runs under pytest-xdist: one worker a device, one file, and nothing lost when a worker dies."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytest.importorskip("xdist")
pytestmark = pytest.mark.real

EVERYTHING = 18  # 3 devices, 2 drafts, 3 values of K
DEADLY = """
import os, signal

def test_configuration(hil_benchmark, configuration):
    hil_benchmark()
    with open(f"ran-{configuration.device}.txt", "a") as out:
        print(os.getpid(), configuration.id, file=out)
    if configuration.id in %r:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def name(device: str, draft: str, k: int) -> str:
    return f"dev:{device}:-pair-{draft}-Q8_0-K{k}"


def test_the_rows_and_the_rankings_are_as_without_workers(testbed, pytester, rows_of):
    """Same node ids, same times by the device's clock, same records, in the same order; the same rankings."""
    alone = pytester.runpytest("-v", "--device", "*", "--benchmark-json=alone.json")
    shared = pytester.runpytest("-v", "--device", "*", "-n", "2", "--benchmark-json=shared.json")
    assert alone.ret == shared.ret == 0
    shared.assert_outcomes(passed=EVERYTHING)
    one, other = rows_of("alone.json"), rows_of("shared.json")
    assert list(one) == list(other)
    assert one == other
    start, end = "*configspec: rankings*", "18 rows, each in the journal"
    texts = [result.stdout.str().partition("configspec: rankings")[2].partition(end)[0] for result in (alone, shared)]
    assert texts[0] == texts[1]
    assert texts[0].strip(), start


def test_auto_makes_a_worker_a_device(testbed, pytester):
    """Three devices: three workers, whatever the processors. Without a device `-n auto` is xdist's own."""
    result = pytester.runpytest("--device", "*", "-n", "auto", "-v")
    result.stdout.fnmatch_lines(["3 workers [[]18 items[]]*", "*DeviceQueues*"])
    result = pytester.runpytest("--device", "fast", "-n", "auto", "-v")
    result.stdout.fnmatch_lines(["1 worker [[]6 items[]]*"])


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_a_device_has_one_worker_whatever_dist_says(testbed, pytester, dist):
    """The names of two devices begin alike, and their tests are in one file."""
    pytester.makepyfile(test_bench=DEADLY % [])
    pytester.runpytest("--device", "*", "-n", "3", "--dist", dist).assert_outcomes(passed=EVERYTHING)
    processes = set()
    for device in ("fast", "fast-2", "slow"):
        lines = Path(f"ran-{device}.txt").read_text().splitlines()
        (process,) = {line.split()[0] for line in lines}
        assert [line.split()[1] for line in lines] == [name(device, d, k) for d in "ab" for k in (1, 2, 4)]
        processes.add(process)
    assert len(processes) == 3


def test_a_test_that_kills_its_worker_is_an_error_and_is_not_run_again(testbed, pytester, rows_of, journal):
    """One error of the testbed; a new worker does the rest of that device; the other rows are all there."""
    deadly = name("fast", "a", 4)
    pytester.makepyfile(test_bench=DEADLY % [deadly])
    result = pytester.runpytest("--device", "*", "-n", "2", "--benchmark-json=r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=EVERYTHING - 1, errors=1)
    result.stdout.fnmatch_lines([f"*crashed while running*{deadly}*It measured on fast; the test is not run again*"])
    ran = [line.split()[1] for line in Path("ran-fast.txt").read_text().splitlines()]
    assert ran.count(deadly) == 1
    assert len(ran) == len(set(ran)) == 6
    assert len(rows_of("r.json")) == len(rows_of(journal())) == EVERYTHING - 1


def test_a_device_that_kills_two_workers_gets_no_third(testbed, pytester, rows_of):
    """Its other tests are errors that say so, in JUnit's file too; the other devices are measured."""
    pytester.makepyfile(test_bench=DEADLY % [name("fast", "a", 1), name("fast", "a", 4)])
    result = pytester.runpytest("--device", "*", "-n", "2", "--benchmark-json=r.json", "--junit-xml=j.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=13, errors=5)
    result.stdout.fnmatch_lines(["*not run: 2 workers died while they measured on fast*"])
    result.stdout.fnmatch_lines(["*5 of 18 configurations were not measured: 5 of fast"])
    assert len(rows_of("r.json")) == 13
    suite = ElementTree.parse("j.xml").getroot()[0]
    assert (suite.get("errors"), suite.get("failures")) == ("5", "0")


def test_without_new_workers_what_was_not_run_is_an_error(testbed, pytester):
    """By itself xdist ends such a run without a word about the tests that nobody ran."""
    pytester.makepyfile(test_bench=DEADLY % [name("fast", "a", 2)])
    result = pytester.runpytest("--device", "fast", "-n", "1", "--max-worker-restart=0")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, errors=5)
    result.stdout.fnmatch_lines(["*not run: no worker was left to run it*"])


def test_tests_without_a_device_run_beside_them(testbed, pytester):
    """More workers than devices: the host's tests need not wait; the device's time is not theirs."""
    pytester.makepyfile(
        test_host="""
        import pytest
        @pytest.mark.parametrize("number", range(20))
        def test_host(number):
            pass
        """
    )
    pytester.runpytest("--device", "fast", "-n", "3").assert_outcomes(passed=26)


def test_saving_comparing_and_the_gate_work_as_without_workers(testbed, pytester):
    """One saved file; a device that became slower fails the gate of pytest-benchmark."""
    assert pytester.runpytest("--device", "*", "-n", "2", "--benchmark-autosave").ret == 0
    (saved,) = Path(testbed, ".benchmarks").rglob("*.json")
    assert len(json.loads(saved.read_text())["benchmarks"]) == EVERYTHING
    flags = ("--device", "*", "-n", "2", "--benchmark-compare", "--benchmark-compare-fail=median:5%")
    result = pytester.runpytest(*flags)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*benchmark 'slow, pair, K=4: time of a round'*", "*NOW*"])
    profile = json.loads(Path("profile.json").read_text())
    for cell in profile["devices"]["slow"]["cells"]:
        cell["drafting_tokens_per_s"] = {key: value / 2 for key, value in cell["drafting_tokens_per_s"].items()}
    Path("profile.json").write_text(json.dumps(profile))
    result = pytester.runpytest(*flags)
    assert result.ret != 0
    assert "Performance has regressed" in result.stdout.str() + result.stderr.str()


def test_benchmark_only_skips_the_other_tests(testbed, pytester):
    """Under workers pytest-benchmark by itself refuses the option."""
    pytester.makepyfile(test_host="def test_host(): pass")
    result = pytester.runpytest("--device", "fast", "-n", "2", "--benchmark-only")
    result.assert_outcomes(passed=6, skipped=1)


def test_benchmarks_of_the_host_stay_off_and_are_told(testbed, pytester, rows_of):
    """They would contend for the host's processors; the devices' rows are written, and no warning is made of those."""
    result = pytester.runpytest_subprocess("--device", "fast", "-n", "2")
    assert "automatically disabled" not in result.stdout.str() + result.stderr.str()
    pytester.makepyfile(test_host="def test_host(benchmark): benchmark(len, '')")
    result = pytester.runpytest_subprocess("--device", "fast", "-n", "2", "--benchmark-json=r.json")
    result.assert_outcomes(passed=7)
    assert len(rows_of("r.json")) == 6


@pytest.mark.parametrize(("place", "passed"), [("setup", 5), ("call", 5), ("teardown", 6)])
@pytest.mark.parametrize("number", ["a-Q8_0-K2", "b-Q8_0-K4"])
def test_a_worker_may_die_at_any_place(testbed, pytester, rows_of, place, passed, number):
    """In set-up, call or teardown, in the middle or at the last test: one error; a row that was finished stays."""
    pytester.makepyfile(
        test_bench=f"""
        import os, signal
        import pytest

        def die(configuration, here):
            if here == {place!r} and configuration.id.endswith({number!r}):
                os.kill(os.getpid(), signal.SIGKILL)

        @pytest.fixture
        def board(configuration):
            die(configuration, "setup")
            yield
            die(configuration, "teardown")

        def test_configuration(board, configuration, hil_benchmark):
            hil_benchmark()
            die(configuration, "call")
        """
    )
    result = pytester.runpytest("--device", "fast", "-n", "1", "--benchmark-json=r.json")
    result.assert_outcomes(passed=passed, errors=1)
    assert len(rows_of("r.json")) == passed


def test_a_new_worker_that_finds_other_tests_runs_none(testbed, pytester, rows_of):
    """A test file that was edited meanwhile: what was left is named, and the run ends."""
    pytester.makepyfile(
        test_bench="""
        import os, pathlib, signal
        def test_configuration(hil_benchmark, configuration):
            hil_benchmark()
            if configuration.id.endswith("a-Q8_0-K2"):
                path = pathlib.Path(__file__)
                path.write_text(path.read_text() + "\\ndef test_new(): pass\\n")
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = pytester.runpytest("--device", "fast", "-n", "1", "--benchmark-json=r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, errors=5)
    result.stdout.fnmatch_lines(["*not run: the worker that was to run it found other tests*"])
    assert len(rows_of("r.json")) == 1


def test_dist_without_workers_measures_here(testbed, pytester):
    """`--dist load` in the ini file of a testbed, and no `-n`."""
    pytester.runpytest("--device", "fast", "--dist", "load").assert_outcomes(passed=6)


def test_each_worker_measuring_everything_is_refused(testbed, pytester):
    """`--dist each`, and workers on other hosts: usage errors."""
    result = pytester.runpytest("--device", "fast", "-n", "2", "--dist", "each")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result = pytester.runpytest("--device", "fast", "--dist", "load", "--tx", "ssh=elsewhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_usage_error_comes_before_any_worker(testbed, pytester):
    """`-n auto` reads the inventory first of all."""
    result = pytester.runpytest("--device", "nonsense", "-n", "auto")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "nonsense" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_nothing_measured_is_no_success(testbed, pytester):
    """As without workers."""
    pytester.makepyfile(test_bench="import pytest\ndef test_it(hil_benchmark):\n    pytest.skip('not today')\n")
    result = pytester.runpytest("--device", "fast", "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*nothing was measured*"])


def test_an_inventory_that_changes_meanwhile_is_told(testbed, pytester):
    """A worker that starts late must not measure by other settings than the rest."""
    pytester.makepyfile(
        test_bench="""
        import os, pathlib, signal
        def test_configuration(hil_benchmark, configuration):
            hil_benchmark()
            if (configuration.draft, configuration.k) == ("a", 2):
                path = pathlib.Path("devices.yaml")
                path.write_text(path.read_text() + "# another remark")
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = pytester.runpytest("--device", "fast", "-n", "1")
    result.assert_outcomes(passed=1, errors=5)
    result.stdout.fnmatch_lines(["*devices.yaml was changed while the run went on*"])


def test_odd_values_in_extra_info_travel(testbed, pytester, rows_of):
    """NaN, a path and an object of the test's own: the file is JSON that every reader takes."""
    pytester.makepyfile(
        test_bench="""
        import pathlib
        def test_odd(hil_benchmark, benchmark):
            benchmark.extra_info.update(nan=float("nan"), path=pathlib.Path("x"), thing=object, pair=(1, 2))
            hil_benchmark()
        """
    )
    for flags in (("-n0",), ("-n1",)):
        result = pytester.runpytest("--device", "fast", "--k", "1", *flags, "--benchmark-json=r.json")
        assert result.ret == 0
        for row in rows_of("r.json").values():
            assert row["extra_info"]["nan"] is None
            assert row["extra_info"]["path"] == "x"
            assert row["extra_info"]["pair"] == [1, 2]
        assert "NaN" not in Path("r.json").read_text()


def test_what_a_teardown_adds_is_in_the_row(testbed, pytester, rows_of):
    """A fixture's last word, after the test was called."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        @pytest.fixture
        def late(benchmark):
            yield
            benchmark.extra_info["late"] = 1
        def test_it(late, hil_benchmark):
            hil_benchmark()
        """
    )
    for flags in (("-n0",), ("-n1",)):
        pytester.runpytest("--device", "fast", "--k", "1", *flags, "--benchmark-json=r.json")
        assert [row["extra_info"]["late"] for row in rows_of("r.json").values()] == [1, 1]


@pytest.mark.parametrize("flags", [("-x",), ("--maxfail=1",)])
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_an_early_end_keeps_what_was_finished(testbed, pytester, rows_of, journal, flags, workers, monkeypatch):
    """A failing assertion ends the run; its own row and all before it are in file and journal, and resume goes on."""
    pytester.makepyfile(
        test_bench="""
        import os
        def test_configuration(hil_benchmark, configuration):
            hil_benchmark()
            third = (configuration.device, configuration.draft, configuration.k) == ("fast", "a", 2)
            assert os.environ.get("FINE") or not third
        """
    )
    result = pytester.runpytest("--device", "*", workers, *flags, "--benchmark-json=r.json")
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    finished = rows_of("r.json")
    assert 2 <= len(finished) < EVERYTHING
    assert rows_of(journal()) == finished
    monkeypatch.setenv("FINE", "1")
    result = pytester.runpytest("--device", "*", workers, "--resume", "last", "--benchmark-json=all.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"{len(finished)} rows resumed from *, {EVERYTHING - len(finished)} measured"])
    assert len(rows_of("all.json")) == EVERYTHING


def test_a_test_that_ends_its_worker_is_told(testbed, pytester, rows_of):
    """`pytest.exit` with a code, in a worker: what was not run is an error, and finished rows are kept."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        def test_configuration(hil_benchmark, configuration):
            hil_benchmark()
            if configuration.draft == "b":
                pytest.exit("enough", returncode=7)
        """
    )
    result = pytester.runpytest("--device", "fast", "-n1", "--benchmark-json=r.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines(["*not run: its worker ended its run meanwhile, as by pytest.exit*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert len(rows_of("r.json")) == 3
