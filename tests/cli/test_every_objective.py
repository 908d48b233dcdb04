"""Each command takes whatever objective is registered, also one that nothing in the package knows."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import raw_row, replayed_row
from made_up_objective import Silence
from weighed import exactly, paper_profile, paper_results

from configspec.cli import main
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES, usual

UNUSUAL = Silence(usual=False)
ALL = (*OBJECTIVES, UNUSUAL)
ONE = ["--device", "jetson", "--family", "llama*"]
CONFIGURATION = [*ONE, "--draft", "1b-inst", "--quant", "Q4_K_M", "--k", "8"]
each = pytest.mark.parametrize("by", ALL, ids=lambda one: one.name)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's Jetson, as if it had been watched while it waits, and its prompts timed."""
    profile = paper_profile()
    timed = (
        replayed_row(replace(one, prompt_tokens_per_s=exactly(200.0)), profile.serving[one.family])
        for one in profile.configurations("jetson", as_name="jetson")
    )
    rows = [replace(row, power=replace(row.power, idle_w=exactly(5.0))) for row in timed]
    out = tmp_path / "results.json"
    out.write_text(json.dumps({"benchmarks": [*map(raw_row, rows)]}), encoding="utf-8")
    return out


def document(capsys: pytest.CaptureFixture[str], *words: str):
    assert main([*words, "--format", "json"], ALL) == 0
    return json.loads(capsys.readouterr().out)


@each
def test_a_ranking(by: Objective, results: Path, capsys):
    """Of every configuration that does not lack it, with an interval about each value, and its baselines."""
    (ranking,) = document(capsys, "rank", str(results), *ONE, "--objective", by.name)["rankings"]
    assert (ranking["objective"], ranking["unit"], ranking["better"]) == (by.name, by.unit, by.better)
    assert ranking["boundary"] == by.boundary
    assert ranking["choices"]
    assert all(one["low"] <= one["value"] <= one["high"] for one in ranking["choices"])
    assert [one["way"] for one in ranking["baselines"]] == ["no speculation", "cloud only", "device only"]


def test_without_a_name_the_usual_ones_are_ranked(results: Path, capsys):
    """Six tables a device are no answer to somebody who asked for none of them."""
    found = document(capsys, "rank", str(results), *ONE)["rankings"]
    assert [one["objective"] for one in found] == ["goodput", "cost", "energy"] == [one.name for one in usual()]


@each
def test_a_choice_and_a_limit(by: Objective, results: Path, capsys):
    """Its flag is made of its name and direction, and takes its unit."""
    least = "max" if by.better == "lower" else "min"
    flag = f"--{least}-{by.name.replace('_', '-')}"
    (chosen,) = document(capsys, "choose", str(results), *ONE, "--objective", by.name)["decisions"]
    best = next(one["value"] for one in chosen["choices"][0]["values"] if one["objective"] == by.name)
    (kept,) = document(capsys, "choose", str(results), *ONE, flag, repr(best))["decisions"]
    assert [one["k"] for one in kept["choices"]] == [chosen["choices"][0]["k"]]


def test_the_least_regret_is_of_the_usual_ones(results: Path, capsys):
    """And of others where they are named."""
    (plain,) = document(capsys, "choose", str(results), *ONE, "--minimax-regret")["decisions"]
    assert plain["criterion"]["objectives"] == [one.name for one in usual()]
    names = ["--objective", "goodput", "--objective", UNUSUAL.name]
    (named,) = document(capsys, "choose", str(results), *ONE, "--minimax-regret", *names)["decisions"]
    assert named["criterion"]["objectives"] == ["goodput", UNUSUAL.name]


@each
def test_a_conflict(by: Objective, results: Path, capsys):
    """With another objective, on one front."""
    other = next(one.name for one in OBJECTIVES if one is not by)
    found = document(capsys, "conflicts", str(results), *ONE, "--objective", other, "--objective", by.name)
    assert found["groups"][0]["front"]["objectives"] == [other, by.name]


@each
def test_a_map(by: Objective, results: Path, capsys):
    """Over the time of verification."""
    found = document(capsys, "map", str(results), *ONE, "--objective", by.name, "--over", "verify_s=0.1..1")
    assert found["objective"] == by.name


@each
def test_an_explanation(by: Objective, results: Path, capsys):
    """Its value, and what would improve it."""
    found = document(capsys, "explain", str(results), *CONFIGURATION, "--objective", by.name)
    assert [one["objective"] for one in found["values"]] == [by.name]
    assert {one["objective"] for one in found["improvements"]} == {by.name}


@each
def test_an_export(by: Objective, results: Path, tmp_path: Path):
    """Without being asked for: a file for other programs holds all there is."""
    out = tmp_path / "out.csv"
    assert main(["export", str(results), "--format", "csv", "-o", str(out)], ALL) == 0
    assert f"\n{by.name},{by.unit},{by.better}," in out.read_text(encoding="utf-8")


