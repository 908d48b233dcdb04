"""What would keep a run from measuring is told before anything is measured."""

from __future__ import annotations

import inspect
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

OTHERS = """
def pytest_addoption(parser):
    for name in ("--codspeed", "--forked"):
        parser.addoption(name, action="store_true")
    parser.addoption("--parallel-threads", default=1)
    parser.addoption("--workers")
    parser.addoption("--tests-per-worker")

def pytest_configure(config):
    config.addinivalue_line("markers", "forked: as pytest-forked has it")
"""


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["-p", "no:benchmark"], "pytest-benchmark"),
        (["--benchmark-disable"], "--benchmark-disable"),
        (["--benchmark-skip"], "--benchmark-skip"),
        (["--benchmark-cprofile=tottime"], "--benchmark-cprofile"),
        (["--benchmark-compare-fail=min:5%"], "--benchmark-compare"),
        (["--benchmark-compare", "--benchmark-compare-fail=min:5%"], "--benchmark-save NAME"),
        (["--setup-plan"], "--setup-plan"),
        (["--setup-only"], "--setup-show"),
        (["--codspeed"], "--codspeed"),
        (["--forked"], "--forked runs tests where their rows are lost"),
        (["--parallel-threads", "auto"], "--parallel-threads"),
        (["--workers=2"], "--workers"),
        (["--tests-per-worker=auto"], "--tests-per-worker"),
        pytest.param(
            ["--benchmark-histogram"],
            "pip install 'pytest-benchmark[histogram]'",
            marks=pytest.mark.skipif(find_spec("pygal") is not None, reason="pygal is installed"),
        ),
    ],
)
def test_an_option_that_would_lose_the_rows_is_a_usage_error(testbed, pytester, flags, word):
    """Exit code 4, and a sentence that names it; nothing is measured, and no journal is begun."""
    pytester.makeconftest(OTHERS)
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert word in result.stderr.str()
    assert "Traceback" not in result.stderr.str()
    assert not Path(testbed, ".configspec").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--tx", "popen//python=/usr/bin/python3"], "--tx popen//python=/usr/bin/python3: --device needs workers of"),
        (["--tx", "2*popen//chdir=/"], "--tx 2*popen//chdir=/: --device needs workers of this host"),
        (["--tx", "popen", "--tx", "ssh=orin"], "--tx ssh=orin: --device needs workers of this host"),
        (["--tx", "popen", "--dist", "each"], "--dist each would have every worker measure every device"),
        (["-n2", "--max-worker-restart=few"], "--max-worker-restart is 'few'"),
    ],
)
def test_workers_that_could_not_measure_are_refused(testbed, pytester, flags, words):
    """Another Python or folder has another testbed; it would die at its start, and so would each that replaced it."""
    pytest.importorskip("xdist")
    result = pytester.runpytest("--device", "fast", "--dist", "load", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()
    assert not Path(testbed, ".configspec").exists()


FIXTURE = """
import pytest

@pytest.fixture
def {name}():
    return lambda function, *args: function(*args)
"""
REGISTERED_LATER = """
import pytest

class Bench:
    @pytest.fixture
    def benchmark(self):
        return lambda function, *args: function(*args)

def pytest_configure(config):
    config.pluginmanager.register(Bench(), "fast bench")
"""
PATCH = """
from _pytest.fixtures import FixtureManager

def pytest_plugin_registered(plugin, manager):
    if isinstance(plugin, FixtureManager):
        table = plugin.{table}
        table["benchmark"] = table["another_benchmark"]
"""


def patching() -> str:
    """A plugin that changes pytest's own table, as pytest-codspeed does."""
    from _pytest.fixtures import FixtureManager

    told = inspect.getsource(FixtureManager)
    table = next(one for one in ("_arg2node2fixturedefs", "_arg2fixturedefs") if one in told)
    return FIXTURE.format(name="another_benchmark") + PATCH.format(table=table)


@pytest.mark.parametrize(("plugin", "workers"), [(REGISTERED_LATER, "-n0"), (patching(), "-n2")], ids=["own", "table"])
def test_a_plugin_that_takes_the_place_of_pytest_benchmark_is_refused(testbed, pytester, plugin, workers):
    """Once, by its name, and nothing is measured; where no device is asked for, it is nobody's business."""
    pytest.importorskip("xdist")
    pytester.syspathinsert()
    pytester.makepyfile(fast_bench=plugin, test_host="def test_host(): pass\n")
    result = pytester.runpytest("--device", "fast", "-p", "fast_bench", workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stdout.str() + result.stderr.str()
    assert told.count("The plugin fast_bench gives tests another fixture `benchmark` than pytest-benchmark") == 1
    assert "Traceback" not in told
    assert not list(Path(testbed).rglob("*.jsonl"))[1:]
    pytester.runpytest("-p", "fast_bench", "test_host.py").assert_outcomes(passed=1)


def test_a_conftests_benchmark_is_the_business_of_its_tests(testbed, pytester):
    """Other folders of the suite may measure: no usage error, but an error of each test that it would cost a row."""
    pytester.makeconftest(FIXTURE.format(name="benchmark"))
    result = pytester.runpytest("--device", "fast", "--k", "1")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*this test has another of that name*"])


def test_the_marker_of_pytest_forked_is_refused(testbed, pytester):
    """Where that plugin is; where it is not, the marker does nothing."""
    pytester.makepyfile(test_bench="import pytest\n@pytest.mark.forked\ndef test_it(hil_benchmark): hil_benchmark()\n")
    pytester.runpytest("--device", "fast", "--k", "1").assert_outcomes(passed=2)
    pytester.makeconftest(OTHERS)
    result = pytester.runpytest("--device", "fast", "--k", "1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "has the marker 'forked'" in result.stdout.str() + result.stderr.str()


def test_a_test_in_a_process_of_its_own_measures_nothing(testbed, pytester):
    """Whatever plugin forks it: an error that says so."""
    pytester.makeconftest(
        """
        import os, pickle, pytest
        from _pytest.runner import runtestprotocol

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            reading, writing = os.pipe()
            if os.fork() == 0:
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
                os.write(writing, pickle.dumps([item.config.hook.pytest_report_to_serializable(
                    config=item.config, report=report) for report in reports]))
                os._exit(0)
            os.close(writing)
            os.wait()
            with os.fdopen(reading, "rb") as pipe:
                for data in pickle.load(pipe):
                    item.ihook.pytest_runtest_logreport(report=item.config.hook.pytest_report_from_serializable(
                        config=item.config, data=data))
            return True
        """
    )
    result = pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["This test is run in a process of its own, as pytest-forked does*"])


@pytest.mark.parametrize(
    "flags",
    [
        ["--benchmark-disable", "--benchmark-enable"],
        ["--benchmark-skip", "--benchmark-only"],
        ["--setup-show"],
    ],
)
def test_what_keeps_no_row_back_is_no_error(testbed, pytester, flags):
    """An option that another one takes back, or that only shows more."""
    pytester.runpytest("--device", "fast", "--k", "1", *flags).assert_outcomes(passed=2)


def test_collecting_is_refused_nothing(testbed, pytester):
    """It measures nothing anyway."""
    result = pytester.runpytest("--device", "fast", "--collect-only", "--benchmark-disable", "-q")
    assert result.ret == 0


def test_a_marker_that_profiles_does_not_stop_a_row(testbed, pytester):
    """`cprofile=True` would profile how the device's times are reported."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        @pytest.mark.benchmark(cprofile=True)
        def test_it(hil_benchmark):
            hil_benchmark()
        """
    )
    pytester.runpytest("--device", "fast", "--k", "1").assert_outcomes(passed=2)


def test_the_help_is_shown_whatever_else_is_asked_for(testbed, pytester):
    """`--help` beside a device that does not exist."""
    result = pytester.runpytest("--device", "nonsense", "--help")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*--configspec-device=NAME*"])


FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
LOCAL = f"""
devices:
  one: {{connection: local, llama_cpp: {{threads: 1, context: 256}}}}
families:
  pair: {{target: {{transformers: '{FAMILY / "target"}'}}, drafts: {{xs: '{FAMILY / "xs"}'}}, quants: [Q8_0]}}
sweep: {{k: 1..2, depth: 32}}
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_cache_that_is_refused_is_one_error_before_anything_runs(testbed, pytester, monkeypatch, workers):
    """And not one for each test."""
    pytest.importorskip("xdist")
    Path("devices.yaml").write_text(LOCAL)
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / "cache"))
    Path("cache").touch()
    result = pytester.runpytest("--device", "one", workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stdout.str() + result.stderr.str()
    assert told.count("cache: Not a directory") == 1
    assert "CONFIGSPEC_CACHE_DIR" in told
    assert not Path(testbed, ".configspec").exists()


def test_figures_that_are_replayed_need_no_cache(testbed, pytester, monkeypatch):
    """No model is built for them."""
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / "profile.json"))
    pytester.runpytest("--device", "fast", "--k", "1").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "flags",
    [
        ["--device-wait=999999999h"],
        ["--device-wait=169h"],
        [f"--device-wait={'9' * 5000}"],
        ["--device-wait=1e3"],
        ["--device-wait=-1"],
        ["--device-wait=inf"],
        ["--device-wait=\u0663"],
        ["--device-wait="],
        ["--acceptance-check=100001"],
        [f"--acceptance-check={'9' * 5000}"],
        ["--acceptance-check=-1"],
        ["--acceptance-check=1.5"],
        [f"--k={'9' * 5000}"],
        ["--k=1..1000000"],
        ["--k=0"],
        ["-o", "configspec_device_wait=999999999h"],
        ["-o", "configspec_acceptance_check=nan"],
        ["-o", "configspec_worker_silence=999999999h"],
    ],
    ids=lambda flags: flags[-1][:40],
)
def test_a_number_without_bound_is_a_usage_error(testbed, pytester, flags):
    """Below, above, of 5,000 digits, of another alphabet: one line with what would do, and nothing is measured."""
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stderr.str()
    assert flags[-1].partition("=")[0] in told
    assert "Traceback" not in told
    assert len(told) < 1000
    assert not Path(testbed, ".configspec").exists()
