"""No message of the command line is longer than a screen, however much is wrong; what is left out is counted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from example_rows import raw_row, whole_row
from weighed import paper_results

from configspec.cli import main
from configspec.errors import COLUMNS, ROWS, UsageError

SCREEN = 40  # rows of 80 columns
UNKNOWN = [f"nobody-{n}" for n in range(1000)]


def rows(text: str) -> int:
    """Of a terminal of 80 columns."""
    return sum(max(1, -(-len(line) // 80)) for line in text.splitlines())


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A results file of one good row and 10,000 that nobody can read."""
    bad = [
        {"name": f"t{n}", "fullname": f"t.py::t{n}", "extra_info": {"configspec": {"schema": n}}} for n in range(10_000)
    ]
    path = tmp_path / "r.json"
    entries = [raw_row(whole_row(2)), *bad]
    path.write_text(json.dumps({"machine_info": {"node": "h"}, "datetime": "2026-01-01", "benchmarks": entries}))
    return path


@pytest.fixture
def boards(tmp_path: Path, monkeypatch) -> Path:
    """An inventory of 500 boards, each with a tag."""
    monkeypatch.chdir(tmp_path)
    profile = Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json"
    lines = "".join(
        f"  board-{n}: {{replay: {{profile: {profile}, device: rpi5}}, tags: [tag-{n}]}}\n" for n in range(500)
    )
    Path("devices.yaml").write_text(f"devices:\n{lines}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        *(["rank"], ["explain"], ["conflicts"], ["choose", "--objective", "goodput"]),
        ["map", "--over", "verify_s=0.01..2", "--over", "rtt_ms=0..300"],
        ["rank", *(word for name in UNKNOWN for word in ("--device", name))],
        ["rank", *(word for name in UNKNOWN for word in ("--family", name))],
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_rows_that_cannot_be_read_and_names_that_nobody_has(damaged, capsys, words):
    """10,000 of these and 1,000 of those, together."""
    main([words[0], str(damaged), *words[1:]])
    told = capsys.readouterr().err
    assert 0 < rows(told) <= SCREEN
    assert re.search("10,?000 (rows|entries|lines)", told)


@pytest.mark.parametrize(
    "words", [["devices"], ["devices", "setup"], ["models", "push"], ["models", "verify"]], ids=" ".join
)
def test_devices_that_nobody_has(boards, capsys, words):
    """Each is an error, and the first ones are told with what is known."""
    names = UNKNOWN if words[-1] != "verify" else [word for name in UNKNOWN for word in ("--family", name)]
    assert main([*words, *names]) == 2
    told = capsys.readouterr().err
    assert 0 < rows(told) <= SCREEN
    assert "'nobody-0'" in told
    count = re.search(r"and ([0-9,]+) more lines: correct these first", told)
    assert count is not None
    assert int(count[1].replace(",", "")) + len(told.splitlines()) - 1 == 1000


def test_pictures_that_cannot_be_drawn(tmp_path, capsys):
    """A board of the paper has no power: so have a thousand."""
    results = paper_results(tmp_path / "r.json")
    document = json.loads(results.read_text())
    entries = [one for one in document["benchmarks"] if "rpi4b" in one["fullname"]][:1]
    document["benchmarks"] = [
        {**json.loads(json.dumps(one).replace("rpi4b", f"rpi4b-{n}")), "fullname": f"t.py::t{n}"}
        for one in entries
        for n in range(200)
    ]
    results.write_text(json.dumps(document))
    main(["plot", "k-curve", str(results), "--objective", "energy", "-o", str(tmp_path / "x.svg")])
    told = capsys.readouterr().err
    assert 0 < rows(told) <= SCREEN
    assert "and 190 more pictures cannot be drawn" in told


def test_a_message_of_a_few_lines_is_told_whole():
    """And the first line always."""
    assert UsageError("a", "b").on_a_screen == ("a", "b")
    assert UsageError("x" * 5000, "b").on_a_screen[0] == "x" * 5000
    assert UsageError("x" * 5000, "b").on_a_screen[1].startswith("and 1 more line: ")


def test_many_lines_are_counted():
    """As many as the rows have room for."""
    found = UsageError(*("x" * 2 * COLUMNS for _ in range(100))).on_a_screen
    assert len(found) == ROWS // 2 + 1
    assert found[-1].startswith(f"and {100 - ROWS // 2} more lines: ")
