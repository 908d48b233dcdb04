"""Whole pytest runs, on devices that replay figures."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from on_terminal import run_on_terminal

from configspec.pytest_plugin.shown import PAGE
from configspec.records.opening import open_rows
from configspec.records.reader import read_rows

pytestmark = pytest.mark.real

TARGET = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama" / "target"
EVERYTHING = 18  # 3 devices, 2 drafts, 3 values of K


def rows(testbed: Path, name: str = "r.json") -> dict[str, dict[str, Any]]:
    document = json.loads(Path(testbed, name).read_text(encoding="utf-8"))
    return {row["fullname"]: row for row in document["benchmarks"]}


def test_without_a_device_a_benchmark_is_skipped_and_the_reason_names_the_flag(testbed, pytester):
    """A device that nobody asked for is a skip, never a pass."""
    result = pytester.runpytest("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no device was asked for: --device NAME*"])


def test_an_unknown_device_is_a_usage_error_that_lists_what_there_is(testbed, pytester):
    """`--device nonsense` ends with 4 before anything runs, and names devices and tags."""
    result = pytester.runpytest("--device", "nonsense")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert "nonsense" in text
    assert all(name in text for name in ("fast", "fast-2", "slow", "desk"))
    assert "Traceback" not in text


def test_every_configuration_becomes_one_row_timed_by_the_devices_clock(testbed, pytester):
    """Device 'fast' drafts 100 tokens/s with draft 'a': a round of 4 takes 0.04 s, whatever the host's clock says."""
    result = pytester.runpytest("--device", "*", "--benchmark-json=r.json")
    assert result.ret == 0
    found = rows(testbed)
    assert len(found) == EVERYTHING
    row = found["test_bench.py::test_configuration[dev:fast:-pair-a-Q8_0-K4]"]
    assert row["stats"]["median"] == pytest.approx(0.04)
    assert row["options"]["timer"] == "recorded_figures"
    record = row["extra_info"]["configspec"]
    assert (record["device"], record["draft"], record["k"]) == ("fast", "a", 4)
    assert record["drafting"]["tokens_per_s"]["value"] == pytest.approx(100)
    assert (record["power"]["watts"], record["power"]["reason"]) == (None, "made up without power")
    assert record["outcome"] == "passed"


def test_a_group_of_pytest_benchmark_holds_one_k(testbed, pytester):
    """Its table compares within a group, and a round of 4 takes longer than one of 1 without being slower."""
    pytester.runpytest("--device", "*", "--benchmark-json=r.json")
    groups: dict[str, set[int]] = {}
    for row in rows(testbed).values():
        groups.setdefault(row["group"], set()).add(row["extra_info"]["configspec"]["k"])
    assert len(groups) == 9  # 3 devices, 3 values of K
    assert all(len(ks) == 1 for ks in groups.values())


def test_the_parameter_of_a_test_is_written_as_its_names_and_k(testbed, pytester):
    """Plain JSON in pytest-benchmark's `params`, as every earlier version wrote it."""
    pytester.runpytest("--device", "fast", "--k", "4", "--draft", "a", "--benchmark-json=r.json")
    (row,) = rows(testbed).values()
    assert row["params"] == {"configuration": ["fast", "pair", "a", "Q8_0", 4]}


def test_results_are_a_row_a_line_with_shared_facts_in_the_head(testbed, pytester):
    """What all rows of a device say alike stands once, and the file is still pytest-benchmark's."""
    Path(testbed, "out").mkdir()
    pytester.runpytest("--device", "fast,slow", "--benchmark-json=out/r.json", "--benchmark-save=one")
    (saved,) = Path(testbed, ".benchmarks").rglob("0001_one.json")
    for path in (Path(testbed, "out", "r.json"), saved):
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
        lines = [line for line in text.splitlines() if '"fullname"' in line]
        assert len(lines) == len(document["benchmarks"]) == 12
        assert len(document["configspec"]["shared"]) < 4
        assert [row.id.k for row in read_rows(path)] == [
            row["extra_info"]["configspec"]["k"] for row in document["benchmarks"]
        ]


