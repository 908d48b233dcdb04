"""`configspec merge` and `configspec recover`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from configspec.cli import main
from configspec.records.profile_file import read_profile
from configspec.records.row import KEY, Row, to_record

ROOT = Path(__file__).parents[2]


def results(path: Path, device: str, name: str, day: int, **environment: str) -> Path:
    """A board of the paper as a results file, called `name`."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [
        {
            "name": f"{one.draft}-{one.quant}-{one.k}",
            "fullname": f"{name}-{one.family}-{one.draft}-{one.quant}-{one.k}",
            "extra_info": {
                KEY: to_record(Row(configuration=one, serving=profile.serving[one.family], environment=environment))
            },
        }
        for one in profile.configurations(device, as_name=name)
    ]
    path.write_text(json.dumps({"benchmarks": rows, "datetime": f"2026-01-{day:02}"}), encoding="utf-8")
    return path


def test_two_boards_are_ranked_from_one_file(tmp_path, capsys):
    """What merge writes, rank reads."""
    a = results(tmp_path / "a.json", "rpi5", "rpi5", 1)
    b = results(tmp_path / "b.json", "jetson", "orin", 2)
    out = tmp_path / "out.json"
    assert main(["merge", str(a), str(b), "-o", str(out)]) == 0
    assert "rows of 2 files in" in capsys.readouterr().out
    assert main(["rank", str(out), "--format", "json"]) == 0
    ranked = json.loads(capsys.readouterr().out)["rankings"]
    assert {one["device"] for one in ranked} == {"rpi5", "orin"}


def test_a_conflict_ends_with_2_and_can_be_decided(tmp_path, capsys):
    """Both files and what differs; `--prefer newest` leaves out the older, and says how many."""
    a = results(tmp_path / "a.json", "rpi5", "board", 1, source="first print")
    b = results(tmp_path / "b.json", "jetson", "board", 2, source="second print")
    out = tmp_path / "out.json"
    assert main(["merge", str(a), str(b), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("a.json", "b.json", "environment.source", "first print", "second print"))
    assert main(["merge", str(a), str(b), "-o", str(out), "--prefer", "newest"]) == 0
    assert "rows left out: " in capsys.readouterr().out


def test_a_file_is_told_to_be_there_twice(tmp_path, capsys):
    """Its rows are there once."""
    a = results(tmp_path / "a.json", "rpi5", "rpi5", 1)
    assert main(["merge", str(a), str(a), "-o", str(tmp_path / "out.json")]) == 0
    assert "rows were in several files" in capsys.readouterr().out


def test_recover_does_not_overwrite(tmp_path, capsys):
    """A results file that is there already is left alone."""
    journal = tmp_path / "j.jsonl"
    journal.write_text('{"configspec_journal": 1}\n{"row": {"fullname": "a"}}\n{"row": {"ful')
    out = tmp_path / "r.json"
    assert main(["recover", str(journal), "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "1 rows recovered" in printed
    assert "1 lines of a journal could not be read" in printed
    assert main(["recover", str(journal), "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["merge", "recover"])
def test_a_file_that_is_none_ends_with_2(tmp_path, capsys, command):
    """It is named."""
    assert main([command, str(tmp_path / "none.json"), "-o", str(tmp_path / "out.json")]) == 2
    assert "none.json: no such file" in capsys.readouterr().err
