"""What cannot be answered, as a person meets it: exit code 2, one message that says what was found, no traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from example_rows import raw_row, whole_row
from weighed import paper_results

from configspec.cli import main
from configspec.records.row import Row
from configspec.theory.serving.assumptions import Serving

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "fixtures" / "recordings" / "records"
QUESTIONS = (
    ("rank",),
    ("choose",),
    ("conflicts",),
    ("map", "--over", "verify_s=0.01..2"),
    ("explain", "--device", "rpi5", "--draft", "1b-inst"),
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The message of a command that ends with 2 and prints nothing."""
    assert main(list(map(str, words))) == 2
    ended = capsys.readouterr()
    assert ended.out == ""
    assert ended.err.startswith("configspec: ")
    return ended.err


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
@pytest.mark.parametrize("option", ["--verify-s", "--usd-per-million", "--usd-per-gpu-hour"])
@pytest.mark.parametrize("value", ["0", "-0.5", "nan", "inf", "1e99", "much"])
def test_a_price_or_a_time_that_cannot_be(results, capsys, words, option, value):
    """Zero, negative, no number, or beyond what arithmetic holds: the option, the value and the range."""
    k = ["--k", "5"] if words[0] == "explain" else []
    told = refused(capsys, words[0], results, *words[1:], *k, f"{option}={value}")
    assert f"{option} is {value}; it takes a number, 1e-09 to 1e+09" in told


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
def test_a_k_outside_of_the_data(results, capsys, words):
    """With the K that there are; beside one that is there, too."""
    for k in ("4",) if words[0] == "explain" else ("4", "2,4", "2..8,4"):
        told = refused(capsys, words[0], results, *words[1:], "--k", k)
        assert "4" in told
        assert "2, 5, 6, " in told


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_limits_that_nothing_meets(results, capsys, form):
    """The answer is on stdout, with what binds; stderr says which is nearest and by how much it misses."""
    line = [
        "choose",
        str(results),
        "--device",
        "rpi5",
        "--family",
        "llama*",
        "--min-goodput",
        "50",
        "--max-energy",
        "9",
    ]
    assert main([*line, "--format", form]) == 2
    out, told = capsys.readouterr()
    assert "it misses goodput of at least 50.0 tokens/s by 11.11x (it has 4.50 tokens/s)" in told
    if form == "json":
        (decision,) = json.loads(out)["decisions"]
        assert [one["times"] for one in decision["nearest"]["missed"]] == pytest.approx([11.11], abs=0.005)
    else:
        assert "it binds: without it 6 would be left" in out


