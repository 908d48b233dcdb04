"""`--fill` of `rank`, `choose`, `conflicts`, `map` and `explain`: what is modelled is called so wherever it wins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import DRAFT, raw_row, replayed_row
from weighed import exact, paper_results

from configspec import Results
from configspec.cli import main
from configspec.errors import UsageError
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.serving.assumptions import Serving

JETSON = ["--device", "jetson", "--family", "llama*"]
OVER = ["--over", "verify_s=0.1..2"]
COMMANDS = {"rank": [], "choose": [], "conflicts": [], "map": OVER}
FIRST = OBJECTIVES[0].name


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's devices, replayed."""
    return paper_results(tmp_path_factory.mktemp("fill") / "results.json")


@pytest.fixture
def results(file: Path) -> Results:
    """The same from Python."""
    return Results.read(file)


def said(file: Path, capsys: pytest.CaptureFixture[str], command: str, *more: str) -> str:
    assert main([command, str(file), *COMMANDS[command], *JETSON, *more]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_are_warned_before_the_table_where_the_best_is_modelled(file, capsys, command, form):
    """The Jetson's best by goodput is K=11, and 8 is the largest that the paper has; without the option it is 8."""
    words = " ".join(said(file, capsys, command, "--fill", "--format", form).split())
    warning = words.index("measure it before you serve it")
    of_group = words.index("jetson, llama-3.1-70b")
    assert of_group < warning < words.index("off by up to")
    assert "K=11" in words[of_group : warning + 300]
    assert "modelled" not in said(file, capsys, command, "--format", form).replace("(modelled:", "")


def test_the_ranking_for_programs_has_the_warning_and_the_best_that_is_not_modelled(file, capsys):
    """With its words, and null where the best was measured or derived."""
    document = json.loads(said(file, capsys, "rank", "--objective", FIRST, "--fill", "--format", "json"))
    (ranking,) = document["rankings"]
    best, warning = ranking["choices"][0], ranking["modelled_best"]
    assert (best["k"], best["provenance"]) == (11, "modelled")
    assert {flag["code"] for flag in best["flags"]} == {"modelled_acceptance", "modelled_round"}
    assert all("left out" in line for line in best["warnings"])
    assert (warning["best_known"]["k"], warning["best_known"]["provenance"]) == (8, "derived")
    assert "measure it" in warning["words"]
    plain = json.loads(said(file, capsys, "rank", "--objective", FIRST, "--format", "json"))
    assert plain["rankings"][0]["modelled_best"] is None
    assert {one["provenance"] for one in plain["rankings"][0]["choices"]} == {"derived"}


@pytest.mark.parametrize(
    ("command", "winner"),
    [
        ("choose", lambda one: one["decisions"][0]["choices"][0]),
        ("conflicts", lambda one: one["groups"][0]["conflicts"][0]["winner"]),
        ("map", lambda one: one["groups"][0]["lines"][0]["present"]),
    ],
)
def test_programs_see_where_each_winner_is_from(file, capsys, command, winner):
    """K=11 is modelled, K=8 derived from the paper."""
    for more, expected in (("--fill",), (11, "modelled")), ((), (8, "derived")):
        found = winner(json.loads(said(file, capsys, command, *more, "--format", "json")))
        assert (found["k"], found["provenance"]) == expected


def test_the_warning_has_the_error_that_the_interval_has_not(tmp_path, capsys):
    """A verification that was measured by K is modelled as well; a price does not depend on it."""
    serving = Serving(verify="measured", verify_s_by_k=((1, 0.2), (2, 0.3), (4, 0.3)))
    rows = [replayed_row(exact("1b", k, 0.9, 0.001 * k, idle_w=1.0), serving) for k in (1, 2, 4)]
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"benchmarks": [raw_row(one) for one in rows]}), encoding="utf-8")
    assert main(["rank", str(file), "--fill"]) == 0
    words = capsys.readouterr().out
    assert "nobody measured the best by goodput, 1b Q4_K_M K=6" in words
    assert words.count("not in that interval") == 1
    assert "verification 0.200 s at K=1 to 0.300 s at K=4 (measured)" in words


def test_only_the_k_that_are_asked_for_are_filled(file, capsys):
    """Of 2, 5, 6 and 8: 3 and 4 from the others, and 5."""
    document = json.loads(said(file, capsys, "rank", "--objective", FIRST, "--fill", "--k", "3..5", "--format", "json"))
    of_1b = {one["k"]: one["provenance"] for one in document["rankings"][0]["choices"] if one["draft"] == "1b-inst"}
    assert of_1b == {3: "modelled", 4: "modelled", 5: "derived"}


@pytest.mark.parametrize(("command", "more"), COMMANDS.items())
def test_where_none_of_the_k_can_be_modelled_the_reason_is_told(file, capsys, command, more):
    """K=200 is too far beyond 8."""
    assert main([command, str(file), *more, *JETSON, "--fill", "--k", "200"]) == 2
    told = capsys.readouterr().err
    assert "K=200: not modelled: no K was measured" in told
    assert "and 1 more" in told


def test_the_nearest_to_limits_that_nothing_meets_is_called_modelled(file, capsys):
    """On the terminal and for programs."""
    assert main(["choose", str(file), *JETSON, "--fill", "--min-goodput", "100"]) == 2
    words = capsys.readouterr()
    assert "the nearest is 1b-inst Q4_K_M K=11 (modelled)" in words.out
    assert "the nearest is 1b-inst Q4_K_M K=11 (modelled)" in words.err


