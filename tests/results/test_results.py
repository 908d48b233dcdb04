"""Ranking, choosing and comparing from Python: what the commands print, as values."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import assert_type

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import paper_groups, paper_results

from configspec import Results
from configspec.cli import main
from configspec.errors import UsageError
from configspec.results import Loss, Picks, Place, Standings
from configspec.selection.regret import conflicts
from configspec.theory.objectives.registry import OBJECTIVES, usual
from configspec.theory.serving.request import ServedRequest

PI, LLAMA, QWEN = "rpi5", "llama-3.1-70b", "qwen3-32b"
NAMES = tuple(one.name for one in OBJECTIVES)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's devices, replayed."""
    return paper_results(tmp_path_factory.mktemp("results") / "results.json")


@pytest.fixture(scope="module")
def results(file: Path) -> Results:
    return Results.read(file)


def shown(line: str, capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, object]]]:
    """The JSON of a command."""
    assert main([*line.split(), "--format", "json"]) == 0
    document: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return document


def of_list(found: object, *keys: str) -> list[tuple[object, ...]]:
    """These keys of each object of a JSON list."""
    assert isinstance(found, list)
    return [tuple(one[key] for key in keys) for one in found]


@pytest.mark.parametrize(
    ("assumed", "options"),
    [
        ({}, ""),
        ({"verify_s": 0.2, "usd_per_million": 0.59}, "--verify-s 0.2 --usd-per-million 0.59"),
        ({"bills": "drafted+1", "k": "2..6"}, "--bills drafted+1 --k 2..6"),
        (
            {"verify_base_s": 0.05, "verify_token_s": 0.01, "batch": 4, "rtt_ms": 40, "jitter_ms": 5, "mbps_up": 8},
            "--verify-base-s 0.05 --verify-token-s 0.01 --batch 4 --rtt-ms 40 --jitter-ms 5 --mbps-up 8",
        ),
        (
            {"usd_per_million_input": 0.2, "bills": "input+output", "usd_per_kwh": 0.3, "payload": "probabilities"},
            "--usd-per-million-input 0.2 --bills input+output --usd-per-kwh 0.3 --payload probabilities",
        ),
        ({"target_tokens_per_s": 6.9}, "--target-tokens-per-s 6.9"),
        ({"device": "jet*", "family": (LLAMA, QWEN)}, f"--device jet* --family {LLAMA} --family {QWEN}"),
    ],
)
def test_standings_are_those_of_the_command(results, file, assumed, options, capsys):
    """`configspec rank`, value for value and tie for tie, in the same order."""
    theirs = shown(f"rank {file} {options}", capsys)["rankings"]
    ours = results.rank(**assumed)
    assert [(one.device, one.family, one.objective, one.unavailable) for one in ours] == [
        (one["device"], one["family"], one["objective"], one["unavailable"]) for one in theirs
    ]
    for one, other in zip(ours, theirs, strict=True):
        keys = ("rank", "k", "value", "low", "high", "tied_with_best", "best_in", "warnings")
        assert of_list(other["choices"], *keys) == [
            (p.rank, p.configuration.k, p.value, p.low, p.high, p.tied, p.best_in, list(p.warnings)) for p in one.places
        ]
        assert of_list(other["baselines"], "way", "times_better", "shown", "reason") == [
            (w.way, w.times_better, w.shown, w.reason) for w in one.without
        ]
        assert of_list(
            other["to_measure"], "behind", "passes", "rounds", "prompts", "rounds_s", "prompts_s", "why_not"
        ) == [(m.behind, m.passes, m.rounds, m.prompts, m.rounds_s, m.prompts_s, m.why_not) for m in one.to_measure]
        assert of_list(other["untried_k"], "where", "k", "value", "times_better") == [
            (u.where, u.configuration.k, u.value, u.times_better) for u in one.untried
        ]
        assert of_list(other["other_bests"], "aspect", "scheme", "k", "value", "times_better", "tied_here") == [
            (w.aspect, w.scheme, w.configuration.k, w.value, w.times_better, w.tied) for w in one.other_winners
        ]


def test_picks_are_those_of_the_command(results, file, capsys):
    """`configspec choose`, with limits."""
    theirs = shown(f"choose {file} --device {PI} --max-energy 0.8", capsys)["decisions"]
    ours = results.choose(limits={"energy": 0.8}, device=PI)
    for one, other in zip(ours, theirs, strict=True):
        assert of_list(other["choices"], "k", "loss", "tied_with_best", "chosen_in") == [
            (p.configuration.k, p.loss, p.tied, p.chosen_in) for p in one.picks
        ]


