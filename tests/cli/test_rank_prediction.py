"""`configspec rank` shows again how wrong the predictions were, where rows were decoded for real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import DECODED, raw_row, replayed_row

from configspec.cli import main
from configspec.records.profile_file import read_profile

ROOT = Path(__file__).parents[2]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One board of the paper, its first configuration decoded for real."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [replayed_row(one, profile.serving[one.family]) for one in profile.configurations("rpi5", as_name="rpi5")]
    benchmarks = [raw_row(row) for row in (*rows, replace(rows[0], end_to_end=DECODED))]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": benchmarks}), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_rankings_end_with_the_prediction(results, capsys, form):
    """5 predicted, 4 measured: 25 % off."""
    assert main(["rank", str(results), "--format", form]) == 0
    assert "prediction error of 1 configuration: median 25.0%" in capsys.readouterr().out


def test_the_json_holds_it_too(results, capsys):
    """Beside the rankings, which are as without it."""
    assert main(["rank", str(results), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["prediction"][0]["median_error"] == pytest.approx(0.25)
    assert document["rankings"]
