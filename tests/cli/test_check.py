"""`configspec check`: exit codes, forms, files and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from run_files import board_run, slower_row, write_run

from configspec.cli import main
from configspec.regression.states import STATES

KEYS = {"state", "metric", "ratio", "low", "high", "n", "floor", "p", "reason"}


@pytest.fixture
def base(tmp_path: Path) -> str:
    return board_run(tmp_path / "base.json")


def check(*arguments: str) -> int:
    return main(["check", *arguments])


def test_the_same_again_passes(base, tmp_path, capsys):
    """Exit code 0; every state with its count."""
    assert check(board_run(tmp_path / "new.json", day=1), "--against", base) == 0
    out = capsys.readouterr().out
    assert out.startswith("verdict: passed\n8 compared: 8 PASS\n")


def test_a_loss_fails(base, tmp_path, capsys):
    """Exit code 1; with its reason first."""
    assert check(board_run(tmp_path / "new.json", 1.5, day=1), "--against", base) == 1
    out = capsys.readouterr().out
    assert "verdict: failed, 4 of 8 series" in out
    assert "REGRESSED: orin: pair xs Q8_0 K=" in out


def test_counts_that_changed_fail(base, tmp_path, capsys):
    """The first prompt is told."""
    assert check(board_run(tmp_path / "new.json", accepted=11, day=1), "--against", base) == 1
    assert "prompt '" in capsys.readouterr().out


def test_another_build_compares_where_it_may_vary(base, tmp_path, capsys):
    """Else it is incomparable, and nothing compared is a failure; only the choice needs no other run."""
    new = board_run(tmp_path / "new.json", day=1, build="0.3.40")
    check(new, "--against", base)
    assert "device.llama_cpp_version was 0.3.36, is 0.3.40" in capsys.readouterr().out
    assert check(new, "--against", base, "--varies", "device.llama_cpp_*") == 0


def test_the_json_is_whole(base, tmp_path, capsys):
    """One object a series with the keys that are promised."""
    assert check(board_run(tmp_path / "new.json", 1.5, day=1), "--against", base, "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["ok"], found["compared"]) == (1, False, 8)
    assert set(found["counts"]) <= set(STATES)
    assert all(set(one) >= KEYS for one in found["series"])
    assert sum(one["failed"] for one in found["series"]) == found["failed"] == 4
    goodput = next(one for one in found["series"] if one["metric"] == "drafting")
    assert goodput["ratio"] == pytest.approx(1 / 1.5)
    assert goodput["n"] == 2


def test_junit_has_a_failure_for_each_failed_series(base, tmp_path, capsys):
    """As a CI server counts them."""
    assert check(board_run(tmp_path / "new.json", 1.5, day=1), "--against", base, "--format", "junit") == 1
    suite = ElementTree.fromstring(capsys.readouterr().out).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("8", "4")
    failures = suite.findall("testcase/failure")
    assert {one.get("type") for one in failures} == {"REGRESSED"}


def test_markdown_has_a_table(base, tmp_path, capsys):
    """For a job summary."""
    assert check(board_run(tmp_path / "new.json", day=1), "--against", base, "--format", "markdown") == 0
    assert "| state | configuration |" in capsys.readouterr().out


def test_a_folder_is_a_history(tmp_path, capsys):
    """Fourteen nights by the nightly rule; three runs of one night."""
    folder = tmp_path / "history"
    folder.mkdir()
    for day in range(14):
        board_run(folder / f"{day:02}.json", 1 + 0.01 * (day % 3), day=day)
    new = [board_run(tmp_path / f"new-{part}.json", 1.3 + part / 1000, day=14 + part / 50) for part in range(3)]
    assert check(*new, "--against", str(folder), "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    drafting = next(one for one in found["series"] if one["metric"] == "drafting")
    assert (drafting["state"], drafting["against"], drafting["base_runs"]) == ("REGRESSED", "history", 14)
    assert check(new[0], "--against", str(folder)) == 0
    assert "SUSPECT" in capsys.readouterr().out


def test_reviewed_files_are_read(base, tmp_path, capsys):
    """Accepted changes, aliases and floors, each in a file of its own."""
    new = board_run(tmp_path / "new.json", 1.5, day=1)
    floors = tmp_path / "floors.toml"
    floors.write_text('[[floor]]\nseries = "*"\nfloor = 0.5\nlog_sd = 0.01\ndegrees = 20\n', encoding="utf-8")
    assert check(new, "--against", base, "--floors", str(floors)) == 0
    accepted = tmp_path / "accepted.toml"
    accepted.write_text(
        '[[accepted]]\nseries = "*/[gd]*"\nsince = 2026-11-04\nreason = "15 W"\nauthor = "Kim"\n', encoding="utf-8"
    )
    assert check(new, "--against", base, "--accepted", str(accepted)) == 0
    renamed = write_run(tmp_path / "renamed.json", *(slower_row(k, device="orin-a") for k in (2, 4)), day=1)
    assert check(renamed, "--against", base) == 2
    assert "has another name by now, say so in an alias file" in capsys.readouterr().err
    aliases = tmp_path / "aliases.toml"
    aliases.write_text('[[renamed]]\nold = "dev:orin:"\nnew = "dev:orin-a:"\n', encoding="utf-8")
    assert check(renamed, "--against", base, "--aliases", str(aliases)) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fail-on", "goodput:0%"], "a floor of 0 %"),
        (["--fail-on", "gootput:5%"], "Did you mean 'goodput'"),
        (["--also-fail", "MISING"], "Did you mean 'MISSING'"),
        (["--also-fail", "SUSPECT"], "is no state that fails by choice"),
        (["--series", "dev:orim:*"], "matches no series"),
        (["--accepted", "none.toml"], "cannot be read"),
        (["--floors", "none.toml"], "cannot be read"),
        (["--aliases", "none.toml"], "cannot be read"),
    ],
)
def test_mistakes_are_exit_code_2(base, tmp_path, capsys, arguments, says):
    """With what would do, and nothing on standard output."""
    assert check(board_run(tmp_path / "new.json", day=1), "--against", base, *arguments) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert not out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "text", ["", "{", '{"benchmarks": []}', '{"benchmarks": [{"name": "x"}]}', "\x00" * 100, "[1]"]
)
@pytest.mark.parametrize("side", ["new", "base"])
def test_a_file_without_rows_is_exit_code_2(base, tmp_path, capsys, text, side):
    """On either side: never a silent pass."""
    bad = tmp_path / "bad.json"
    bad.write_text(text, encoding="utf-8")
    new = board_run(tmp_path / "new.json", day=1)
    pair = (str(bad), base) if side == "new" else (new, str(bad))
    assert check(pair[0], "--against", pair[1]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_damaged_new_file_is_never_left_out(base, tmp_path):
    """Though others were read; a damaged earlier one in a folder is told, and the gate goes on."""
    new, bad = board_run(tmp_path / "new.json", day=1), tmp_path / "half.json"
    bad.write_text(Path(new).read_text(encoding="utf-8")[:2000], encoding="utf-8")
    assert check(new, str(bad), "--against", base) == 2
    assert check(new, "--against", base, str(bad)) == 0


def test_swapped_sides_are_told(base, tmp_path, capsys):
    """The base is newer than the new run."""
    assert check(base, "--against", board_run(tmp_path / "new.json", day=1)) == 2
    assert "Are the two sides swapped?" in capsys.readouterr().err


def test_a_tag_or_stored_run_that_is_not_there_is_told(base, capsys):
    """By its name."""
    assert check(base, "--against", "0007") == 2
    assert check(base, "--against", "no-tag:results.json") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_what_is_missing_fails_unless_it_may(base, tmp_path):
    """A chosen configuration was not measured: K 2 is the best by cost, K 4 by goodput."""
    rows = [slower_row(k) for k in (2, 4)]
    chosen = write_run(tmp_path / "one.json", rows[0], day=1), write_run(tmp_path / "other.json", rows[1], day=1)
    codes = {check(one, "--against", base) for one in chosen}
    assert codes == {1}
    lenient = {check(one, "--against", base, "--also-fail", "none", "--all") for one in chosen}
    assert lenient == {0}
