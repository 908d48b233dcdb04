"""`configspec explain`: what it says of one configuration, and which one is meant."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import measured_row, raw_row
from weighed import paper_results

from configspec.cli import main
from configspec.records.verification import TimedPass, Verification
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumptions import Serving

PI_5 = ["--device", "rpi5", "--draft", "1b-inst", "--quant", "Q4_K_M", "--k", "6"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def asked(results: Path, capsys: pytest.CaptureFixture[str], *flags: str):
    assert main(["explain", str(results), "--format", "json", *flags]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_parts_of_a_token_add_up(results, capsys):
    """Pi 5, 1B, K=6: 1 / 4.50 s, 1 / 763,000 USD, 0.84 J; the values are those of Table 2."""
    document = asked(results, capsys, *PI_5)
    assert document["configspec"] == 1
    token = document["token"]
    assert token["drafting_s"] + token["going_back_s"] + token["verifying_s"] == pytest.approx(token["total_s"])
    values = {one["objective"]: one["value"] for one in document["values"]}
    assert 1 / token["total_s"] == pytest.approx(values["goodput"])
    assert values["goodput"] == pytest.approx(4.50, abs=0.005)
    assert token["drafting_j"] == pytest.approx(0.84, abs=0.005)
    assert token["waiting_j"] is None
    assert 1 / token["usd"] == pytest.approx(values["cost"])


def test_what_would_help_is_told_for_each_objective(results, capsys):
    """The elasticity of goodput by acceptance is K alpha / y: 3.12 / 4.12."""
    found = asked(results, capsys, *PI_5)["improvements"]
    accepted = {one["objective"]: one for one in found if one["change"] == "acceptance 10 % higher"}
    assert accepted["goodput"]["elasticity"] == pytest.approx(3.12 / 4.12, abs=1e-3)
    assert accepted["goodput"]["times_better"] == pytest.approx(4.432 / 4.120, abs=1e-3)
    assert not [one for one in found if one["change"] == "waiting at half the power"]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_read_where_it_goes(results, capsys, form):
    """Both forms hold the parts, the gains, and from where on it pays."""
    assert main(["explain", str(results), *PI_5, "--format", form]) == 0
    text = capsys.readouterr().out.replace("\\", "")
    assert "yields 4.12 in 916 ms" in text
    assert "goodput gains the most from verification and link in half the time: 6.19 tokens/s" in text
    assert "an acceptance of 13.9% or more (it has 52.0%)" in text
    assert "by cost behind the best, 8b-inst Q4_K_M K=2" in text


def test_slower_is_said_first(results, capsys):
    """The 8B on the Pi 4B: 4.11 tokens in 7.4 s, one by one 2.1 s; no acceptance would do."""
    flags = ["--device", "rpi4b", "--draft", "8b-inst", "--k", "5"]
    assert main(["explain", str(results), *flags]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[1] == (
        "speculation is slower here: a round yields 4.11 tokens in 7,438 ms, and fetching them one by one would take "
        "2,055 ms"
    )
    document = asked(results, capsys, *flags)
    assert document["break_even"]["pays_in_time"] is False
    assert document["break_even"]["least_acceptance"] is None
    assert document["not_ranked"] == {"energy": "the paper prints no power for the Raspberry Pi 4B"}


def test_the_target_alone_is_compared_where_it_was_timed(tmp_path, capsys):
    """3 tokens a round of 0.5 + 1 s; alone at most 0.4 s each: 0.8 times as fast, or less. With assumed times, not."""
    pass_s = Estimate(value=0.4, low=0.36, high=0.44, confidence=0.95, n=9)
    timed = Verification(
        clock="here", passes=(TimedPass(context_tokens=128, requests=1, seconds=pass_s, samples_s=(0.4,)),)
    )
    row = replace(
        measured_row(4, verification=timed),
        serving=Serving(verify_s=1.0, verify="measured", verify_s_by_k=((4, 1.0),)),
    )
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"benchmarks": [raw_row(row)]}), encoding="utf-8")
    assert asked(path, capsys)["times_as_fast_as_target_alone"]["value"] == pytest.approx(0.8)
    assert main(["explain", str(path)]) == 0
    assert "0.80 times as fast as the target alone (0.72 to 0.88) or less" in capsys.readouterr().out
    assert asked(path, capsys, "--verify-s", "1")["times_as_fast_as_target_alone"] is None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--device", "rpi5", "--draft", "1b-inst", "--k", "40"], ["--k is '40'", "Known: 2, 5, 6, 8"]),
        (["--draft", "1b-ins"], ["Did you mean '1b-inst'?"]),
        (["--quant", "Q4"], ["--quant is 'Q4'", "Q4_K_M"]),
        (["--device", "rpi5", "--draft", "1b-inst"], ["4 configurations are meant", "K=5", "--k"]),
        (["--setting", "threads"], ["NAME=VALUE"]),
        (["--setting", "threads=2"], ["'threads'", "no cell has a setting of that name"]),
        (["--device", "rpi6"], ["rpi6"]),
        (["--verify-s", "-1"], ["--verify-s"]),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(results, capsys, flags, words):
    """One message on stderr that names what there is, nothing on stdout."""
    assert main(["explain", str(results), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err for word in words)


def test_the_k_that_are_known_are_listed_in_their_order(results, capsys):
    """Also those that are modelled, which come behind what was measured."""
    assert main(["explain", str(results), "--device", "rpi5", "--draft", "1b-inst", "--fill", "--k", "400"]) == 2
    _, _, listed = capsys.readouterr().err.partition("Known: ")
    known = list(map(int, re.findall(r"\d+", listed.partition(" and ")[0])))
    assert len(known) > 4
    assert known == sorted(known)
