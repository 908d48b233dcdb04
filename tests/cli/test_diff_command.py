"""`configspec diff`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import BOARD, DRAFT, raw_row, whole_row

from configspec.cli import main
from configspec.records.row import Row
from configspec.theory.timing import tokens_per_s


def results(path: Path, *rows: Row) -> str:
    path.write_text(json.dumps({"benchmarks": [raw_row(row) for row in rows]}), encoding="utf-8")
    return str(path)


@pytest.fixture
def then(tmp_path: Path) -> str:
    """Two configurations of a board."""
    return results(tmp_path / "then.json", whole_row(2), whole_row(4))


def slower(k: int, **draft: object) -> Row:
    """The row of a draft opened in another way, at half the speed."""
    row = whole_row(k, draft=replace(DRAFT, **draft))  # type: ignore[arg-type]
    round_s = row.drafting.round_s
    twice_s = replace(round_s, value=round_s.value * 2, low=round_s.low * 2, high=round_s.high * 2)
    samples_s = tuple(one * 2 for one in row.drafting.round_samples_s)
    slow = replace(row.drafting, tokens_per_s=tokens_per_s(k, twice_s), round_s=twice_s, round_samples_s=samples_s)
    return replace(row, drafting=slow)


def test_a_file_equals_itself(then, capsys):
    """No fact, all speeds as they were: exit code 0."""
    assert main(["diff", then, then]) == 0
    told = capsys.readouterr().out
    assert "2 rows compared" in told
    assert "facts: none differs" in told
    assert "1.00 to 1.00" in told


def test_the_cause_stands_beside_the_speed(then, tmp_path, capsys):
    """Half the speed with one thread: both are told, and that the rows do not belong together."""
    now = results(tmp_path / "now.json", slower(2, threads=1), slower(4, threads=1))
    assert main(["diff", then, now]) == 1
    told = capsys.readouterr().out
    assert "0.500 to 0.500" in told
    assert any(line.split() == ["models.draft.threads", "4", "1", "all"] for line in told.splitlines())
    assert "device.threads was 4, is 1" in told


def test_what_changes_by_itself_does_not_part_rows(then, tmp_path, capsys):
    """Another load is told; the exit code stays 0."""
    now = results(tmp_path / "now.json", whole_row(2, board=replace(BOARD, load_1min=2.0)))
    assert main(["diff", then, now]) == 0
    told = capsys.readouterr().out
    assert "load_1min" in told
    assert "1 row of the first file has no row to compare with" in told


def test_two_rows_of_one_file(then, capsys):
    """Each is named by a part of its id."""
    assert main(["diff", then, then, "--row", "Q8_0-K2", "--other-row", "Q8_0-K4"]) == 0
    assert "2, 4" in capsys.readouterr().out


def test_json_holds_every_pair(then, tmp_path, capsys):
    """Versioned, with every value as the record has it."""
    now = results(tmp_path / "now.json", slower(2, gpu_layers=9), slower(4, gpu_layers=9))
    assert main(["diff", then, now, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["comparable"]) == (1, False)
    assert told["facts"] == [
        {"key": "models.draft.gpu_layers", "then": 0, "now": 9, "rows": 2, "values": 1, "fleeting": False}
    ]
    assert [(row["then_tokens_per_s"], row["now_tokens_per_s"]) for row in told["rows"]] == [(4.0, 2.0), (8.0, 4.0)]


def test_markdown_has_both_tables(then, capsys):
    """For a job's summary."""
    assert main(["diff", then, then, "--format", "markdown"]) == 0
    assert "| device" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--row", "K9"], "--row 'K9': no row of"),
        (["--row", "orin"], "--row 'orin': 2 rows of"),
        (["--other-row", "K4"], "name the row of A"),
        (["--row", "K2", "--other-row", "K7"], "--other-row 'K7': no row of"),
    ],
)
def test_a_row_that_is_not_there_is_named(options, words, then, capsys):
    """With what the file holds; exit code 2."""
    assert main(["diff", then, then, *options]) == 2
    assert words in capsys.readouterr().err


def test_files_without_a_common_row_say_what_they_hold(then, tmp_path, capsys):
    """Exit code 2, and how to name two rows."""
    other = results(tmp_path / "other.json", whole_row(4, device="rpi5"))
    assert main(["diff", then, other]) == 2
    told = capsys.readouterr().err
    assert "no configuration in common" in told
    assert "dev:orin:" in told
    assert "dev:rpi5:" in told
    assert main(["diff", then, other, "--row", "orin:-pair-xs-Q8_0-K4", "--other-row", "rpi5"]) == 0


def test_a_bad_entry_is_left_out_and_told(then, tmp_path, capsys):
    """As by every command that reads rows; `--strict` refuses."""
    bad = raw_row(whole_row(2))
    bad["extra_info"]["configspec"]["k"] = -1  # type: ignore[index]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"benchmarks": [bad, raw_row(whole_row(4))]}), encoding="utf-8")
    for files in ([then, str(path)], [str(path), then]):
        assert main(["diff", *files]) == 0
        told = capsys.readouterr().err
        assert f"left out: {path}: " in told
        assert told.count("1 entry was left out") == 1
    assert main(["diff", str(path), str(path)]) == 0
    assert capsys.readouterr().err.count("1 entry was left out") == 2
    assert main(["diff", then, str(path), "--strict"]) == 2


def test_another_machine_is_told(then, tmp_path, capsys):
    """By the files' heads, or by each row's own origin where a file was made of several."""
    now = tmp_path / "now.json"
    text = Path(then).read_text(encoding="utf-8")
    heads = ({"machine_info": {"node": node}, "datetime": f"2026-01-0{day}"} for day, node in ((1, "desk"), (2, "lab")))
    for path, head in zip((Path(then), now), heads, strict=True):
        path.write_text(json.dumps({**head, **json.loads(text)}), encoding="utf-8")
    merged = tmp_path / "merged.json"
    assert main(["merge", then, str(now), "-o", str(merged)]) == 0
    for other in (now, merged):
        capsys.readouterr()
        assert main(["diff", then, str(other)]) == 0
        told = capsys.readouterr().out
        assert any(line.split() == ["origin.node", "desk", "lab", "all"] for line in told.splitlines())
        assert "datetime" not in told
