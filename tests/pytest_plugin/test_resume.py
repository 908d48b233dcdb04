"""`--journal` and `--resume`: what was measured is not measured again, unless something changed."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from configspec.records.samples import TimeSamples, samples_folder, write_samples

pytestmark = pytest.mark.real

EVERYTHING = 18  # 3 devices, 2 drafts, 3 values of K


def change_profile(device: str) -> None:
    """The device's figures are others now."""
    profile = json.loads(Path("profile.json").read_text())
    for cell in profile["devices"][device]["cells"]:
        cell["drafting_tokens_per_s"] = {key: value / 2 for key, value in cell["drafting_tokens_per_s"].items()}
    Path("profile.json").write_text(json.dumps(profile))


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_only_what_is_missing_is_measured(testbed, pytester, rows_of, journal, workers):
    """Two devices first, all three with `--resume last`: every row once, and the first ones counted as resumed."""
    pytester.runpytest("--device", "fast,slow")
    first = rows_of(journal())
    result = pytester.runpytest("--device", "*", workers, "--resume", "last", "--benchmark-json=r.json")
    assert result.ret == 0
    result.assert_outcomes(passed=6)
    assert result.parseoutcomes()["resumed"] == 12
    result.stdout.fnmatch_lines(["12 rows resumed from *.jsonl, 6 measured"])
    found = rows_of("r.json")
    assert len(found) == EVERYTHING
    for node_id, row in first.items():
        record = found[node_id]["extra_info"]["configspec"]
        assert record["resumed"]["file"].endswith(".jsonl")
        assert record["origin"]["node"]
        assert {**record, "resumed": None, "origin": None} == row["extra_info"]["configspec"]
        assert found[node_id]["stats"]["data"] == pytest.approx(row["stats"]["data"])
    assert rows_of(journal()).keys() == found.keys()


def test_a_results_file_is_resumed_too(testbed, pytester, rows_of):
    """The JSON of `--benchmark-json`; rows that say where they come from keep saying so."""
    pytester.runpytest("--device", "fast", "--benchmark-json=first.json")
    pytester.runpytest("--device", "fast,slow", "--resume", "first.json", "--benchmark-json=second.json")
    pytester.runpytest("--device", "*", "--resume", "second.json", "--benchmark-json=third.json")
    origins = [row["extra_info"]["configspec"].get("resumed") for row in rows_of("third.json").values()]
    files = [origin and origin["file"] for origin in origins]
    assert [files.count(name) for name in ("first.json", "second.json", None)] == [6, 6, 6]


def with_side_file(path: Path) -> None:
    """Each row of a results file refers to a side file beside it, as a row does that was measured."""
    sha256 = write_samples(samples_folder(path), TimeSamples(rounds=()))
    document = json.loads(path.read_text())
    for row in document["benchmarks"]:
        row["extra_info"]["configspec"]["samples"]["times"] = sha256
    path.write_text(json.dumps(document))


def test_side_files_that_cannot_be_put_beside_the_results_are_told(testbed, pytester, rows_of):
    """The results file is whole all the same."""
    pytester.runpytest("--device", "fast", "--benchmark-json=first.json")
    with_side_file(Path("first.json"))
    Path("out").mkdir()
    Path("out/configspec-samples").write_text("in the way")
    result = pytester.runpytest("--device", "fast", "--resume", "first.json", "--benchmark-json=out/r.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*out/r.json is whole, but its side files could not be put beside it: *"])
    assert len(rows_of("out/r.json")) == 6


def test_a_journal_whose_side_files_cannot_be_written_is_a_usage_error(testbed, pytester):
    """Before anything is measured, with what would do."""
    pytester.runpytest("--device", "fast", "--benchmark-json=first.json")
    with_side_file(Path("first.json"))
    Path("out").mkdir()
    Path("out/configspec-samples").write_text("in the way")
    result = pytester.runpytest("--device", "fast", "--resume", "first.json", "--journal", "out/j.jsonl")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*out/configspec-samples: side files of *first.json cannot be written: *--journal*"])


def test_what_changed_is_measured_again_and_counted(testbed, pytester, rows_of):
    """One device's profile changed: its rows no longer hold, the others' do."""
    pytester.runpytest("--device", "*", "--benchmark-json=first.json")
    change_profile("fast")
    result = pytester.runpytest("--device", "*", "--resume", "first.json", "--benchmark-json=r.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["12 rows resumed from *first.json, 6 measured", "6 rows no longer held: drafting.tokens_per_s.value was *"]
    )
    row = rows_of("r.json")["test_bench.py::test_configuration[dev:fast:-pair-a-Q8_0-K4]"]
    assert row["stats"]["median"] == pytest.approx(0.08)
    assert row["extra_info"]["configspec"]["resumed"] is None