def test_losses_are_the_regrets_of_all_groups(results):
    """Each two objectives that both rank something."""
    expected = [regret.times for one in paper_groups() for each in conflicts(one.rankings) for regret in each.regrets]
    assert [one.times_worse for one in results.conflicts()] == pytest.approx(expected)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_price_and_a_time_are_assumed_as_they_are_given(results, verify_s, price):
    """Goodput is y over the time of a round and T; cost is inversely as the price."""
    (goodput, cost) = results.rank(
        ("goodput", "cost"), device=PI, family=LLAMA, k=2, verify_s=verify_s, usd_per_million=price
    )
    by_draft = {one.configuration.draft: one.value for one in goodput.places}
    assert by_draft["1b-inst"] == pytest.approx((2 * 0.7006 + 1) / (2 / 14.44 + verify_s), rel=1e-3)
    assert {one.configuration.draft: one.value * price for one in cost.places}["8b-inst"] == pytest.approx(
        1e6 * (2 * 0.7609 + 1) / 2, rel=1e-3
    )


def test_weights_and_regret_choose_among_objectives(results):
    """All weight on one objective chooses its best; the least regret is between."""
    (by_weight,) = results.choose(weights={"energy": 1}, device=PI, family=LLAMA)
    (by_one,) = results.choose("energy", device=PI, family=LLAMA)
    (between,) = results.choose(("goodput", "energy"), minimax_regret=True, device=PI, family=LLAMA)
    assert by_weight.best.configuration == by_one.best.configuration
    assert between.best.loss <= by_one.best.values[1].times_worse


def test_where_nothing_keeps_the_limits_the_nearest_is_named(results):
    """With what it misses, and by how many times."""
    (picks,) = results.choose("goodput", limits={"goodput": 9.0}, device=PI, family=LLAMA)
    assert (picks.best, picks.picks, picks.nearest.k) == (None, (), 6)
    assert picks.missed == (("goodput", pytest.approx(2.0, rel=1e-3)),)


def test_answers_are_frozen_and_alike_each_time(results, file):
    """The same question to the same file, read twice."""
    (standings,) = results.rank("goodput", device=PI, family=LLAMA)
    assert (standings,) == Results.read(file).rank("goodput", device=PI, family=LLAMA)
    with pytest.raises(FrozenInstanceError):
        standings.best.value = 1.0


