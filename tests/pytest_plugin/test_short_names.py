"""The two names of each option: the full one always, the short one where nobody else has it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.real

HAS_DEVICE = """
def pytest_addoption(parser):
    parser.addoption("--device", default="none")
"""
HAS_OTHER = """
def pytest_addoption(parser):
    parser.addoption("--other")
"""
READS_DEVICE = """
def test_theirs(request):
    assert request.config.getoption("--device") == "cpu"
"""


def collected(result: pytest.RunResult) -> int:
    return len([line for line in result.stdout.lines if "[dev:" in line])


@pytest.mark.parametrize(
    "flags",
    [
        ["--configspec-device", "fast", "--configspec-k", "1,2", "--configspec-draft=a"],
        ["--device", "fast", "--k", "1,2", "--draft=a"],
        ["--configspec-device=fast", "--k=1,2", "--draft", "a"],
    ],
)
def test_both_names_mean_the_same(testbed, pytester, flags):
    """And can be mixed."""
    assert collected(pytester.runpytest("--collect-only", "-q", *flags)) == 2


def test_both_names_of_a_list_add_up(testbed, pytester):
    """`--device` and `--configspec-device` name two devices."""
    flags = ("--device", "fast", "--configspec-device", "slow", "--k", "1")
    assert collected(pytester.runpytest("--collect-only", "-q", *flags)) == 4


def test_the_environment_the_ini_file_and_files_of_arguments_take_short_names(testbed, pytester, monkeypatch):
    """Wherever pytest takes arguments from."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest --device fast")
    pytester.makeini("[pytest]\naddopts = --k 1,2\n")
    Path(testbed, "more.txt").write_text("--draft\na\n", encoding="utf-8")
    assert collected(pytester.runpytest("--collect-only", "-q", "@more.txt")) == 2


def test_where_a_conftest_has_the_short_name_it_keeps_it(testbed, pytester):
    """Theirs is theirs, and ours is had by its full name, in one run."""
    pytester.makeconftest(HAS_DEVICE)
    pytester.makepyfile(test_theirs=READS_DEVICE)
    result = pytester.runpytest("--device", "cpu", "--configspec-device", "fast", "--k", "1")
    result.assert_outcomes(passed=3)


def test_what_is_said_names_an_option_by_the_name_that_works(testbed, pytester):
    """The reason of the skip, and an error; other short names stay."""
    pytester.makeconftest(HAS_DEVICE)
    result = pytester.runpytest("-rs", "--device", "cpu")
    result.stdout.fnmatch_lines(["*no device was asked for: --configspec-device NAME*"])
    result = pytester.runpytest("--configspec-device", "fast", "--k", "9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--configspec-device fast with the filters*Widen --family, --draft*"])


def test_a_conftest_that_is_found_later_may_have_the_short_name_too(testbed, pytester):
    """That of a subfolder is loaded when the run has begun, and what was typed was ours."""
    folder = Path(testbed, "one", "two")
    folder.mkdir(parents=True)
    Path(folder, "conftest.py").write_text(HAS_DEVICE, encoding="utf-8")
    Path(folder, "test_theirs.py").write_text(READS_DEVICE.replace("cpu", "none"), encoding="utf-8")
    result = pytester.runpytest("--device", "fast", "--k", "1")
    result.assert_outcomes(passed=3)


def test_the_value_of_a_short_name_is_no_folder(testbed, pytester):
    """Conftests are looked for where `testpaths` says, and not where a device is called like a folder."""
    pytester.makeini("[pytest]\ntestpaths = bench\n")
    folder = Path(testbed, "bench")
    folder.mkdir()
    Path(testbed, "test_bench.py").rename(Path(folder, "test_bench.py"))
    Path(folder, "conftest.py").write_text(HAS_OTHER, encoding="utf-8")
    assert collected(pytester.runpytest("--collect-only", "-q", "--device", "fast", "--other=x")) == 6