def test_a_row_that_no_longer_holds_is_not_recovered(testbed, pytester, rows_of, journal):
    """Where it could not be measured again, the journal has no row of it, though it began with the earlier one."""
    pytester.runpytest("--device", "*", "--benchmark-json=first.json")
    change_profile("fast")
    pytester.makepyfile(
        test_bench="""
        import os, signal
        def test_configuration(measured, configuration, benchmark):
            if configuration.k == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    pytester.runpytest_subprocess("--device", "fast", "--draft", "a", "--resume", "first.json")
    lost = [node for node in rows_of("first.json") if node not in rows_of(journal())]
    assert lost == [f"test_bench.py::test_configuration[dev:fast:-pair-a-Q8_0-K{k}]" for k in (1, 2)]


def test_a_resumed_row_is_judged_again(testbed, pytester, rows_of):
    """A failed assertion fails again on the same figures: a resumed night is not greener than it was."""
    pytester.makepyfile(test_bench="def test_fast(hil_benchmark): assert hil_benchmark().drafting_tokens_per_s > 20")
    assert pytester.runpytest("--device", "slow,fast").ret == pytest.ExitCode.TESTS_FAILED
    result = pytester.runpytest("--device", "slow,fast", "--resume", "last", "--benchmark-json=r.json")
    result.assert_outcomes(failed=6)
    assert result.parseoutcomes()["resumed"] == 6
    outcomes = [row["extra_info"]["configspec"]["outcome"] for row in rows_of("r.json").values()]
    assert sorted(outcomes) == ["failed"] * 6 + ["passed"] * 6


def test_a_narrower_run_loses_no_row_of_the_journal(testbed, pytester, rows_of, journal):
    """Its results hold what it was asked for; its journal holds all, for the next one."""
    pytester.runpytest("--device", "*")
    pytester.runpytest("--device", "slow", "--resume", "last", "--benchmark-json=r.json")
    assert len(rows_of("r.json")) == 6
    assert len(rows_of(journal())) == EVERYTHING
    result = pytester.runpytest("--device", "*", "--resume", "last")
    assert result.parseoutcomes() == {"resumed": EVERYTHING}


def test_the_journal_may_be_named(testbed, pytester, rows_of):
    """It goes where it is told, is not overwritten, and can be resumed in place."""
    assert pytester.runpytest("--device", "fast", "--journal", "here/mine.jsonl").ret == 0
    assert len(rows_of("here/mine.jsonl")) == 6
    assert not Path(".configspec").exists()
    again = pytester.runpytest("--device", "fast", "--journal", "here/mine.jsonl")
    assert again.ret == pytest.ExitCode.USAGE_ERROR
    again.stderr.fnmatch_lines(["*here/mine.jsonl: already exists*--resume*"])
    result = pytester.runpytest("--device", "*", "--journal", "here/mine.jsonl", "--resume", "here/mine.jsonl")
    assert result.ret == 0
    assert len(rows_of("here/mine.jsonl")) == EVERYTHING


BAD_LINE = '{"row": {"fullname": "t.py::far", "extra_info": {"configspec": {"version": 3}}}}\n'


def test_what_a_journal_resumed_in_place_cannot_give_is_kept_aside(testbed, pytester, rows_of):
    """A row of a newer configspec, and one without a record: named, and the file as it was has another name."""
    pytester.runpytest("--device", "fast", "--journal", "mine.jsonl")
    whole = Path("mine.jsonl").read_text()
    Path("mine.jsonl").write_text(before := whole + BAD_LINE + '{"row": {"fullname": "t.py::host"}}\n')
    Path("mine.jsonl.before-1").write_text("somebody's")
    result = pytester.runpytest("--device", "fast", "--k=1,2", "--journal", "mine.jsonl", "--resume", "mine.jsonl")
    assert result.ret == 0
    told = "*mine.jsonl: 1 entry was left out, 1 without a record of configspec. The file as it was is kept: *before-2"
    newer = "  *mine.jsonl: t.py::far: the record is of version 3*"
    result.stdout.fnmatch_lines([told, newer, told, "2 rows of it are*"])
    assert Path("mine.jsonl.before-1").read_text() == "somebody's"
    assert Path("mine.jsonl.before-2").read_text() == before
    assert len(rows_of("mine.jsonl")) == 6


def test_half_a_line_of_a_journal_resumed_in_place_is_only_told(testbed, pytester, rows_of):
    """As a kill leaves it: there is no row in it."""
    pytester.runpytest("--device", "fast", "--journal", "mine.jsonl")
    Path("mine.jsonl").write_text(Path("mine.jsonl").read_text()[:-100])
    result = pytester.runpytest("--device", "fast", "--journal", "mine.jsonl", "--resume", "mine.jsonl")
    result.stdout.fnmatch_lines(["*mine.jsonl: line 7: it is cut short, as a kill leaves it"])
    assert len(rows_of("mine.jsonl")) == 6
    assert not list(pytester.path.glob("*before*"))


def test_a_journal_does_not_take_the_place_of_a_results_file(testbed, pytester):
    """Which may hold what no journal does: other benchmarks, and what pytest-benchmark knows of the machine."""
    pytester.runpytest("--device", "fast", "--benchmark-json=r.json")
    before = Path("r.json").read_bytes()
    result = pytester.runpytest("--device", "fast", "--journal", "r.json", "--resume", "r.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--journal *r.json: it is a results file, and the journal would take its place*"])
    assert Path("r.json").read_bytes() == before


def test_a_journal_that_cannot_be_written_ends_the_run_before_it_measures(testbed, pytester):
    """A file stands where its folder should be."""
    Path("file").write_text("")
    result = pytester.runpytest("--device", "fast", "--journal", "file/j.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the journal cannot be written*"])
    assert result.outlines == []


ROW = '{"row": {"fullname": "a", "extra_info": {"configspec": {"version": 1}}}}\n'
HEADER = '{"configspec_journal": 1}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ["no such file"]),
        ("", ["empty"]),
        ("{}", ["neither a journal nor a file of pytest-benchmark"]),
        ("what\n", ["not JSON"]),
        ('{"configspec_journal": 2}\n' + ROW, ["version 2"]),
        (HEADER, ["before its first row"]),
        (HEADER + ROW, ["has no key k"]),
        (HEADER + '{"row": {"ful\n' + ROW, ["line 2", "damaged"]),
        ('{"benchmarks": [{"fullname": "a"', ["cut short"]),
        ('{"benchmarks": [{"fullname": "a"}]}', ["none of its 0 rows"]),
    ],
)
def test_a_file_that_cannot_be_resumed_is_told_before_anything_is_measured(testbed, pytester, text, words):
    """Missing, empty, foreign, newer, damaged, cut: exit 4, one message, the file's name, nothing measured."""
    if text is not None:
        Path("j.jsonl").write_text(text)
    for workers in ("-n0", "-n2"):
        result = pytester.runpytest("--device", "fast", workers, "--resume", "j.jsonl")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        errors = result.stderr.str()
        assert all(word in errors for word in (*words, "j.jsonl"))
        assert "Traceback" not in errors
        assert not Path(".configspec").exists()


def test_a_row_that_cannot_be_is_measured_again_and_told(testbed, pytester, rows_of):
    """The others are resumed; the file, the row and the reason stand at the end of the run."""
    pytester.runpytest("--device", "fast", "--benchmark-json=first.json")
    document = json.loads(Path("first.json").read_text())
    document["benchmarks"][0]["extra_info"]["configspec"]["acceptance"]["rate"]["value"] = 3
    Path("first.json").write_text(json.dumps(document))
    result = pytester.runpytest("--device", "fast", "--resume", "first.json", "--benchmark-json=r.json")
    assert result.ret == 0
    assert result.parseoutcomes() == {"resumed": 5, "passed": 1}
    result.stdout.fnmatch_lines(["1 entry was left out, and measured again*", "*first.json: test_*: *rate cannot be*"])
    assert len(rows_of("r.json")) == 6


def test_a_journal_of_another_testbed_is_told(testbed, pytester):
    """None of its configurations is of this run: it is no silent measuring of everything."""
    pytester.runpytest("--device", "slow", "--benchmark-json=first.json")
    result = pytester.runpytest("--device", "fast", "--resume", "first.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*none of its 6 rows is of a configuration of this run (it has dev:slow:*"])


