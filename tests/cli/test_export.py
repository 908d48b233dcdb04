"""`configspec export`: files, standard output, what is told, and exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from damage import HOSTILE_TEXTS, civil
from example_rows import DECODED, DRAFT, measured_row, raw_row, whole_row
from made_up_objective import Silence

from configspec.cli import main
from configspec.records.row import Row
from configspec.reporting.exports.registry import EXPORTS
from configspec.theory.figures import Estimate

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recordings" / "records"
TEXTS = [one.name for one in EXPORTS if one.is_text and not one.files_in_folder]
FOLDER = "github-action-benchmark"
BIGGER, SMALLER = "customBiggerIsBetter.json", "customSmallerIsBetter.json"


def results(path: Path, *entries: object) -> str:
    path.write_text(json.dumps({"benchmarks": entries}), encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Two configurations, one of them decoded for real too; no power was metered."""
    rows = [whole_row(2), whole_row(4), measured_row(2, end_to_end=DECODED)]
    return results(tmp_path / "results.json", *map(raw_row, rows))


def export(*arguments: str) -> int:
    return main(["export", *arguments])


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@contextmanager
def small_disk(size_bytes: int) -> Iterator[None]:
    """No file can be longer, as on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("form", TEXTS)
def test_standard_output_and_a_file_have_the_same_bytes(form, file, tmp_path, capfdbinary):
    """A line end too is what it is in the file."""
    assert export(file, "--format", form) == 0
    shown = capfdbinary.readouterr().out
    out = tmp_path / "out"
    assert export(file, "--format", form, "-o", str(out)) == 0
    assert out.read_bytes() == shown
    assert shown


@pytest.mark.parametrize("name", ["version-1.json", "version-1.jsonl", "version-2.json", "version-2.jsonl"])
@pytest.mark.parametrize("form", TEXTS)
def test_every_form_takes_files_and_journals_of_each_version(form, name, capsys):
    """With all their configurations."""
    assert export(str(RECORDINGS / name), "--format", form) == 0
    out = capsys.readouterr().out
    assert all(device in out for device in ("local", "paper-rpi5"))


def test_what_has_no_value_is_told_on_stderr(file, capsys):
    """So that the output stays what it is."""
    assert export(file, "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert "configurations without power: " in err
    assert {row["metric"] for row in cells(out)}.isdisjoint({"energy", "power"})
    assert all(row["value"] and row["low"] and row["high"] for row in cells(out))


def test_a_file_is_counted_in_words(file, tmp_path, capsys):
    """What is in it, and where it is."""
    out = tmp_path / "out.csv"
    assert export(file, "--format", "csv", "-o", str(out)) == 0
    said = capsys.readouterr().out
    assert said == f"{len(cells(out.read_bytes().decode()))} values of 3 configurations in {out}\n"


def test_objectives_are_those_that_are_registered(file, capsys):
    """One that the package does not know is exported like its own."""
    assert main(["export", file, "--format", "csv"], objectives=[Silence()]) == 0
    metrics = [row["metric"] for row in cells(capsys.readouterr().out)]
    assert "silence" in metrics
    assert "goodput" not in metrics


def test_a_form_that_does_not_exist_is_told_with_the_nearest(file, capsys):
    """Before the file is read."""
    assert export(file, "--format", "gobench") == 2
    assert "Did you mean 'go-bench'? Known: csv, parquet, " in capsys.readouterr().err


def test_without_a_form_the_usage_is_shown(file):
    """There is no form that everybody wants."""
    with pytest.raises(SystemExit) as ended:
        export(file)
    assert ended.value.code == 2


def test_parquet_wants_a_file(file, capsys):
    """It is no text."""
    pytest.importorskip("pyarrow")
    assert export(file, "--format", "parquet") == 2
    assert "-o FILE" in capsys.readouterr().err


def test_parquet_is_written(file, tmp_path):
    """A row a value."""
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "out.parquet"
    assert export(file, "--format", "parquet", "-o", str(out)) == 0
    assert {"goodput", "end_to_end_goodput"} <= set(parquet.read_table(out).column("metric").to_pylist())


def test_a_folder_gets_a_file_for_each_direction(tmp_path, capsys):
    """Each under the name of the tool that reads it; the folder is made."""
    out = tmp_path / "bench"
    assert export(str(RECORDINGS / "version-2.json"), "--format", FOLDER, "-o", str(out)) == 0
    assert {path.name for path in out.iterdir()} == {BIGGER, SMALLER}
    assert all(json.loads(path.read_bytes()) for path in out.iterdir())


def test_an_older_file_of_a_direction_that_is_gone_is_removed(tmp_path, capsys):
    """It would be published again as if it were of this run; nothing else in the folder is touched.

    Without power, a verifier that takes no time and a prompt's speed, nothing is better where it is lower.
    """
    row = whole_row(2)
    no_time = replace(row, serving=replace(row.serving, verify_s=0.0))
    file = results(tmp_path / "results.json", raw_row(no_time))
    for name in (SMALLER, "mine.json"):
        (tmp_path / name).write_text("[]", encoding="utf-8")
    assert export(file, "--format", FOLDER, "-o", str(tmp_path)) == 0
    assert f"{SMALLER}: not written, since nothing would be in it" in capsys.readouterr().err
    assert not (tmp_path / SMALLER).exists()
    assert (tmp_path / "mine.json").exists()


def test_several_files_want_a_folder(file, tmp_path, capsys):
    """Not standard output, and not a file."""
    assert export(file, "--format", FOLDER) == 2
    assert "-o FOLDER" in capsys.readouterr().err
    assert export(file, "--format", FOLDER, "-o", file) == 2
    assert "not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", FOLDER])
def test_a_folder_that_does_not_exist_is_told_before_anything_is_read(form, tmp_path, capsys):
    """With the command that makes it."""
    missing = tmp_path / "no such" / "out"
    assert export(str(tmp_path / "no results.json"), "--format", form, "-o", str(missing)) == 2
    assert f"mkdir -p {shlex.quote(str(missing.parent))}" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["", "folder", "\0", "x" * 300, "/dev/full", "/proc/1/none"])
def test_a_place_where_nothing_can_be_written_is_told(out, file, tmp_path, monkeypatch, capsys):
    """Without a traceback."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    civil(export(file, "--format", "csv", "-o", out), capsys.readouterr().err, codes=(2,))


