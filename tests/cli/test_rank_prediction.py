"""`configspec rank` shows again how wrong the predictions were, where rows were decoded for real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from configspec.cli import main
from configspec.model.prediction import RoundCost
from configspec.records.end_to_end import EndToEnd
from configspec.records.profile_file import read_profile
from configspec.records.record import KEY, Row, to_record

ROOT = Path(__file__).parents[2]
DECODED = EndToEnd(
    goodput_tokens_per_s=4.0,
    goodput_by_repeat_tokens_per_s=(4.0,),
    repeats_s=(25.0,),
    predicted_goodput_tokens_per_s=5.0,
    tokens=100,
    rounds=40,
    drafted=80,
    accepted=60,
    catch_ups=10,
    predicted_rounds=40.0,
    predicted_catch_ups=10.0,
    drafting_s=10.0,
    link_s=1.0,
    verification_s=13.0,
    bookkeeping_s=1.0,
    total_s=25.0,
    cost=RoundCost(round_s=0.2, catch_up_s=0.01, verify_s=0.3, exchange_s=0.02),
    prompts=("p",),
    new_tokens=100,
    rule="match-greedy-draft",
    output="equal",
    link=None,
    energy_reason="no meter",
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One board of the paper, its first configuration decoded for real."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [
        Row(configuration=one, serving=profile.serving[one.family])
        for one in profile.configurations("rpi5", as_name="rpi5")
    ]
    benchmarks = [
        {"name": str(place), "extra_info": {KEY: to_record(row)}}
        for place, row in enumerate([*rows, replace(rows[0], end_to_end=DECODED)])
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": benchmarks}), encoding="utf-8")
    return path


def test_the_table_ends_with_the_prediction(results, capsys):
    """5 predicted, 4 measured: 25 % off."""
    assert main(["rank", str(results)]) == 0
    assert "prediction error of 1 configurations: median 25.0%" in capsys.readouterr().out


def test_the_json_holds_it_too(results, capsys):
    """Beside the rankings, which are as without it."""
    assert main(["rank", str(results), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["prediction"][0]["median_error"] == pytest.approx(0.25)
    assert document["rankings"]
