"""Each benchmark writes one row: what a test does that writes none, or two, is told in our words."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real

FLAGS = ("--device", "fast", "--k", "1", "--draft", "a", "--benchmark-json=r.json", "-p", "no:cacheprovider")
FOREIGN = """
import pytest

@pytest.fixture
def {name}():
    return "theirs"

def test_it(hil_benchmark):
    hil_benchmark()
"""


def test_a_test_that_never_calls_it_fails(testbed, pytester):
    """It has measured for nothing, and would be green."""
    pytester.makepyfile(test_bench="def test_it(hil_benchmark):\n    pass\n")
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["hil_benchmark was not called, so there is no row: call it once in the test*"])


def test_a_test_that_skips_itself_does_not_have_to_call_it(testbed, pytester):
    """Nor one that fails before."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        def test_skips(hil_benchmark):
            pytest.skip("not today")
        def test_fails(hil_benchmark):
            assert not "before"
        """
    )
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(skipped=1, failed=1)
    result.stdout.no_fnmatch_line("*was not called*")


def test_a_test_that_calls_it_twice_fails_and_keeps_its_row(testbed, pytester, rows_of):
    """What was measured stays; the record says that the test failed."""
    pytester.makepyfile(test_bench="def test_it(hil_benchmark):\n    hil_benchmark()\n    hil_benchmark()\n")
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["hil_benchmark was called twice: call it once in a test*"])
    result.stdout.no_fnmatch_line("*FixtureAlreadyUsed*")
    (row,) = rows_of("r.json").values()
    assert row["extra_info"]["configspec"]["outcome"] == "failed"


@pytest.mark.parametrize("call", ["benchmark(abs, 1)", "benchmark.pedantic(abs, args=(1,))"])
def test_a_test_that_times_something_itself_is_told(testbed, pytester, call):
    """The fixture `benchmark` writes one row, and counts the device's seconds."""
    pytester.makepyfile(test_bench=f"def test_it(benchmark, hil_benchmark):\n    {call}\n    hil_benchmark()\n")
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["The times of this test are its device's*make two tests of it*"])


def test_a_fixture_may_call_it_for_its_test(testbed, pytester):
    """What counts is that there is a row."""
    pytester.makepyfile(
        test_bench="""
        import pytest

        @pytest.fixture
        def figures(hil_benchmark):
            return hil_benchmark()

        def test_it(figures):
            assert figures.drafting_tokens_per_s > 0
        """
    )
    pytester.runpytest(*FLAGS).assert_outcomes(passed=1)


def test_a_test_that_is_run_again_calls_it_again(testbed, pytester):
    """Plugins that repeat a failed test run the same test twice: each time is the first."""
    pytester.makeconftest(
        """
        import pytest
        from _pytest.runner import runtestprotocol

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            runtestprotocol(item, nextitem=nextitem, log=False)
            item._initrequest()
            runtestprotocol(item, nextitem=nextitem)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
        """
    )
    pytester.runpytest(*FLAGS).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(request):\n    request.getfixturevalue('hil_benchmark')()\n",
        "import pytest, unittest\n@pytest.mark.usefixtures('hil_benchmark')\nclass TestIt(unittest.TestCase):\n"
        "    def test_it(self):\n        pass\n",
    ],
)
def test_a_test_that_asks_too_late_is_told(testbed, pytester, test):
    """It was collected as one test, and not as one for each configuration."""
    pytester.makepyfile(test_bench=test)
    result = pytester.runpytest(*FLAGS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["This test was collected without a configuration: take hil_benchmark*"])
    result.stdout.no_fnmatch_line("*AttributeError*")


@pytest.mark.parametrize("name", ["configuration", "measured"])
def test_another_fixture_of_our_name_is_told(testbed, pytester, name):
    """Where a suite has its own, and asks for our benchmark all the same: a message, and no traceback of ours."""
    pytester.makepyfile(test_bench=FOREIGN.format(name=name))
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"configspec measures by its own fixture `{name}`*"])
    result.stdout.no_fnmatch_line("*AttributeError*")


def test_without_a_device_such_a_test_is_skipped(testbed, pytester):
    """As every benchmark is."""
    pytester.makepyfile(test_bench=FOREIGN.format(name="configuration"))
    pytester.runpytest("-rs").assert_outcomes(skipped=1)


def test_another_plugin_keeps_its_fixture_device(testbed, pytester):
    """pytest-playwright has one. Its tests run as before, beside benchmarks of ours."""
    pytester.makepyfile(
        their_plugin="""
        import pytest

        @pytest.fixture(scope="session")
        def device():
            return "pixel"

        def pytest_addoption(parser):
            parser.addoption("--device")
        """,
        test_theirs="def test_theirs(device):\n    assert device == 'pixel'\n",
    )
    pytester.syspathinsert()
    result = pytester.runpytest("-p", "their_plugin", "--configspec-device", "fast", "--k", "1", "--device", "pixel")
    result.assert_outcomes(passed=3)


def test_a_conftests_device_is_its_tests_device(testbed, pytester):
    """A fixture `device` of the suite's own beside benchmarks of ours, in one run."""
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef device():\n    return 'mine'\n")
    pytester.makepyfile(test_theirs="def test_theirs(device):\n    assert device == 'mine'\n")
    pytester.runpytest("--device", "fast", "--k", "1").assert_outcomes(passed=3)