def edited(path: Path, edit: Callable[[dict[str, Any]], object], *, rows: slice = slice(None)) -> Path:
    """The file with some of its rows changed."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for one in document["benchmarks"][rows]:
        edit(one["extra_info"]["configspec"])
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


NAN = {
    "a speed": lambda row: row["drafting"]["tokens_per_s"].update(value=float("nan")),
    "an acceptance": lambda row: row["acceptance"]["rate"].update(low=float("nan")),
    "a verification time": lambda row: row["serving"].update(verify_s=float("nan")),
    "a price": lambda row: row["serving"].update(usd_per_million_tokens=float("nan")),
    "a memory's speed": lambda row: row.update(stated={"memory_bytes_per_s": float("nan"), "weights_bytes": 1}),
}


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
@pytest.mark.parametrize("where", NAN)
def test_nan_in_a_file(results, capsys, where, words):
    """It is no figure: the rest is answered for, with exit code 2; with --strict, or of such rows alone, nothing."""
    k = ["--k", "5"] if words[0] == "explain" else []
    edited(results, NAN[where], rows=slice(1, 2))
    assert main([words[0], str(results), *words[1:], *k]) == 2
    answered = capsys.readouterr()
    assert answered.out
    assert "nan" in answered.err
    assert "1 entry was left out" in answered.err
    assert "nan" in refused(capsys, words[0], results, *words[1:], *k, "--strict")
    edited(results, NAN[where])
    assert "no row is left; 36 entries were left out" in refused(capsys, words[0], results, *words[1:], *k)


@pytest.mark.parametrize("version", [3, 0, -1, "2", None, 10**30])
def test_rows_of_a_version_that_is_not_known(results, capsys, version):
    """Beside known ones they are left out by name; --strict refuses the file; of such rows alone nothing is left."""
    edited(results, lambda row: row.update(version=version), rows=slice(1, 2))
    assert main(["rank", str(results)]) == 2
    told = capsys.readouterr().err
    assert "version" in told
    assert "1 entry was left out" in told
    assert "version" in refused(capsys, "rank", results, "--strict")
    edited(results, lambda row: row.update(version=version))
    assert "no row is left" in refused(capsys, "rank", results)


def test_rows_of_two_known_versions_are_read_together(tmp_path, results, capsys):
    """A file that was begun by an older configspec is no mistake."""
    old = json.loads((RECORDED / "version-1.json").read_text(encoding="utf-8"))
    new = json.loads(results.read_text(encoding="utf-8"))
    both = tmp_path / "both.json"
    both.write_text(json.dumps({**old, "benchmarks": [*old["benchmarks"], *new["benchmarks"]]}), encoding="utf-8")
    assert main(["rank", str(both), "--format", "json", "--strict"]) in (0, 1)
    ended = capsys.readouterr()
    assert ended.err == ""
    assert {"local", "rpi5"} <= {one["device"] for one in json.loads(ended.out)["rankings"]}


@pytest.mark.parametrize("way", ["itself", "a link", "another way"])
def test_an_output_that_would_take_the_place_of_what_is_read(results, tmp_path, capsys, way):
    """The results, the baseline and the history stay as they were, damaged files too."""
    link = tmp_path / "link.svg"
    link.symlink_to(results)
    (tmp_path / "folder").mkdir()
    out = {"itself": results, "a link": link, "another way": tmp_path / "folder" / ".." / results.name}[way]
    other = paper_results(tmp_path / "other.json")
    before = results.read_bytes()
    lines = [
        ["report", results],
        ["report", other, "--baseline", results],
        ["report", other, "--history", results],
        ["export", results, "--format", "csv"],
        *([["plot", "profiles", results]] if out.suffix == ".svg" else []),
    ]
    for line in lines:
        assert "the file that is read. Name another one to write" in refused(capsys, *line, "-o", out)
        assert results.read_bytes() == before
    results.write_bytes(b"{")
    refused(capsys, "report", results, "-o", out)
    assert results.read_bytes() == b"{"


def test_an_output_that_is_a_pipe_is_left_as_it_is(results, capsys, tmp_path):
    """A page, a picture, a table: none of them takes the place of what is no file."""
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    one = ["--device", "rpi5", "--family", "llama*", "--objective", "goodput"]
    for line in (["report"], ["plot", "k-curve", *one], ["export", "--format", "csv"]):
        at = 2 if line[0] == "plot" else 1
        told = refused(capsys, *line[:at], results, *line[at:], "-o", pipe)
        assert "pipe" in told
        assert pipe.is_fifo()


def test_a_setting_that_no_cell_has(results, capsys):
    """Its name is told, and that there is none."""
    line = ["explain", results, "--device", "rpi5", "--draft", "1b-inst", "--k", "5", "--setting", "thread=4"]
    assert "--setting is of 'thread', and no cell has a setting of that name. There is none." in refused(capsys, *line)


def test_a_picture_without_a_name(results, capsys, monkeypatch, tmp_path):
    """An empty name is a slip of a script, and no folder."""
    monkeypatch.chdir(tmp_path)
    assert "empty name" in refused(capsys, "plot", "k-curve", results, "-o", "")


def written(path: Path, *rows: Row) -> Path:
    path.write_text(json.dumps({"benchmarks": [raw_row(row) for row in rows]}), encoding="utf-8")
    return path


@pytest.mark.parametrize("device", ["orin", "other"])
def test_two_families_of_one_name(tmp_path, capsys, device):
    """Rows with another target under the same name, of this device or of another, are not ranked together."""
    first, second = whole_row(1), whole_row(2, device=device)
    assert second.models.target is not None
    target = replace(second.models.target, sha256="b" * 64)
    path = written(tmp_path / "r.json", first, replace(second, models=replace(second.models, target=target)))
    for words in (("rank",), ("choose",), ("conflicts",), ("map", "--over", "rtt_ms=0..9"), ("export", "--format=csv")):
        told = refused(capsys, words[0], path, *words[1:])
        assert "mean different things by family pair: target.sha256" in told


def test_rows_under_several_assumptions_are_told(tmp_path, capsys):
    """The last row's count for all, and whoever states others hears nothing of it."""
    near, far = (replace(whole_row(k), serving=Serving(verify_s=float(k))) for k in (1, 2))
    path = written(tmp_path / "r.json", near, far)
    for words in (("rank",), ("choose",), ("conflicts",)):
        assert main([words[0], str(path)]) == 0
        assert "orin, pair: rows were recorded under 2 assumptions, and the last" in capsys.readouterr().err
        assert main([words[0], str(path), "--verify-s", "0.3"]) == 0
        assert "assumptions" not in capsys.readouterr().err


def test_a_profile_with_two_families_of_one_name(tmp_path, capsys):
    """A key that stands twice in a file is not read as its last."""
    profile = json.loads((ROOT / "fixtures" / "profiles" / "configspec-paper.json").read_text(encoding="utf-8"))
    (name, family), *_ = profile["families"].items()
    text = json.dumps({**deepcopy(profile), "families": {}}).replace(
        '"families": {}', f'"families": {{"{name}": {json.dumps(family)}, "{name}": {json.dumps(family)}}}'
    )
    path = tmp_path / "p.json"
    path.write_text(text, encoding="utf-8")
    table = ROOT / "fixtures" / "recordings" / "importers" / "csv" / "example.csv"
    assert f"the key '{name}' stands twice" in refused(capsys, "import", "csv", table, "-o", path)
