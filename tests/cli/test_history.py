"""`configspec history`, as it is typed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from example_rows import BOARD
from made_runs import made_rows, write_run

from configspec.cli import main
from configspec.own_folder import CACHE_VARIABLE
from configspec.reporting.history_document import CSV_COLUMNS


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve nights, in a folder; after six of them drafting is a fifth slower."""
    (tmp_path / "cache").mkdir(mode=0o700)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    for day in range(1, 13):
        write_run(tmp_path / "runs" / f"{day:02d}.json", day, rows=made_rows((1.2 if day > 6 else 1.0) + day % 3 / 1e4))
    return tmp_path / "runs"


def shown(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> tuple[str, str]:
    assert main(["history", *map(str, words)]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_a_folder_is_shown_with_its_steps(runs: Path, capsys: pytest.CaptureFixture[str]):
    """The worst loss first; once again from the index it is the same."""
    first, told = shown(capsys, runs)
    assert told == ""
    lines = first.splitlines()
    assert lines[0] == "history: 12 series by date, 6 with a step"
    assert "drafting" in lines[2]
    assert "█" in lines[2]
    assert "2026-11-06: -16.7 % to -9.1 % in 6 series: the same setup, commits 0606060606..0707070707" in first
    assert shown(capsys, runs) == (first, "")


def test_the_json_has_every_point(runs: Path, capsys: pytest.CaptureFixture[str]):
    """And what was not taken."""
    out, _ = shown(capsys, runs, "--series", "*-K4/drafting", "--format", "json")
    document = json.loads(out)
    assert (document["configspec_history"], document["by"]) == (1, "date")
    (series,) = document["series"]
    assert (series["series"], series["k"], series["unit"]) == ("dev:orin:-pair-xs-Q8_0-K4/drafting", 4, "tokens/s")
    assert len(series["points"]) == series["comparable"] == 12
    (step,) = series["steps"]
    assert (step["then"], step["now"], step["difference"]) == ("2026-11-05", "2026-11-06", None)
    assert document["unread"] == {"skipped": [], "gone": [], "repeated": [], "not_configspec": 0}


def test_the_csv_has_a_line_a_point(runs: Path, capsys: pytest.CaptureFixture[str]):
    """Under headings; the step is at its point."""
    out, _ = shown(capsys, runs, "--series", "*-K4/drafting", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 12
    assert [row["point"] for row in rows if row["step_ratio"]] == ["2026-11-06"]


def test_a_file_that_cannot_be_read_makes_exit_code_1(runs: Path, capsys: pytest.CaptureFixture[str]):
    """Each time, until it is mended or taken away."""
    (runs / "half.json").write_text('{"benchmarks": [')
    for _ in range(2):
        _, told = shown(capsys, runs, code=1)
        assert "skipped: " in told
        assert "half.json" in told
    (runs / "half.json").unlink()
    shown(capsys, runs)


def test_a_file_that_is_gone_makes_exit_code_1(runs: Path, capsys: pytest.CaptureFixture[str]):
    """Until somebody says that it is meant to be."""
    shown(capsys, runs)
    (runs / "03.json").unlink()
    for words in ((), ("--forget-gone",)):
        _, told = shown(capsys, runs, *words, code=1)
        assert f"gone since it was read: {runs / '03.json'}" in told
    shown(capsys, runs)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--series", "nothing"), "no series is called so"),
        (("--last", "0"), "--last is 0"),
        (("--top", "-1"), "--top is -1"),
        (("none.json",), "no such file or folder"),
        (("--benchmark-storage", "mongo://x"), "only files"),
    ],
)
def test_what_is_asked_wrongly_is_told(runs: Path, capsys: pytest.CaptureFixture[str], words, why):
    """With exit code 2."""
    assert why in shown(capsys, runs, *words, code=2)[1]


def test_a_folder_without_a_run_is_told(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Silence would look like a history without a change."""
    (tmp_path / "empty").mkdir()
    assert "no run of configspec" in shown(capsys, tmp_path / "empty", code=2)[1]


def test_names_from_files_do_not_reach_the_terminal_as_they_are(runs: Path, capsys: pytest.CaptureFixture[str]):
    """A build that calls itself by an escape sequence, a commit by a line end."""
    board = BOARD.__class__(**{**{f: getattr(BOARD, f) for f in BOARD.__slots__}, "llama_cpp_version": "\x1b[31m9"})
    for day in (13, 14, 15):
        write_run(runs / f"{day}.json", day, rows=made_rows(1.2, board), commit="\n##[error]x")
    for form in ("table", "csv", "json"):
        out, told = shown(capsys, runs, "--format", form)
        assert "\x1b" not in out + told
        assert "\n##[" not in out + told


def test_runs_are_kept_once(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """And a store has the history of the folder that it was made of."""
    store = tmp_path / "store"
    out, _ = shown(capsys, "add", store, runs)
    assert len(out.splitlines()) == len(list(store.rglob("*.json.gz"))) == 12
    before = {path: path.read_bytes() for path in store.rglob("*.gz")}
    out, _ = shown(capsys, "add", store, runs / "01.json")
    assert "was kept before, as" in out
    assert before == {path: path.read_bytes() for path in store.rglob("*.gz")}
    assert shown(capsys, store)[0] == shown(capsys, runs)[0]