@each
def test_a_picture(by: Objective, results: Path, tmp_path: Path):
    """Over K."""
    out = tmp_path / "k.svg"
    assert main(["plot", "k-curve", str(results), *ONE, "--objective", by.name, "-o", str(out)], ALL) == 0
    assert f"{by.heading} over K" in out.read_text(encoding="utf-8")


@each
@pytest.mark.parametrize("kind", ["pareto", "conflicts", "regimes"])
def test_a_picture_beside_another_objective(kind: str, by: Objective, results: Path, tmp_path: Path):
    """What is drawn of several at once."""
    other = next(one.name for one in OBJECTIVES if one is not by)
    names = ["--objective", other, "--objective", by.name]
    assert main(["plot", kind, str(results), *ONE, *names, "-o", f"{tmp_path / 'pictures'}/"], ALL) == 0
    drawn = [one.read_text(encoding="utf-8") for one in (tmp_path / "pictures").iterdir()]
    assert any(by.name in one or by.heading in one for one in drawn)


@each
def test_a_page(by: Objective, results: Path, tmp_path: Path):
    """Its unit stands there, and what its value holds."""
    out = tmp_path / "page.html"
    assert main(["report", str(results), *ONE, "--objective", by.name, "-o", str(out)], ALL) == 0
    text = html.unescape(out.read_text(encoding="utf-8"))
    assert by.unit in text
    assert by.boundary in text


def test_what_an_older_file_does_not_know_is_told(tmp_path: Path, capsys):
    """No prompt was timed, and no wait was watched: a reason, and no value."""
    old = paper_results(tmp_path / "old.json")
    names = ["--objective", "request_time", "--objective", "energy_with_waiting"]
    found = document(capsys, "rank", str(old), *ONE, *names)["rankings"]
    assert [one["choices"] for one in found] == [[], []]
    assert "how fast the device reads a prompt is not known" in found[0]["unavailable"]
    assert found[1]["unavailable"] == "its power while waiting was not measured"


def first_value(capsys: pytest.CaptureFixture[str], *words: str) -> float:
    (ranking,) = document(capsys, "rank", *words, "--objective", "request_time")["rankings"]
    return float(ranking["choices"][0]["value"])


def test_a_request_is_declared_by_options(results: Path, capsys):
    """A token without a prompt: 1 / goodput. One of 400 tokens, at 200 a second: 2 s more; at the target's 50: 8 s."""
    none = ["--prompt-tokens", "0", "--new-tokens", "1"]
    (goodput,) = document(capsys, "rank", str(results), *ONE, "--objective", "goodput")["rankings"]
    token_s = 1 / goodput["choices"][0]["value"]
    assert first_value(capsys, str(results), *ONE, *none) == pytest.approx(token_s)
    asked = ["--prompt-tokens", "400", "--new-tokens", "1"]
    assert first_value(capsys, str(results), *ONE, *asked) == pytest.approx(2 + token_s)
    slow = [*asked, "--target-prompt-tokens-per-s", "50"]
    assert first_value(capsys, str(results), *ONE, *slow) == pytest.approx(8 + token_s)


def test_a_request_that_is_declared_is_recorded(results: Path, capsys):
    """As the file's rows have it; what is not, is as in files that are older than requests."""
    content = json.loads(results.read_text(encoding="utf-8"))
    for one in content["benchmarks"]:
        assert one["extra_info"]["configspec"]["serving"].pop("request")
    results.write_text(json.dumps(content), encoding="utf-8")
    old = first_value(capsys, str(results), *ONE)
    for one in content["benchmarks"]:
        one["extra_info"]["configspec"]["serving"]["request"] = {"prompt_tokens": 512 + 200, "new_tokens": 128}
    results.write_text(json.dumps(content), encoding="utf-8")
    assert first_value(capsys, str(results), *ONE) == pytest.approx(old + 1)


@pytest.mark.parametrize(
    "request_", [{"new_tokens": 0}, {"prompt_tokens": -1}, {"prompt_tokens": "many"}, {"new_tokens": 10**30}, []]
)
def test_a_request_that_nobody_asks_is_no_record(request_: object, results: Path, capsys):
    """Refused where it is read, with its place."""
    content = json.loads(results.read_text(encoding="utf-8"))
    for one in content["benchmarks"]:
        one["extra_info"]["configspec"]["serving"]["request"] = request_
    results.write_text(json.dumps(content), encoding="utf-8")
    assert main(["rank", str(results)], ALL) == 2
    assert "no row is left" in capsys.readouterr().err


def test_a_request_is_told_where_it_matters(results: Path, capsys):
    """How long it is, and what is taken for the target; with no other objective."""
    assert main(["rank", str(results), *ONE, "--objective", "request_time"], ALL) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "a request of 512 prompt and 128 new tokens" in told
    assert "no slower than the device" in told
    assert main(["rank", str(results), *ONE], ALL) == 0
    assert "a request of" not in capsys.readouterr().out
