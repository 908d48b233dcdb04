"""`configspec conflicts`: the summary, the fronts, and what it does not take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_objective import Silence
from weighed import paper_results

from configspec.cli import main
from configspec.theory.objectives.registry import OBJECTIVES


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def test_json_holds_the_summary_and_every_front(results, capsys):
    """3.80x in goodput on the Pi 4B is the largest; on the Pi 5 with Llama four of six are on the front."""
    assert main(["conflicts", str(results), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["configspec"] == 1
    goodput = [one for one in document["summary"] if one["objective"] == "goodput"]
    worst = max(goodput, key=lambda one: one["worst"])
    assert worst["worst"] == pytest.approx(3.80, abs=0.01)
    assert (worst["worst_winner"]["device"], worst["worst_winner"]["family"]) == ("rpi4b", "qwen3-32b")
    groups = {(one["device"], one["family"]): one for one in document["groups"]}
    front = groups["rpi5", "llama-3.1-70b"]["front"]
    assert front["candidates"] == 6
    assert sum(one["on_front"] for one in front["members"]) == 4
    assert groups["rpi4b", "qwen3-32b"]["unavailable"] == {
        "energy": "the paper prints no power for the Raspberry Pi 4B"
    }


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_read_what_each_best_loses(results, capsys, form):
    """The summary, a line for each objective's best, and the front."""
    flags = ["--device", "rpi5", "--family", "llama*", "--format", form]
    assert main(["conflicts", str(results), *flags]) == 0
    text = capsys.readouterr().out.replace("\\", "")
    assert "the best by cost, 8b-inst Q4_K_M K=2, costs 2.90x in tokens/s, 7.80x in J/token" in text
    assert "the Pareto front: 4 of 6 that nothing beats in all of these" in text


def test_two_objectives_can_be_named(results, capsys):
    """By goodput and cost the 1B at K=5 stays; by goodput and energy all of the 8B is beaten."""
    flags = ["--device", "rpi5", "--family", "llama*", "--format", "json"]
    assert main(["conflicts", str(results), "--objective", "goodput", "--objective", "energy", *flags]) == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert group["front"]["objectives"] == ["goodput", "energy"]
    assert {one["draft"] for one in group["front"]["members"]} == {"1b-inst"}


def test_the_table_says_how_much_it_does_not_show(results, capsys):
    """`--top` cuts fronts."""
    assert main(["conflicts", str(results), "--device", "jetson", "--family", "llama*", "--top", "1"]) == 0
    assert "and 5 more: --top, or --format json" in capsys.readouterr().out


def test_a_fourth_objective_is_in_conflict_too(results, capsys):
    """Without another line."""
    assert main(["conflicts", str(results), "--format", "json", "--device", "jetson"], [*OBJECTIVES, Silence()]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "silence" in {one["objective"] for one in document["summary"]}
    assert all(one["front"]["objectives"][-1] == "silence" for one in document["groups"])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--objective", "goodput"], ["names goodput alone"]),
        (["--objective", "energies"], ["'energies'", "Did you mean 'energy'?"]),
        (["--top", "0"], ["--top"]),
        (["--k", "0"], ["--k"]),
        (["--device", "rpi6"], ["rpi6"]),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(results, capsys, flags, words):
    """One message on stderr, nothing on stdout."""
    assert main(["conflicts", str(results), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err for word in words)
