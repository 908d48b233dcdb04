"""Projects that have nothing to do with configspec: installed or not, nothing of theirs changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

OPTIONS = """
def pytest_addoption(parser):
    for name in ("--device", "--k", "--draft", "--family", "--quant", "--resume", "--journal", "--inventory"):
        parser.addoption(name, default="theirs")
    for name in ("--anonymous", "--separate-k"):
        parser.addoption(name, action="store_true")
"""
ASKS_OPTIONS = """
def test_a(request):
    asked = request.config.getoption
    assert [asked("--device"), asked("--k"), asked("k"), asked("--draft")] == ["cpu", "3", "3", "theirs"]
    assert asked("--anonymous") and not asked("--separate-k")
"""
OWN_FIXTURE = """
import pytest

@pytest.fixture
def configuration():
    return "mine"

def test_passes(configuration):
    assert configuration == "mine"

def test_fails(configuration):
    assert configuration == "another"
"""
PARAMETERS = """
import pytest

@pytest.mark.parametrize("configuration", [1, 2])
def test_one(configuration):
    assert configuration

@pytest.mark.parametrize(("device", "measured"), [("a", "b")])
def test_two(device, measured):
    assert device + measured == "ab"
"""
MISSING = """
def test_a(configuration):
    pass

def test_b(device, measured, decoded):
    pass
"""
GENERATED = """
def pytest_generate_tests(metafunc):
    if "configuration" in metafunc.fixturenames:
        metafunc.parametrize("configuration", ["debug", "release"])
"""
MARKED = """
import pytest

@pytest.mark.hil
def test_a():
    pass
"""
BENCHMARK = """
def test_a(benchmark):
    assert benchmark(abs, -1) == 1
"""
PASSES = """
def test_a():
    pass
"""

# What stands in the project, and how pytest is called.
PROJECTS = {
    "its own fixture": ({"test_a.py": OWN_FIXTURE}, []),
    "its own parameters": ({"test_a.py": PARAMETERS}, []),
    "its own options": (
        {"conftest.py": OPTIONS, "test_a.py": ASKS_OPTIONS},
        ["--device", "cpu", "--k=3", "--anonymous"],
    ),
    "options of a subfolder": ({"one/two/conftest.py": OPTIONS, "one/two/test_a.py": PASSES}, []),
    "options that nobody typed": ({"conftest.py": OPTIONS, "test_a.py": PASSES}, ["-v"]),
    "fixtures that do not exist": ({"test_a.py": MISSING}, ["--tb=line"]),
    "parameters of its own hook": ({"conftest.py": GENERATED, "test_a.py": MISSING}, ["-v", "--tb=line"]),
    "an unknown marker": ({"test_a.py": MARKED}, ["--strict-markers"]),
    "a marker that warns": ({"test_a.py": MARKED}, ["-W", "error"]),
    "strict everything": ({"test_a.py": PASSES, "pytest.ini": "[pytest]\nstrict = true\n"}, ["-W", "error"]),
    "no pytest-benchmark": ({"test_a.py": BENCHMARK}, ["-p", "no:benchmark", "--tb=line"]),
    "benchmarks that are off": ({"test_a.py": BENCHMARK}, ["--benchmark-disable"]),
    "benchmarks that are skipped": ({"test_a.py": BENCHMARK}, ["--benchmark-skip", "-rs"]),
    "the set-up's plan": ({"test_a.py": OWN_FIXTURE}, ["--setup-plan"]),
    "no test at all": ({"a.py": ""}, []),
    "collecting": ({"test_a.py": PARAMETERS}, ["--collect-only", "-q"]),
    "the list of fixtures": ({"test_a.py": PASSES}, ["--fixtures", "-v"]),
    "the list of markers": ({"test_a.py": PASSES}, ["--markers"]),
}


def run(pytester: pytest.Pytester, *flags: str) -> tuple[int, str, str, set[str]]:
    """How pytest ends, what it says without its times and its list of plugins, and which files there are then."""
    result = pytester.runpytest("-p", "no:cacheprovider", *flags)
    said = re.sub(r"(\bconfigspec-[\w.+]+, )|(, configspec-[\w.+]+)|(in \d+\.\d+s)|(setup-\d)", "", result.stdout.str())
    files = {str(path.relative_to(pytester.path)) for path in Path(pytester.path).rglob("*") if path.suffix != ".pyc"}
    return int(result.ret), said, result.stderr.str(), files


@pytest.fixture
def project(pytester, monkeypatch):
    """A folder in which pytest is run without the plugins that these tests have no use for."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = Path(pytester.path, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_runs_with_configspec_as_it_does_without(project, pytester, name):
    """The same exit code, the same words, the same files: whatever it has by a name of ours."""
    files, flags = PROJECTS[name]
    project(files)
    without = run(pytester, "-p", "no:configspec", *flags)
    assert run(pytester, *flags) == without


