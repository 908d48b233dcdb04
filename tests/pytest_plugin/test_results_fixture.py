"""The fixture `results`: what a run has measured so far, all of a device or an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
BENCHMARK = """
import pytest

@pytest.mark.hil
def test_configuration(hil_benchmark):
    hil_benchmark()
"""

ASKS = """
import pytest
from configspec.results import assert_choice, assert_no_regression, assert_regret

@pytest.mark.hil
def test_a_claim(results):
    assert_choice(results, "fast", "pair", "goodput", draft="b", k=range(2, 9))
    assert_regret(results, "fast", "pair", "goodput", draft="b", k=4)
"""

RANKS = """
import pytest

@pytest.mark.hil
def test_a_claim(results):
    (fast,) = results.rank("goodput", device="fast", verify_s=0.1)
    assert fast.serving.verify_s == 0.1 and len(fast.places) == 6
    assert len(results.rank("goodput", device="*")) == 2
    assert len(results.to_dataframe("polars")) == 12
"""

OF_EACH_DEVICE = """
import pytest
from configspec.results import assert_choice

@pytest.mark.hil
@pytest.mark.parametrize("name", ["fast", "slow"], ids=lambda name: f"dev:{name}:")
def test_a_claim(results, name):
    assert_choice(results, name, "pair", "cost", draft="b", k=1)
"""


def test_a_claim_is_tested_when_all_is_measured(testbed, pytester):
    """Though its file comes first."""
    pytester.makepyfile(test_a_first=ASKS)
    result = pytester.runpytest("--device", "fast,slow", "-v")
    result.assert_outcomes(passed=12 + 1)
    result.stdout.re_match_lines([r"test_a_first.py::test_a_claim PASSED +\[100%\]"])


def test_a_claim_that_does_not_hold_is_a_failed_test(testbed, pytester):
    """With what is best instead."""
    pytester.makepyfile(test_a_first=ASKS.replace('draft="b", k=range(2, 9)', 'draft="a"'))
    result = pytester.runpytest("--device", "fast")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: fast, pair, goodput: none of draft 'a' is among the best: fast: *"])


def test_the_run_can_be_ranked_under_other_assumptions(testbed, pytester):
    """As a file can: by name, by glob, and as a frame."""
    pytest.importorskip("polars")
    pytester.makepyfile(test_a_first=RANKS)
    result = pytester.runpytest("--device", "fast,slow")
    result.assert_outcomes(passed=12 + 1)


def test_with_workers_a_test_of_a_device_runs_where_its_rows_are(testbed, pytester):
    """Its id names the device, so it is in the device's queue."""
    pytest.importorskip("xdist")
    pytester.makepyfile(test_a_first=OF_EACH_DEVICE)
    pytester.runpytest("--device", "fast,slow", "-n2").assert_outcomes(passed=12 + 2)


def test_with_workers_a_test_of_no_device_is_told_so(testbed, pytester):
    """It fails with what would do: half of the rows would be an answer to another question."""
    pytest.importorskip("xdist")
    pytester.makepyfile(
        test_a_first=ASKS.replace("def test_a_claim(results):", "def test_a_claim(results):\n    results.run()")
    )
    result = pytester.runpytest("--device", "fast,slow", "-n2")
    result.assert_outcomes(passed=12, failed=1)
    result.stdout.fnmatch_lines(
        ["*results: * of 12 configurations of this run have no row in this process: *dev:NAME:*"]
    )


def test_a_device_that_is_not_measured_is_a_mistake(testbed, pytester):
    """The message names those that are."""
    pytester.makepyfile(test_a_first=ASKS)
    result = pytester.runpytest("--device", "slow")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*results: this run measures nothing of fast, pair. Its devices: slow.*"])


def test_a_configuration_without_a_row_is_an_error(testbed, pytester):
    """One test failed before it wrote its row."""
    pytester.makepyfile(test_a_first=ASKS)
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def measured(measured, configuration):
            if configuration.k == 2:
                pytest.skip("not tonight")
            return measured
        """
    )
    result = pytester.runpytest("--device", "fast")
    result.assert_outcomes(passed=4, skipped=2, failed=1)
    result.stdout.fnmatch_lines(["*results: 2 of 6 configurations of fast, pair have no row in this process*"])


def test_without_a_device_it_skips(testbed, pytester):
    """As every test that measures."""
    pytester.makepyfile(test_a_first=ASKS)
    result = pytester.runpytest()
    result.assert_outcomes(skipped=2)


def test_resumed_rows_count(testbed, pytester):
    """They stand for what was measured."""
    pytester.makepyfile(test_a_first=ASKS)
    pytester.runpytest("--device", "fast", "-k", "test_configuration")
    result = pytester.runpytest("--device", "fast", "--resume", "last")
    assert result.parseoutcomes() == {"resumed": 6, "passed": 1}


def test_the_examples_of_the_documentation_hold(pytester):
    """docs/assertions.md: on a file, and in a test, with the board of the paper that it names."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "assertions.md").read_text(), re.DOTALL)
    profile = ROOT / "fixtures" / "profiles" / "configspec-paper.json"
    pytester.makefile(".yaml", devices=f"devices: {{jetson: {{replay: {{profile: '{profile}', device: jetson}}}}}}")
    pytester.makepyfile(test_bench=BENCHMARK, test_claim=blocks[1])
    for name in ("accepted.json", "results.json"):
        assert pytester.runpytest_subprocess("--device", "jetson", f"--benchmark-json={name}").ret == 0
    exec(compile(blocks[0], "docs/assertions.md", "exec"), {})
