"""`configspec merge` and `configspec recover`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from example_rows import raw_row, replayed_row, whole_row

from configspec.cli import main
from configspec.records.profile_file import read_profile
from configspec.records.reader import read_rows
from configspec.records.row import SampleRefs

ROOT = Path(__file__).parents[2]


def results(path: Path, rows: list[dict[str, object]], day: int) -> Path:
    path.write_text(json.dumps({"benchmarks": rows, "datetime": f"2026-01-{day:02}"}), encoding="utf-8")
    return path


def replayed(path: Path, device: str, name: str, day: int, *, source: str = "a print") -> Path:
    """A board of the paper as a results file, called `name`."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [
        raw_row(replayed_row(one, profile.serving[one.family], source=source))
        for one in profile.configurations(device, as_name=name)
    ]
    return results(path, rows, day)


def test_two_boards_stand_in_one_file(tmp_path, capsys):
    """What merge writes, rank reads."""
    a = replayed(tmp_path / "a.json", "rpi5", "rpi5", 1)
    b = replayed(tmp_path / "b.json", "jetson", "orin", 2)
    out = tmp_path / "out.json"
    assert main(["merge", str(a), str(b), "-o", str(out)]) == 0
    assert "rows of 2 files in" in capsys.readouterr().out
    assert {row.device for row in read_rows(out)} == {"rpi5", "orin"}


def test_a_conflict_ends_with_2_and_can_be_decided(tmp_path, capsys):
    """Both files and what differs; `--prefer newest` leaves out the older, and says how many."""
    a = replayed(tmp_path / "a.json", "rpi5", "board", 1, source="first print")
    b = replayed(tmp_path / "b.json", "jetson", "board", 2, source="second print")
    out = tmp_path / "out.json"
    assert main(["merge", str(a), str(b), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("a.json", "b.json", "device.source", "first print", "second print"))
    assert main(["merge", str(a), str(b), "-o", str(out), "--prefer", "newest"]) == 0
    assert "rows were left out: " in capsys.readouterr().out


def test_rows_of_several_files_and_of_one_are_told_apart(tmp_path, capsys):
    """One row or several, each in good English."""
    one, other = raw_row(whole_row(1)), raw_row(whole_row(2))
    a = results(tmp_path / "a.json", [one, other, other], 1)
    b = results(tmp_path / "b.json", [one], 2)
    assert main(["merge", str(a), str(b), "-o", str(tmp_path / "out.json")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"2 rows of 2 files in {tmp_path / 'out.json'}",
        "1 row was in several files: the newest was kept",
        "1 row was repeated within one file: the last was kept",
    ]
    assert main(["merge", str(a), str(a), "-o", str(tmp_path / "more.json")]) == 0
    assert "3 rows were in several files: the newest of each was kept" in capsys.readouterr().out


def test_missing_side_files_are_told(tmp_path, capsys):
    """With what would do."""
    samples = SampleRefs(times="ab" * 32)
    a = results(tmp_path / "a.json", [raw_row(whole_row(k, samples=samples)) for k in (1, 2)], 1)
    assert main(["merge", str(a), "-o", str(tmp_path / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert "1 side file is missing or damaged" in printed
    assert "copy the folder configspec-samples" in printed


def test_recover_does_not_overwrite(tmp_path, capsys):
    """A results file that already exists is left alone."""
    journal = tmp_path / "j.jsonl"
    journal.write_text('{"configspec_journal": 1}\n{"row": {"fullname": "a"}}\n{"row": {"ful')
    out = tmp_path / "r.json"
    assert main(["recover", str(journal), "-o", str(out)]) == 0
    printed, told = capsys.readouterr()
    assert "1 row was recovered" in printed
    assert "j.jsonl: line 3: it is cut short, as a kill leaves it" in told
    assert "1 entry was left out; --strict refuses such files" in told
    assert main(["recover", str(journal), "-o", str(out)]) == 2
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["merge", "recover"])
def test_a_file_that_does_not_exist_ends_with_2(tmp_path, capsys, command):
    """It is named."""
    assert main([command, str(tmp_path / "none.json"), "-o", str(tmp_path / "out.json")]) == 2
    assert "none.json: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["merge", "recover"])
def test_the_help_has_an_example_and_the_exit_codes(capsys, command):
    """As every command's has."""
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    printed = capsys.readouterr().out
    assert f"  configspec {command} " in printed
    assert "exit codes:" in printed