@pytest.mark.parametrize("others", ["tests", "fast"])
def test_no_conftest_outside_of_testpaths_is_loaded(testbed, pytester, others):
    """Not of a folder `test*`, nor of one called like the device: it may need what is not installed."""
    pytester.makeini("[pytest]\ntestpaths = bench\n")
    for folder in ("bench", others):
        Path(testbed, folder).mkdir()
    Path(testbed, "test_bench.py").rename(Path(testbed, "bench", "test_bench.py"))
    Path(testbed, others, "conftest.py").write_text("import not_installed_here", encoding="utf-8")
    assert collected(pytester.runpytest("--collect-only", "-q", "--device", "fast")) == 6


def test_where_a_conftest_has_the_short_name_without_a_value_what_follows_is_a_path(testbed, pytester):
    """Its conftest is loaded in time for its options, as without the plugin."""
    pytester.makeconftest(HAS_DEVICE.replace('default="none"', 'action="store_true"'))
    Path(testbed, "one").mkdir()
    Path(testbed, "one", "conftest.py").write_text(HAS_OTHER, encoding="utf-8")
    Path(testbed, "one", "test_theirs.py").write_text(READS_DEVICE.replace('== "cpu"', "is True"), encoding="utf-8")
    pytester.runpytest("--device", "one", "--other=x").assert_outcomes(passed=1)
    pytester.runpytest("one", "--other=x", "--device").assert_outcomes(passed=1)


def test_the_help_shows_both_names(testbed, pytester):
    """The short one as another's, where it is."""
    pytester.makeconftest(HAS_DEVICE)
    text = " ".join(pytester.runpytest("--help").stdout.str().split())
    assert "--configspec-device=NAME" in text
    assert "(--device is another's here)" in text
    assert "(short: --k)" in text


def test_an_option_that_nobody_knows_is_still_an_error(testbed, pytester):
    """Beside one of ours."""
    result = pytester.runpytest("--device", "fast", "--nonsense")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --nonsense*"])


def test_a_run_may_name_the_plugin_that_is_loaded_already(testbed, pytester):
    """In a conftest and by `-p`, by the entry point's name and by the module's, without a warning."""
    pytester.makeconftest("pytest_plugins = ['configspec', 'configspec.pytest_plugin']")
    named = ["-p", "configspec.pytest_plugin", "-p", "configspec"]
    result = pytester.runpytest_subprocess(*named, "-W", "error", "--device", "fast", "--k", "1")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("theirs", ["", HAS_DEVICE])
def test_a_conftest_may_load_the_plugin(testbed, pytester, monkeypatch, theirs):
    """Where plugins are not loaded by themselves; with the short names that it does not declare itself."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    pytester.makeconftest(f"pytest_plugins = ['configspec.pytest_plugin', 'pytest_benchmark.plugin']\n{theirs}")
    device = "--configspec-device" if theirs else "--device"
    result = pytester.runpytest(device, "fast", "--k", "1")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "plugins", [("pytest_benchmark.plugin", "configspec.pytest_plugin"), ("configspec", "benchmark")]
)
def test_plugins_may_be_named_instead_of_found(testbed, pytester, monkeypatch, plugins):
    """PYTEST_DISABLE_PLUGIN_AUTOLOAD, and -p with ours and pytest-benchmark's: by module or by entry point."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    named = [word for plugin in plugins for word in ("-p", plugin)]
    result = pytester.runpytest(*named, "--device", "fast", "--k", "1", "--benchmark-json=r.json")
    result.assert_outcomes(passed=2)


def test_xdist_may_be_named_too(testbed, pytester, monkeypatch):
    """Its workers load the same plugins."""
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    named = ["-p", "xdist.plugin", "-p", "pytest_benchmark.plugin", "-p", "configspec.pytest_plugin"]
    result = pytester.runpytest(*named, "-n", "1", "--device", "fast", "--k", "1")
    result.assert_outcomes(passed=2)


def test_an_ini_value_that_cannot_be_read_is_named(testbed, pytester):
    """What was found, and where."""
    pytester.makeini("[pytest]\nconfigspec_anonymous = maybe\n")
    result = pytester.runpytest("--device", "fast")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*configspec_anonymous in the pytest configuration: *'maybe'*"])
