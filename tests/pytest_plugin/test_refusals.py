"""What would keep a run from measuring is told before anything is measured."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

CODSPEED = """
def pytest_addoption(parser):
    parser.addoption("--codspeed", action="store_true")
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
        pytest.param(
            ["--benchmark-histogram"],
            "pip install 'pytest-benchmark[histogram]'",
            marks=pytest.mark.skipif(find_spec("pygal") is not None, reason="pygal is installed"),
        ),
    ],
)
def test_an_option_that_would_lose_the_rows_is_a_usage_error(testbed, pytester, flags, word):
    """Exit code 4, and a sentence that names it; nothing is measured, and no journal is begun."""
    pytester.makeconftest(CODSPEED)
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert word in result.stderr.str()
    assert "Traceback" not in result.stderr.str()
    assert not Path(testbed, ".configspec").exists()


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