def test_a_device_name_in_an_id_ends_with_its_colon(testbed, pytester):
    """`-k dev:fast:` chooses device fast and not fast-2, though one name begins with the other."""
    result = pytester.runpytest("--device", "*", "-k", "dev:fast:", "--collect-only", "-q")
    names = [line for line in result.stdout.lines if "::" in line]
    assert len(names) == EVERYTHING // 3
    assert all("[dev:fast:-" in name for name in names)


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        (["--device", "fast"], 6),
        (["--device", "fast", "--device", "slow"], 12),
        (["--device", "desk"], 12),
        (["--device", "fast*"], 12),
        (["--device", "fast,slow", "--draft", "a"], 6),
        (["--device", "fast", "--k", "2..4"], 4),
        (["--device", "fast", "--k", "1,4", "--draft", "b", "--family", "p*", "--quant", "Q8_0"], 2),
    ],
)
def test_the_filters_choose_configurations(testbed, pytester, flags, count):
    """Devices by name, tag and glob; families, drafts and quantisations by name and glob; K by range and list."""
    result = pytester.runpytest(*flags, "--collect-only", "-q")
    assert len([line for line in result.stdout.lines if "::" in line]) == count


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--draft", "c"], ["'c'", "a, b"]),
        (["--family", "pear"], ["pear", "Did you mean 'pair'"]),
        (["--quant", "Q4_K_M"], ["Q4_K_M", "Q8_0"]),
        (["--k", "0"], ["--k", "0"]),
        (["--k=-3"], ["--k", "-3"]),
        (["--k", "lots"], ["--k", "lots"]),
        (["--k", "9"], ["no configuration is left"]),
        (["--inventory", "nowhere.yaml"], ["nowhere.yaml"]),
    ],
)
def test_a_filter_that_fits_nothing_is_a_usage_error(testbed, pytester, flags, words):
    """Each mistake is told before a test runs, with what was found and what would do."""
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert all(word in result.stderr.str() for word in words)
    assert "Traceback" not in result.stderr.str()


def test_the_options_have_ini_twins(testbed, pytester):
    """A testbed may fix them once; the command line wins."""
    pytester.makeini("[pytest]\nconfigspec_device = slow\nconfigspec_draft = a\nconfigspec_k = 1..2\n")
    result = pytester.runpytest("--k", "4", "--collect-only", "-q")
    names = [line for line in result.stdout.lines if "::" in line]
    assert names == ["test_bench.py::test_configuration[dev:slow:-pair-a-Q8_0-K4]"]


def test_the_rankings_end_the_output(testbed, pytester):
    """Goodput of b at K=2 on 'fast': (2*0.6 + 1) / (2/50 + 0.5) = 4.07; the best K by 3/(4/50+0.5) = 5.17 is 4."""
    result = pytester.runpytest("--device", "fast", "-v")
    result.stdout.fnmatch_lines(
        [
            "*configspec: rankings*",
            "fast, pair: verification 0.5 s per round, 1 USD per million tokens*",
            "goodput, tokens/s (higher is better)",
            "*1  b*Q8_0*4*5.17*",
            "verification cost efficiency*",
            "energy of the device*",
            "*not available: made up without power*",
        ]
    )


def test_a_test_that_fails_after_measuring_keeps_its_row(testbed, pytester):
    """The figures were measured; the outcome is in the record."""
    pytester.makepyfile(
        test_bench="""
        def test_fast_enough(hil_benchmark):
            assert hil_benchmark().drafting_tokens_per_s > 1e6
        """
    )
    result = pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a", "--benchmark-json=r.json")
    result.assert_outcomes(failed=1)
    (row,) = rows(testbed).values()
    assert row["extra_info"]["configspec"]["outcome"] == "failed"


def test_a_skip_while_measuring_does_not_lose_the_others(testbed, pytester):
    """pytest-benchmark's writer dies on a row without data, and would take the whole file with it."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        def test_skips(benchmark, configuration):
            benchmark.pedantic(lambda: pytest.skip("in the middle"))
        def test_works(hil_benchmark):
            hil_benchmark()
        """
    )
    result = pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a", "--benchmark-json=r.json")
    result.assert_outcomes(passed=1, skipped=1)
    assert len(rows(testbed)) == 1