def test_there_must_be_a_last_journal(testbed, pytester):
    """On the first night there is none."""
    result = pytester.runpytest("--device", "fast", "--resume", "last")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--resume last:*holds no journal with a finished row*"])


def test_last_is_the_last_that_has_a_row(testbed, pytester, journal):
    """A run that was killed at its first row leaves half of one, and a journal of another name is not asked for."""
    pytester.runpytest("--device", "fast", "--journal", ".configspec/journal/zzz.jsonl", "--k", "1")
    pytester.runpytest("--device", "fast")
    Path(".configspec/journal/20990101T000000000000-1.jsonl").write_text(HEADER + '{"row": {"full')
    result = pytester.runpytest("--device", "*", "--resume", "last")
    assert result.parseoutcomes() == {"resumed": 6, "passed": 12}


FULL = """
import pathlib, resource

def test_configuration(hil_benchmark, configuration):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if configuration.id == "dev:fast:-pair-b-Q8_0-K1":
        (journal,) = pathlib.Path(".configspec/journal").iterdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 100, hard))
    if configuration.k == 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    hil_benchmark()
"""


def test_a_journal_that_was_full_for_a_while_has_every_row(testbed, pytester, rows_of, journal):
    """That is told at once; what could not be written is written when there is room again."""
    pytester.makepyfile(test_bench=FULL)
    result = pytester.runpytest_subprocess("--device", "fast", "--benchmark-json=r.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*cannot be written: File too large. *a kill*", "6 rows, each in the journal *"])
    assert rows_of(journal()) == rows_of("r.json")