def test_a_fleet_says_which_of_its_choices_are_modelled(file, capsys):
    """In the fleet and alone."""
    assert main(["choose", str(file), "--family", "llama*", "--fill", "--one-for-all", "k", "--top", "1"]) == 0
    words = capsys.readouterr().out
    assert words.index("in the fleet or alone") < words.index("at most")


def test_how_to_serve_what_is_modelled_is_how_its_cell_was_opened(tmp_path, capsys):
    """Threads are of the cell."""
    serving = Serving()
    rows = [replayed_row(exact("1b", k, 0.7, 0.1 * k), serving) for k in (1, 2, 8)]
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"benchmarks": [raw_row(one) for one in rows]}), encoding="utf-8")
    assert main(["rank", str(file), "--fill", "--launch", "--format", "json", "--objective", FIRST]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["launch"][0]["k"] == document["rankings"][0]["choices"][0]["k"]


def test_categories_are_not_filled(file, capsys):
    """Acceptance is modelled over all prompts."""
    assert main(["rank", str(file), "--fill", "--by", "category"]) == 2
    assert "--fill" in capsys.readouterr().err


def test_bytes_of_the_record_give_a_device_its_bandwidth(tmp_path):
    """100 and 200 bytes take 1 and 2 s a token there, so 300 take 3; nothing of the other device's speed is taken."""
    cells = [("orin", "a", 100, 1.0), ("orin", "b", 200, 2.0), ("pi", "a", 100, 9.0), ("pi", "c", 300, 9.0)]
    rows = [
        replace(row, models=replace(row.models, draft=replace(DRAFT, weights_bytes=size, file_sha256=draft * 64)))
        for device, draft, size, token_s in cells
        for k in (2, 4)
        for row in (replayed_row(exact(draft, k, 0.7, token_s * k, device=device), Serving()),)
    ]
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"benchmarks": [raw_row(one) for one in rows]}), encoding="utf-8")
    frame = Results.read(file).to_dataframe("polars", device="orin", k=4, fill=True)
    speeds = dict(zip(frame["draft"], frame["drafting_tokens_per_s"], strict=True))
    assert speeds == pytest.approx({"a": 1.0, "b": 0.5, "c": 1 / 3})


def test_from_python_it_is_the_same(results):
    """Standings name the best that is not modelled; what is no yes or no is refused."""
    (one,) = results.rank(FIRST, device="jetson", family="llama*", fill=True)
    assert (one.best.configuration.k, one.best.provenance) == (11, "modelled")
    assert (one.best_known.configuration.k, one.best_known.provenance) == (8, "derived")
    assert one.best_known in one.places
    (plain,) = results.rank(FIRST, device="jetson", family="llama*")
    assert (plain.best.configuration.k, plain.best_known) == (8, None)
    (picks,) = results.choose(FIRST, device="jetson", family="llama*", fill=True)
    assert (picks.best.configuration.k, picks.best.provenance) == (11, "modelled")
    assert any("left out" in line for line in picks.best.warnings)
    for wrong in ("yes", 1, None):
        with pytest.raises(UsageError, match="fill"):
            results.rank(FIRST, fill=wrong)


EXPLAIN = ["explain", *JETSON, "--draft", "1b-inst", "--fill", "--k"]


def test_a_k_that_nobody_measured_is_explained_as_modelled(file, capsys):
    """On top, with how wrong the model is, and for programs; without the option it is not there."""
    assert main([*EXPLAIN, "11", str(file)]) == 0
    words = capsys.readouterr().out
    assert "modelled, so measure it before you serve it: this configuration, 1b-inst Q4_K_M K=11" in words
    assert "note: acceptance modelled from other K, off by up to " in words
    assert main([*EXPLAIN, "11", str(file), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["k"], found["provenance"]) == (11, "modelled")
    assert any("modelled from other K" in line for line in found["warnings"])
    assert main([*[one for one in EXPLAIN if one != "--fill"], "11", str(file)]) == 2
    assert "--k is '11', and nothing that was measured has it." in capsys.readouterr().err
    assert main([*EXPLAIN, "99", str(file)]) == 2
    assert "and nothing that was measured or can be modelled has it." in capsys.readouterr().err


def test_what_was_measured_is_explained_against_what_is_modelled(file, capsys):
    """The next by goodput, K=11, is called modelled; what is explained is not."""
    assert main([*EXPLAIN, "8", str(file)]) == 0
    words = capsys.readouterr().out
    assert "by goodput behind the best, 1b-inst Q4_K_M K=11" in words
    assert "measure it before you serve it: of these others, 1b-inst Q4_K_M K=11" in words
    assert "this configuration, " not in words
    assert main([*EXPLAIN, "8", str(file), "--format", "json"]) == 0
    rivals = {one["objective"]: one for one in json.loads(capsys.readouterr().out)["rivals"]}
    assert (rivals["goodput"]["k"], rivals["goodput"]["provenance"]) == (11, "modelled")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["plot", "k-curve", "-o", "x.svg"], "A picture shows what was measured"),
        (["report", "-o", "x.html"], "A page holds what was measured"),
        (["rank", "--by", "category"], "--fill models acceptance over all prompts, not by category"),
    ],
)
def test_where_nothing_is_modelled_the_option_is_refused_with_the_reason(
    file, capsys, tmp_path, monkeypatch, line, why
):
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert main([*line, str(file), "--fill"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert list(tmp_path.iterdir()) == []
