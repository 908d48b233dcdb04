"""The row of a test stays what was measured, whatever the test does with pytest-benchmark's fixture."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.real

NODE_ID = "test_bench.py::test_{}[dev:fast:-pair-a-Q8_0-K4]"
ROUND_S = 0.04  # a round of 4 at 100 tokens/s
FLAGS = ("--device", "fast", "--k", "4", "--draft", "a", "-p", "no:cacheprovider", "--benchmark-json=r.json")
SESSION = 'request.config.pluginmanager.get_plugin("pytest-benchmark")'
# What a test does, in its own words, before its row is written or after.
HARMLESS = [
    "hil_benchmark(); benchmark.extra_info = {}",
    "hil_benchmark(); benchmark.extra_info = None",
    "hil_benchmark(); benchmark.extra_info.clear()",
    "hil_benchmark(); benchmark.extra_info['configspec'] = 3",
    "hil_benchmark(); benchmark.extra_info['configspec'] = {'device': 'slow'}",
    "benchmark.extra_info = None; hil_benchmark()",
    "benchmark.fullname = 'other'; benchmark.name = object(); hil_benchmark()",
    "hil_benchmark(); benchmark.stats.fullname = 'other'; benchmark.stats.name = []",
    "benchmark.disabled = True; hil_benchmark()",
    "hil_benchmark(); benchmark.disabled = benchmark.has_error = True",
    "benchmark.has_error = True; hil_benchmark()",
    "benchmark.group = object(); hil_benchmark()",
    "benchmark.params = 4; benchmark.param = object(); hil_benchmark()",
    "benchmark.params = {'a': Silent()}; hil_benchmark()",
    "hil_benchmark(); benchmark.stats = None",
    "hil_benchmark(); benchmark.stats.stats.data.clear()",
    "hil_benchmark(); benchmark.stats.stats.data.append('x')",
    "hil_benchmark(); benchmark.stats.stats = benchmark.stats.options = benchmark.stats.extra_info = None",
    f"hil_benchmark(); {SESSION}.benchmarks.clear()",
    "benchmark.pedantic = print; hil_benchmark()",
    "request.node._nodeid = 'other'; hil_benchmark()",
]
UNHOLDABLE = {
    "x = []; x.append(x); benchmark.extra_info['x'] = x": "it holds itself, or is nested too deeply",
    "benchmark.extra_info['x'] = 10**5000": "it raises ValueError",
    "benchmark.extra_info['x'] = Silent()": "it raises ZeroDivisionError",
    "benchmark.extra_info['x'] = 'x' * (1 << 21)": "is too large: it takes 2,097,154 bytes",
    "benchmark.extra_info = [1]": "benchmark.extra_info is of type list",
}
SILENT = """
class Silent:
    def __str__(self):
        1 / 0
"""


def write_tests(pytester: pytest.Pytester, *bodies: str) -> None:
    """One test for each body, named by its place."""
    tests = [f"def test_{place}(hil_benchmark, benchmark, request):\n    {one}\n" for place, one in enumerate(bodies)]
    pytester.makepyfile(test_bench=SILENT + "\n".join(tests))


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_row_is_kept_whole(testbed, pytester, rows_of, journal, workers):
    """Under its own name, with its own record and times, in the results file and in the journal."""
    pytest.importorskip("xdist")
    write_tests(pytester, *HARMLESS)
    result = pytester.runpytest(*FLAGS, workers)
    result.assert_outcomes(passed=len(HARMLESS))
    assert result.ret == 0
    for name in ("r.json", journal()):
        found = rows_of(name)
        assert sorted(found) == sorted(NODE_ID.format(place) for place in range(len(HARMLESS)))
        for row in found.values():
            assert row["name"] == row["fullname"].partition("::")[2]
            assert row["stats"]["data"] == pytest.approx([ROUND_S])
            record = row["extra_info"]["configspec"]
            assert (record["device"], record["draft"], record["k"], record["outcome"]) == ("fast", "a", 4, "passed")
            assert "fast" in row["params"]["configuration"]


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_value_that_no_file_can_hold_fails_its_test(testbed, pytester, rows_of, workers):
    """In our words, once; the row is there without it, and says that its test failed."""
    pytest.importorskip("xdist")
    write_tests(pytester, *(f"hil_benchmark(); {body}" for body in UNHOLDABLE))
    result = pytester.runpytest(*FLAGS, workers)
    result.assert_outcomes(failed=len(UNHOLDABLE))
    for words in UNHOLDABLE.values():
        result.stdout.fnmatch_lines([f"*{words}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    rows = rows_of("r.json")
    assert len(rows) == len(UNHOLDABLE)
    for row in rows.values():
        assert set(row["extra_info"]) == {"configspec"}
        assert row["extra_info"]["configspec"]["outcome"] == "failed"


def test_such_a_value_of_a_teardown_is_an_error(testbed, pytester, rows_of):
    """A fixture's last word, after the test has passed."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        @pytest.fixture
        def late(benchmark):
            yield
            benchmark.extra_info["late"] = 10**5000
        def test_it(late, hil_benchmark):
            hil_benchmark()
        """
    )
    pytester.runpytest(*FLAGS).assert_outcomes(passed=1, errors=1)
    assert list(rows_of("r.json")) == [NODE_ID.format("it")]


def test_it_stands_beside_the_reason_for_which_a_test_has_failed(testbed, pytester):
    """Neither hides the other."""
    body = "hil_benchmark(); benchmark.extra_info['x'] = 10**5000; assert not 'this'"
    write_tests(pytester, body)
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert not 'this'*", "*cannot be written as JSON: it raises ValueError*"])


def test_times_that_are_not_the_devices_are_refused(testbed, pytester):
    """There is no row rather than one with other times than its record."""
    runner = "benchmark._make_runner = lambda *_: lambda *_: (7.0, None); hil_benchmark()"
    write_tests(pytester, "benchmark._timer = lambda: 0.0; hil_benchmark()", runner)
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*has not written the times that it was given*leave its timer*"] * 2)
    assert not Path("r.json").exists()


def test_another_fixture_benchmark_is_told(testbed, pytester):
    """Where a suite has its own of that name."""
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef benchmark():\n    return print\n")
    result = pytester.runpytest(*FLAGS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*pytest-benchmark's fixture `benchmark`, and this test has another of that name*"])
    result.stdout.no_fnmatch_line("*AttributeError*")


def test_a_row_of_a_test_that_was_ended_is_anonymous_too(testbed, pytester):
    """Ctrl-C between the row and the end of its test: what the results file holds of it is redacted."""
    write_tests(pytester, "hil_benchmark(); raise KeyboardInterrupt")
    profile = Path("profile.json")
    profile.write_text(profile.read_text().replace("made up without power", f"made up in {Path.home()}/notes"))
    pytester.runpytest_subprocess(*FLAGS)
    assert str(Path.home()) in Path("r.json").read_text()
    pytester.runpytest_subprocess(*FLAGS, "--anonymous")
    assert str(Path.home()) not in Path("r.json").read_text()