def test_the_file_that_is_read_is_not_replaced(file, tmp_path, capsys):
    """By whichever name."""
    before = Path(file).read_bytes()
    link = tmp_path / "link.json"
    link.symlink_to(file)
    for out in (file, str(link)):
        assert export(file, "--format", "bmf", "-o", out) == 2
        assert "the file that is read" in capsys.readouterr().err
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize("form", ["csv", "parquet", FOLDER])
def test_a_full_disk_leaves_the_older_file_as_it_was(form, tmp_path, capsys):
    """And nothing beside it."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    place = tmp_path / "place"
    place.mkdir()
    out = place / (BIGGER if form == FOLDER else "out")
    out.write_text("older", encoding="utf-8")
    with small_disk(8192):
        code = export(str(RECORDINGS / "version-2.json"), "--format", form, "-o", str(place if form == FOLDER else out))
    civil(code, capsys.readouterr().err, codes=(2,))
    assert [path.name for path in place.iterdir()] == [out.name]
    assert out.read_text(encoding="utf-8") == "older"


def test_an_entry_that_cannot_be_taken_is_left_out_and_told(tmp_path, capsys):
    """As `rank` leaves it out; --strict refuses the file."""
    bad = raw_row(whole_row(4))
    bad["extra_info"]["configspec"]["acceptance"]["rate"]["value"] = float("nan")  # type: ignore[index]
    path = results(tmp_path / "results.json", raw_row(whole_row(2)), bad)
    assert export(path, "--format", "csv") == 0
    out, err = capsys.readouterr()
    assert {row["k"] for row in cells(out)} == {"2"}
    assert "1 entry was left out" in err
    assert export(path, "--format", "csv", "--strict") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Without --strict it is left out." in err


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"benchmarks": []}', '{"benchmarks": [{"name": "x"}]}', "\0" * 100]
)
def test_a_file_without_rows_is_told(content, tmp_path, capsys):
    """Nothing is written."""
    path, out = tmp_path / "results.json", tmp_path / "out"
    path.write_text(content, encoding="utf-8")
    civil(export(str(path), "--format", "csv", "-o", str(out)), capsys.readouterr().err, codes=(2,))
    assert not out.exists()


def test_rows_that_contradict_each_other_are_refused(tmp_path, capsys):
    """Two boards under one name are not one series."""
    other = whole_row(4, draft=replace(DRAFT, threads=1))
    path = results(tmp_path / "results.json", raw_row(whole_row(2)), raw_row(other))
    assert export(path, "--format", "csv") == 2
    assert "mean different things by device orin" in capsys.readouterr().err


def test_of_a_configuration_that_comes_twice_the_last_counts(tmp_path, capsys):
    """As in rankings; that others said something else is told."""
    later = raw_row(slower(whole_row(2)))
    path = results(tmp_path / "results.json", raw_row(whole_row(2)), {**later, "fullname": "t.py::again"})
    assert export(path, "--format", "csv") == 0
    out, err = capsys.readouterr()
    speeds = [float(row["value"]) for row in cells(out) if row["metric"] == "drafting_speed"]
    assert speeds == [slower(whole_row(2)).drafting.tokens_per_s.value]
    assert "the last one counts" in err


def slower(row: Row) -> Row:
    timed = row.drafting
    drafting = replace(
        timed,
        tokens_per_s=times(timed.tokens_per_s, 0.5),
        round_s=times(timed.round_s, 2),
        round_samples_s=tuple(one * 2 for one in timed.round_samples_s),
    )
    return replace(row, drafting=drafting)


def times(one: Estimate, factor: float) -> Estimate:
    return replace(one, value=one.value * factor, low=one.low * factor, high=one.high * factor)


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    """A file in which every name attacks whoever shows it."""
    rows: list[dict[str, object]] = []
    for number, text in enumerate(one for one in HOSTILE_TEXTS if one and "\ud800" not in one):
        row = json.loads(json.dumps(raw_row(measured_row(2))))
        row["fullname"] = f"t.py::test[{number}]"
        row["extra_info"]["configspec"] |= {
            **dict.fromkeys(("device", "family", "draft", "quant"), text.replace("\0", "\1")[:200]),
            "power": {"watts": None, "reason": text},
        }
        rows.append(row)
    return results(tmp_path / "hostile.json", *rows)


@pytest.mark.parametrize("form", TEXTS)
def test_a_hostile_file_is_shown_harmlessly(form, hostile, capsys):
    """Nothing moves the terminal, forges a line or commands a runner."""
    code = export(hostile, "--format", form)
    out, err = capsys.readouterr()
    civil(code, out.replace("\r\n", "\n") + err, codes=(0,))
    assert not any(line.lstrip().startswith(("::", "forged line")) or "##[" in line for line in out.split("\n"))


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "configspec.cli", "export", *arguments]


@pytest.mark.real
def test_a_reader_that_has_seen_enough_ends_it_quietly(file):
    """As `head` does: 141, and not a word."""
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        program(file, "--format", "csv"), stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert ended.returncode == 141
    assert "Traceback" not in ended.stderr
    assert "cannot be written" not in ended.stderr


@pytest.mark.real
@pytest.mark.parametrize("form", ["csv", "bmf"])
def test_a_full_standard_output_is_told(form, file):
    """Exit code 2: half a file is no file."""
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            program(file, "--format", form), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    civil(ended.returncode, ended.stderr, codes=(2,))


@pytest.mark.real
def test_a_stream_gets_the_file_and_no_words(file, tmp_path):
    """`-o /dev/stdout`, into a pipe: Parquet too."""
    pytest.importorskip("pyarrow")
    found = subprocess.run(
        program(file, "--format", "parquet", "-o", "/dev/stdout"), capture_output=True, check=True
    ).stdout
    assert found[:4] == found[-4:] == b"PAR1"