def test_answers_have_their_types(results: Results) -> None:
    """As mypy sees them: what a user's editor shows."""
    assert_type(results.rank("goodput"), tuple[Standings, ...])
    assert_type(results.rank("goodput")[0].best, Place | None)
    assert_type(results.choose(), tuple[Picks, ...])
    assert_type(results.conflicts(), tuple[Loss, ...])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"objective": "goodputt"}, "no objective is called 'goodputt'. Did you mean 'goodput'?"),
        ({"objective": ()}, r"objective is (); it takes a name, or several."),
        ({"device": "rpi6"}, "no device matches 'rpi6'. Did you mean 'rpi5'?"),
        ({"family": "\x1b[31m"}, r"no family matches '\x1b[31m'"),
        ({"device": []}, "device is []; it takes a name, or several."),
        ({"device": 5}, "device is 5; it takes a name, or several."),
        ({"k": 3}, "k is 3, and the rows have K 2, 5, 6, 7, 8, 10."),
        ({"k": "2,3"}, "k names K 3, and no row that is asked for has it. They have K 2, 5, 6, 7, 8, 10."),
        ({"k": 0}, "k is [0], but a round drafts at least 1 token."),
        ({"k": "two"}, "k is 'two', and 'two' is not a speculative length."),
        ({"k": 2.0}, "k is [2.0], which is not a speculative length."),
        ({"k": True}, "k is [True], which is not a speculative length."),
        ({"k": range(1, 10**12)}, "configspec measures no K above 256"),
        ({"verify_s": -1}, "verify_s is -1; it takes a number, 1e-09 to 1e+09."),
        ({"verify_s": 0}, "verify_s is 0; it takes a number, 1e-09 to 1e+09."),
        ({"verify_s": float("nan")}, "verify_s is nan; it takes a number"),
        ({"verify_s": "0.5"}, "verify_s is '0.5'; it takes a number"),
        ({"verify_s": 10**400}, "verify_s is 1000"),
        ({"usd_per_million": 0}, "usd_per_million is 0; it takes a number, 1e-09 to 1e+09."),
        ({"bills": "draft"}, "bills is 'draft'. Did you mean 'drafted'?"),
        ({"energy": "all"}, "energy is 'all'. Known: drafting, drafting+waiting."),
        ({"prompt_tokens": -1}, "prompt_tokens is -1; it takes a number, 0 to 1e+07."),
        ({"prompt_tokens": 1.5}, "prompt_tokens is 1.5; it takes a whole number, 0 to 1e+07."),
        ({"new_tokens": 0}, "new_tokens is 0; it takes a number, 1 to 1e+07."),
        ({"new_tokens": True}, "new_tokens is True; it takes a whole number"),
        ({"target_prompt_tokens_per_s": 0}, "target_prompt_tokens_per_s is 0; it takes a number, 1e-09 to 1e+16."),
        ({"rtt_ms": -1}, "rtt_ms is -1; it takes a number, 0 to 60000."),
        ({"usd_per_kwh": float("nan")}, "usd_per_kwh is nan; it takes a number, 1e-09 to 1e+09."),
        ({"payload": ["ids"]}, "payload is ['ids']. Did you mean 'ids'?"),
        ({"bills": "input+output"}, "bills 'input+output', which needs usd_per_million_input."),
        ({"verify_samples": []}, "verify_samples is []; it takes 1 to 10000 numbers."),
        ({"verify_samples": "0.1"}, "verify_samples is '0.1'; it takes 1 to 10000 numbers."),
        ({"verify_samples": [0.1, -1]}, "one of verify_samples is -1; it takes a number, 1e-09 to 1e+09."),
        ({"verify_samples": [0.1], "verify_s": 1}, "verify_s and verify_samples each say how long verification takes."),
        ({"verify_token_s": 1}, "verify_token_s comes on top of verify_base_s"),
        ({"target_tokens_per_s": float("inf")}, "target_tokens_per_s is inf; it takes a number, 1e-09 to 1e+16."),
        ({"verify": 1}, "verify: no such assumption. Did you mean 'verify_s'?"),
    ],
)
def test_what_cannot_be_asked_is_a_mistake_with_what_would_do(results, asked, told):
    """A UsageError, whatever it was; the words of others are made harmless."""
    with pytest.raises(UsageError) as raised:
        results.rank(**asked)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"objective": ("goodput", "cost")}, "one objective is the best by"),
        ({"objective": "cost", "weights": {"goodput": 1}}, "weights name their objectives themselves"),
        ({"minimax_regret": True, "weights": {"goodput": 1}}, "weights name their objectives themselves"),
        ({"weights": {}}, "it takes a name, or several"),
        ({"weights": {"goodput": 0}}, "weights: that of goodput is 0; it takes a number"),
        ({"limits": {"energy": float("inf")}}, "limits: that of energy is inf; it takes a number"),
        ({"limits": {"energie": 1}}, "no objective is called 'energie'. Did you mean 'energy'?"),
    ],
)
def test_wishes_that_contradict_themselves_are_a_mistake(results, asked, told):
    """Before anything is ranked."""
    with pytest.raises(UsageError) as raised:
        results.choose(**asked)
    assert told in str(raised.value)


def test_numbers_of_numpy_are_numbers(results):
    """A service computes with them."""
    numpy = pytest.importorskip("numpy")
    (one,) = results.rank("goodput", device=PI, family=LLAMA, k=numpy.int64(6), verify_s=numpy.float32(0.5))
    assert f"{one.best.value:.2f}" == "4.50"


@pytest.mark.parametrize("by", [one for one in OBJECTIVES if one not in usual()], ids=lambda one: one.name)
def test_a_choice_by_an_objective_that_waits_to_be_named_is_that_of_its_ranking(by, results):
    """The rows are ranked for it; where it has no value, that is told and nothing else."""
    (standings,) = results.rank(by.name, device=PI, family=LLAMA)
    if standings.unavailable is None:
        assert results.choice(PI, LLAMA, by.name).best == standings.places[0].configuration
        return
    with pytest.raises(UsageError, match=f"no objective that could be ranked by '{by.name}' in these results. Known: "):
        results.choice(PI, LLAMA, by.name)


def test_what_a_request_is_can_be_assumed(results):
    """As the options of the command take it; the paper's rows have no prompt's speed, so it changes no value here."""
    (standings,) = results.rank("request_time", device=PI, family=LLAMA, prompt_tokens=7, new_tokens=9)
    assert standings.serving.request == ServedRequest(prompt_tokens=7, new_tokens=9)