def test_a_journal_that_is_being_written_is_not_resumed(testbed, pytester, journal):
    """Another run is at it: half of its rows are no basis."""
    pytester.runpytest("--device", "fast")
    with Path(journal()).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = pytester.runpytest("--device", "fast", "--resume", "last")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*another run is still writing it*"])


def test_resumed_is_in_junits_file_too(testbed, pytester):
    """As a property of the test, which has passed."""
    pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a")
    pytester.runpytest("--device", "fast", "--k", "1", "--draft", "a", "--resume", "last", "--junit-xml=j.xml")
    assert "not measured now" in Path("j.xml").read_text()


def test_the_newest_journals_are_kept(testbed, pytester):
    """Twenty of the folder."""
    folder = Path(".configspec/journal")
    folder.mkdir(parents=True)
    for number in range(30):
        (folder / f"20250101T0000{number}-1.jsonl").write_text(HEADER)
    (folder / ".20250101T000000-1.jsonl.1.partial").write_text("")
    pytester.runpytest("--device", "fast")
    assert len(list(folder.glob("*.jsonl"))) == 20
    assert not list(folder.glob(".*"))


REMOVED = """
import os, pathlib, signal

def test_configuration(hil_benchmark, configuration):
    hil_benchmark()
    if configuration.id == "dev:fast:-pair-a-Q8_0-K2" and "PYTEST_XDIST_WORKER" in os.environ:
        for path in pathlib.Path().glob({gone!r}):
            path.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("change", ["first.json", "nothing"])
def test_a_worker_that_takes_anothers_place_finds_the_earlier_rows(testbed, pytester, rows_of, change):
    """In its own run's journal, whatever became of the file that was resumed: no row is measured twice, or lost."""
    pytest.importorskip("xdist")
    pytester.makepyfile(test_bench=REMOVED.format(gone=change))
    pytester.runpytest("--device", "fast", "--draft", "b", "--benchmark-json=first.json")
    result = pytester.runpytest("--device", "fast", "-n1", "--resume", "first.json", "--benchmark-json=r.json")
    result.assert_outcomes(passed=2, errors=1)
    assert result.parseoutcomes()["resumed"] == 3
    found = rows_of("r.json")
    assert len(found) == 5
    origins = {node_id: row["extra_info"]["configspec"].get("resumed") for node_id, row in found.items()}
    assert sum(origin is not None and origin["file"] == "first.json" for origin in origins.values()) == 3


def test_a_worker_that_finds_no_earlier_rows_at_all_says_so(testbed, pytester):
    """Journal and file are gone: its tests are errors, and no worker dies in vain."""
    pytest.importorskip("xdist")
    pytester.makepyfile(test_bench=REMOVED.format(gone="**/[!p]*.json*"))
    pytester.runpytest("--device", "fast", "--draft", "b", "--benchmark-json=first.json")
    result = pytester.runpytest("--device", "fast", "-n1", "--resume", "first.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*first.json: no such file*It was there when the run began*"])
    assert "node down" not in result.stdout.str().partition("replacing crashed worker")[2]