def test_the_projects_are_those_that_they_are_meant_to_be(project, pytester):
    """A red one is red, and one whose options matter is green: the comparison above compares something."""
    project({"test_a.py": OWN_FIXTURE})
    pytester.runpytest().assert_outcomes(passed=1, failed=1)
    project({"conftest.py": OPTIONS, "test_a.py": ASKS_OPTIONS})
    pytester.runpytest("--device", "cpu", "--k=3", "--anonymous").assert_outcomes(passed=1)


@pytest.mark.parametrize("first", [True, False])
def test_another_plugin_may_have_the_option_whichever_is_loaded_first(project, pytester, first):
    """By `-p`, before ours or after it."""
    project({"their_plugin.py": OPTIONS, "test_a.py": ASKS_OPTIONS})
    pytester.syspathinsert()
    ours, theirs = ["-p", "configspec.pytest_plugin"], ["-p", "their_plugin"]
    flags = [*theirs, *ours] if first else [*ours, *theirs]
    result = pytester.runpytest(*flags, "--device", "cpu", "--k", "3", "--anonymous")
    result.assert_outcomes(passed=1)


def test_a_benchmark_of_ours_without_its_testbed_is_skipped(project, pytester):
    """devices.yaml is often not in the repository. The skip names the option; a test beside it runs."""
    project({"test_a.py": "def test_ours(hil_benchmark, configuration):\n    hil_benchmark()\n" + PASSES})
    result = pytester.runpytest("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*no device was asked for: --device NAME*"])


def test_a_fixture_of_that_name_is_the_projects_own(project, pytester):
    """Even `hil_benchmark`, where another has defined it."""
    project({"test_a.py": "import pytest\n@pytest.fixture\ndef hil_benchmark():\n    return 1\n"
             "def test_a(hil_benchmark):\n    assert hil_benchmark == 2\n"})  # fmt: skip
    pytester.runpytest().assert_outcomes(failed=1)


@pytest.mark.parametrize("ini", ["configspec_inventory = lab.yaml", "configspec_k = 1..4"])
def test_an_ini_value_of_ours_makes_a_testbed(project, pytester, ini):
    """A suite whose devices.yaml is not there on every machine says by it that the marker and fixtures are known."""
    project({"pytest.ini": f"[pytest]\n{ini}\n", "test_a.py": MARKED.replace("test_a()", "test_a(configuration)")})
    result = pytester.runpytest("--strict-markers")
    result.assert_outcomes(skipped=1)


def test_workers_of_xdist_know_the_projects_options(project, pytester):
    """They parse the command line again, each by itself."""
    pytest.importorskip("xdist")
    project({"conftest.py": OPTIONS, "test_a.py": ASKS_OPTIONS})
    result = pytester.runpytest("-n", "1", "--device", "cpu", "--k", "3", "--anonymous")
    result.assert_outcomes(passed=1)
