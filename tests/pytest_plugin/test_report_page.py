"""`--report`: a run writes its page at the end, whatever became of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

SENTENCE = "goodput: run "


def page(testbed: Path, name: str = "report.html") -> str:
    return (testbed / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run_writes_its_page(testbed, pytester, workers):
    """Of every device, with and without workers; where it is stands in the output."""
    result = pytester.runpytest("--device", "fast,slow", "--configspec-report", "report.html", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["report: *report.html"])
    text = page(testbed)
    assert text.count(SENTENCE) == 2
    assert "made by: pytest" in text
    assert "this run was given no baseline" in text


def test_a_resumed_run_has_the_earlier_rows_on_its_page(testbed, pytester):
    """And says how many they are."""
    pytester.runpytest("--device", "fast")
    pytester.runpytest("--device", "fast,slow", "--resume", "last", "--report", "report.html")
    text = page(testbed)
    assert text.count(SENTENCE) == 2
    assert "resumed: 6 of 12 rows are of an earlier run" in text


def test_the_ini_file_may_name_it(testbed, pytester):
    """From the root folder, so that each night writes it."""
    pytester.makeini("[pytest]\nconfigspec_report = night.html\n")
    pytester.runpytest("--device", "fast", "--k", "4")
    assert SENTENCE in page(testbed, "night.html")


def test_a_run_that_compares_has_its_verdicts_on_the_page(testbed, pytester):
    """What `configspec check` would say of it."""
    pytester.runpytest("--device", "fast", "--benchmark-json=base.json")
    pytester.runpytest("--device", "fast", "--baseline", "base.json", "--report", "report.html")
    assert "runs that were compared" in page(testbed)


def test_what_is_hardly_plausible_is_on_the_page_and_in_the_summary(testbed, pytester):
    """A draft of 1 GB at 100 tokens/s, of a board whose memory gives 17 GB/s."""
    profile = json.loads(Path(testbed, "profile.json").read_text(encoding="utf-8"))
    profile["devices"]["fast"]["memory_bytes_per_s"] = 17e9
    profile["devices"]["fast"]["cells"][0]["weights_bytes"] = 10**9
    Path(testbed, "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    result = pytester.runpytest("--device", "fast", "--k", "4", "--report", "report.html")
    result.stdout.fnmatch_lines(["*1 warning of plausibility: look at them before*", "*(above_memory)*"])
    assert "(above_memory)" in page(testbed)


def test_without_a_row_the_page_of_the_night_before_is_replaced(testbed, pytester):
    """By one that says that nothing was measured."""
    Path(testbed, "report.html").write_text("the night before", encoding="utf-8")
    pytester.makepyfile(test_bench="def test_one(hil_benchmark):\n    raise ValueError\n")
    assert pytester.runpytest("--device", "fast", "--report", "report.html").ret == 1
    assert "Nothing was measured" in page(testbed)


def test_a_run_that_is_interrupted_has_a_page_of_what_it_has(testbed, pytester):
    """Ctrl-C after the last measurement: its rows are on the page."""
    pytester.makepyfile(test_then="def test_stop():\n    raise KeyboardInterrupt\n")
    result = pytester.runpytest_subprocess("--device", "fast", "--report", "report.html")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert SENTENCE in page(testbed)


def test_a_page_that_cannot_be_written_at_the_end_is_told_and_no_row_is_lost(testbed, pytester):
    """Its folder went away while the run measured: a usage error, and the results are whole."""
    pytester.mkdir("out")
    pytester.makepyfile(test_then="import shutil\n\ndef test_remove():\n    shutil.rmtree('out')\n")
    result = pytester.runpytest("--device", "fast", "--report", "out/report.html", "--benchmark-json=r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "report.html: cannot be written: No such file or directory" in result.stderr.str() + result.stdout.str()
    assert Path(testbed, "r.json").stat().st_size > 0


def test_an_anonymous_run_keeps_its_command_off_the_page(testbed, pytester):
    """And the path of its journal, in which a home folder may be."""
    pytester.runpytest("--device", "fast", "--k", "4", "--anonymous", "--report", "report.html")
    text = page(testbed)
    assert str(testbed) not in text
    assert "its words are left out (--anonymous)" in text


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--report", "no/report.html"], "the page cannot be written: its folder does not exist"),
        (["--report", "r.json", "--benchmark-json", "r.json"], "would take the place of this run's rows"),
        (["--report", "j.jsonl", "--journal", "j.jsonl"], "would take the place of this run's rows"),
        (["--report", "."], "the page cannot be written: it is a folder"),
        (["--report", ""], "--report is empty"),
    ],
)
def test_a_page_that_cannot_be_is_told_before_anything_is_measured(testbed, pytester, flags, words):
    """A usage error: no row, no journal."""
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str() + result.stdout.str()
    assert not list(Path(testbed).glob(".configspec/journal/*.jsonl"))


def test_nothing_is_written_where_tests_are_only_collected(testbed, pytester):
    """Nor by --plan."""
    pytester.runpytest("--device", "fast", "--collect-only", "--report", "report.html")
    pytester.runpytest("--device", "fast", "--plan", "--report", "report.html")
    assert not Path(testbed, "report.html").exists()