def test_a_killed_run_keeps_what_it_finished(testbed, pytester):
    """The process is killed while it measures the second row: the journal gives back the first, as a results file."""
    pytester.makepyfile(
        test_bench="""
        import os, signal
        def test_first(hil_benchmark):
            hil_benchmark()
        def test_second(hil_benchmark):
            hil_benchmark()
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = pytester.runpytest_subprocess("--device", "fast", "--k", "1", "--draft", "a", "--benchmark-json=r.json")
    assert result.ret == -signal.SIGKILL
    assert not Path(testbed, "r.json").exists() or not Path(testbed, "r.json").read_bytes()
    (journal,) = Path(testbed, ".configspec", "journal").glob("*.jsonl")
    found = [entry.raw["name"] for entry in open_rows(journal).entries()]
    assert found == ["test_first[dev:fast:-pair-a-Q8_0-K1]"]


def test_a_recovered_file_is_read_by_pytest_benchmark(testbed, pytester):
    """Its own compare command takes the file that `configspec recover` makes."""
    pytester.runpytest("--device", "fast")
    (journal,) = Path(testbed, ".configspec", "journal").glob("*.jsonl")
    recovered = pytester.run(
        sys.executable, "-m", "configspec.cli", "recover", str(journal), "-o", "0001_recovered.json"
    )
    assert recovered.ret == 0
    result = pytester.run(
        sys.executable, "-m", "pytest_benchmark", "compare", "./0001_recovered.json", "--columns=median"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*dev:fast:-pair-a-Q8_0-K4*"])


def test_saving_and_comparing_work_as_pytest_benchmarks_users_know_them(testbed, pytester):
    """--benchmark-save writes a run that --benchmark-compare reads, and a gate on it passes for equal times."""
    flags = ("--device", "fast", "--benchmark-save=one")
    assert pytester.runpytest(*flags).ret == 0
    result = pytester.runpytest("--device", "fast", "--benchmark-compare", "--benchmark-compare-fail=median:5%")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*0001_one*"])


def test_a_tests_own_benchmark_marker_keeps_the_devices_clock(testbed, pytester):
    """Only the closest marker counts for pytest-benchmark: a group of its own must not bring the host's clock."""
    pytester.makepyfile(
        test_bench="""
        import pytest
        @pytest.mark.benchmark(group="mine")
        def test_it(hil_benchmark):
            hil_benchmark()
        """
    )
    flags = ("--device", "fast", "--k", "4", "--draft", "a", "--benchmark-json=r.json")
    assert pytester.runpytest(*flags).ret == 0
    (row,) = rows(testbed).values()
    assert row["group"] == "mine"
    assert row["stats"]["median"] == pytest.approx(0.04)


def test_nothing_measured_where_measuring_was_asked_for_is_not_a_success(testbed, pytester):
    """An unplugged board, or tests that skip themselves, must not make a green night."""
    pytester.makepyfile(test_bench="import pytest\ndef test_it(hil_benchmark):\n    pytest.skip('not today')\n")
    result = pytester.runpytest("--device", "fast")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*nothing was measured*"])


def test_collection_reads_no_model_and_touches_no_device(testbed, pytester):
    """A local device whose interpreter and models do not exist is collected all the same."""
    Path(testbed, "devices.yaml").write_text(
        """
devices:
  board: {connection: local, python: /nowhere/python}
families:
  f:
    target: {transformers: target}
    drafts: {xs: xs}
    quants: [Q8_0]
""",
        encoding="utf-8",
    )
    for folder in ("target", "xs"):
        Path(testbed, folder).mkdir()
    result = pytester.runpytest("--device", "board", "--collect-only", "-q")
    assert result.ret == 0
    assert len([line for line in result.stdout.lines if "dev:board:" in line]) == 10


def test_a_record_error_of_the_profile_is_a_usage_error(testbed, pytester):
    """A replay file that is not JSON: file and place, exit 4, no traceback."""
    Path(testbed, "profile.json").write_text('{"configspec_profile": 1, ', encoding="utf-8")
    result = pytester.runpytest("--device", "fast")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "profile.json" in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_the_plugin_imports_nothing_heavy_in_an_unrelated_run(pytester):
    """Every pytest run of the environment loads it: no numpy, pydantic, yaml, rich, and above all no model library."""
    pytester.makepyfile(
        """
        import sys
        def test_it():
            heavy = {"numpy", "pydantic", "yaml", "rich", "torch", "transformers", "llama_cpp", "filelock"}
            assert "configspec.pytest_plugin" in sys.modules
            assert not heavy & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)


LOCAL = """
devices:
  board: {connection: local, llama_cpp: {context: 150}}
families:
  f:
    target: {transformers: target}
    drafts: {xs: {gguf: {Q8_0: broken.gguf}}}
    quants: [Q8_0]
"""


@pytest.mark.parametrize("flags", [(), ("--device", "fast")])
def test_a_project_may_have_fixtures_of_the_same_names(testbed, pytester, flags):
    """A suite that knows nothing of configspec, with its own `configuration`, runs as it did before."""
    pytester.makepyfile(
        test_guest="""
        import pytest

        @pytest.fixture(params=[1, 2])
        def configuration(request):
            return request.param

        @pytest.fixture
        def device():
            return "mine"

        def test_fixtures(configuration, device):
            assert (configuration, device) in {(1, "mine"), (2, "mine")}

        @pytest.mark.parametrize("device, configuration", [("a", "b")])
        def test_parameters(configuration, device):
            assert device + configuration == "ab"
        """
    )
    pytester.runpytest("test_guest.py", *flags).assert_outcomes(passed=3)


def test_a_fixture_that_takes_the_configuration_and_has_its_name_is_measured(testbed, pytester):
    """A suite may wrap `configuration`: its test is still one per configuration."""
    pytester.makepyfile(
        test_wrapped="""
        import pytest

        @pytest.fixture
        def configuration(configuration):
            return configuration

        def test_it(hil_benchmark, configuration):
            assert hil_benchmark().id == configuration
        """
    )
    pytester.runpytest("test_wrapped.py", "--device", "fast", "--k", "2").assert_outcomes(passed=2)


def test_a_k_over_the_context_is_a_usage_error(testbed, pytester):
    """The depth of 128 and K = 40 do not fit 150 tokens: both keys and both numbers are told."""
    Path(testbed, "devices.yaml").write_text(LOCAL, encoding="utf-8")
    shutil.copytree(TARGET, Path(testbed, "target"))
    Path(testbed, "broken.gguf").write_bytes(b"GGUF")
    result = pytester.runpytest("--device", "board", "--k", "40")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert all(word in result.stderr.str() for word in ("K 40", "sweep.depth", "168", "150"))


def test_a_broken_model_is_an_error_in_one_message_and_other_rows_are_kept(testbed, pytester):
    """Set-up error, not a failed test; the file is named; no traceback; the replayed device is measured."""
    Path(testbed, "devices.yaml").write_text(
        LOCAL.replace("families:", "  fast: {replay: {profile: profile.json, device: fast}}\nfamilies:"),
        encoding="utf-8",
    )
    shutil.copytree(TARGET, Path(testbed, "target"))
    Path(testbed, "broken.gguf").write_bytes(b"GGUF")
    result = pytester.runpytest("--device", "*", "--k", "1", "--benchmark-json=r.json")
    result.assert_outcomes(passed=2, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    assert "broken.gguf" in text
    assert "Traceback" not in text
    assert "def measured" not in text
    assert "1 of 3 configurations was not measured" in text
    assert len(rows(testbed)) == 2


def test_the_summary_is_at_most_a_screen(testbed, pytester, monkeypatch):
    """What to run comes first; what is left out is counted, with what shows it; `-v` leaves out nothing."""
    monkeypatch.setenv("COLUMNS", "80")
    short = pytester.runpytest("--device", "*", "--benchmark-json=r.json").stdout
    long = pytester.runpytest("--device", "*", "-v").stdout
    short.fnmatch_lines(
        [
            "*configspec: what to run*",
            "fast, pair",
            "  goodput: run b Q8_0 K=4, 5.17 tokens/s (*",
            "slow, pair",
            "assumed: verification 0.5 s per round*",
            "left out (lines): profiles (*), rankings (*. All: the same pytest command with -v --resume last; "
            "most of it: configspec rank r.json",
            "18 rows, each in the journal *",
        ]
    )
    summary = short.str().partition("configspec: what to run")[2].splitlines()[1:]
    assert sum(max(1, -(-len(line) // 80)) for line in summary) < PAGE[1]
    long.fnmatch_lines(["*configspec: what to run*", "*configspec: profiles*", "*configspec: rankings*"])
    long.no_fnmatch_line("*left out (lines)*")


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 40), (200, 60)])
def test_the_summary_fits_the_terminal(testbed, pytester, columns, lines):
    """Of 50 boards: the recommendation's heading is on the last screen, and each is named or counted."""
    boards = "".join(f"  b{n}: {{replay: {{profile: profile.json, device: slow}}}}\n" for n in range(50))
    Path("devices.yaml").write_text(f"devices:\n{boards}", encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "--device", "*", "--k", "1", "--draft", "a")
    seen = run_on_terminal(command, columns=columns, lines=lines, cwd=testbed, environment={"PYTHONSAFEPATH": ""})
    assert seen.code == 0
    screen = seen.screen.text[2 - lines :]
    assert any("configspec: what to run" in row for row in screen)
    named = sum(row.startswith("b") and ", pair: goodput: run a Q8_0 K=1" in row for row in screen)
    left = re.search(r"([0-9]+)\s+more\s+devices\s+with\s+families", " ".join(screen))
    assert named + (int(left[1]) if left else 0) == 50
    assert named >= 4
    assert "50 passed" in screen[-1]
