"""The rankings, and all of a run, as text, Markdown and JSON: the same figures, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from example_rows import DECODED, measured_row, replayed_row
from made_up_objective import Silence

from configspec.records.acceptance import AgreementCheck
from configspec.records.power import Power
from configspec.records.profile_file import read_profile
from configspec.records.row import Row
from configspec.records.verification import TimedPass, Verification
from configspec.reporting.json_document import as_json
from configspec.reporting.markdown import as_markdown
from configspec.reporting.prediction_section import prediction_reports
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.reporting.run_document import ranking_document, run_report
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import Serving

PROFILE = Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The paper's."""
    profile = read_profile(PROFILE)
    return [
        replayed_row(one, profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]


def answered(rows: Sequence[Row], query: Query = Query()) -> tuple[Ranking, ...]:  # noqa: B008 (frozen)
    return query.answer(rows_to_rank(rows))


def plain(rankings: Sequence[Ranking]) -> dict[str, Any]:
    """The JSON, as a script reads it."""
    document: dict[str, Any] = json.loads(json.dumps(as_json(rankings, Serving(), {}), allow_nan=False))
    return document


def swept_rows() -> list[Row]:
    """One draft at one K under two settings of threads, 4 of them twice as fast."""
    slow, fast = measured_row(2), measured_row(2)
    half = Estimate(value=0.25, low=0.2, high=0.3, confidence=0.95, n=9)
    rate = Estimate(value=8.0, low=2 / 0.3, high=10.0, confidence=0.95, n=9)
    return [
        replace(slow, settings={"threads": "2"}),
        replace(fast, settings={"threads": "4"}, drafting=replace(fast.drafting, round_s=half, tokens_per_s=rate)),
    ]


def test_a_setting_that_varies_is_a_column_and_a_key() -> None:
    """Its configurations are ranked against each other, and the better value comes first."""
    rankings = answered(swept_rows())
    choices = plain(rankings)["rankings"][0]["choices"]
    assert [choice["settings"] for choice in choices] == [{"threads": "4"}, {"threads": "2"}]
    lines = as_text(ranking_document(rankings, 10)).splitlines()
    head = next(line.split() for line in lines if line.startswith("rank"))
    assert head[:5] == ["rank", "draft", "quant", "threads", "K"]
    rows = [line.split() for line in lines if line.split()[:1] in (["1"], ["2"])]
    assert [row[1:5] for row in rows[:2]] == [["xs", "Q8_0", "4", "2"], ["xs", "Q8_0", "2", "2"]]


def test_the_json_form_has_the_promised_keys(rows: list[Row]) -> None:
    """Scripts read exactly these."""
    document = plain(answered(rows))
    assert set(document) == {"configspec", "serving", "rankings"}
    assert document["configspec"] == 1
    assert document["serving"] == {
        **{"verify_s": 0.5, "usd_per_million_tokens": 0.9, "bills": "drafted"},
        "energy_boundary": "drafting",
    }
    for ranking in document["rankings"]:
        assert {"device", "family", "objective", "unit", "better", "unavailable", "choices"} <= set(ranking)
        assert "power_kind" in ranking
        for choice in ranking["choices"]:
            assert set(choice) == {
                *("rank", "draft", "quant", "settings", "k", "value", "low", "high"),
                *("tied_with_best", "best_in", "provenance", "warnings", "flags"),
            }
            assert choice["low"] <= choice["value"] <= choice["high"]


def test_powers_of_two_kinds_are_two_rankings_and_say_of_which() -> None:
    """Watts of a module and watts at the plug do not compare: each heading, and the JSON, names its kind."""
    watts = Estimate(value=5.0, low=4.9, high=5.1, confidence=0.95, n=100)
    powers = [
        Power(watts=watts, reason=None, provenance="measured", boundary=boundary) for boundary in ("module", "wall")
    ]
    rows = [replace(measured_row(k), power=power) for k, power in zip((2, 4), powers, strict=True)]
    rankings = answered(rows, Query(objectives=[objective("energy"), objective("goodput")]))
    kinds = [(one["objective"], one["power_kind"], len(one["choices"])) for one in plain(rankings)["rankings"]]
    assert kinds == [("energy", "module, measured", 1), ("energy", "wall, measured", 1), ("goodput", None, 2)]
    text = as_text(ranking_document(rankings, 5))
    assert "energy of the device, J/token (lower is better): module, measured\n" in text
    assert "energy of the device, J/token (lower is better): wall, measured\n" in text


def test_measured_times_of_verification_are_in_the_json() -> None:
    """For each K; of declared ones there is nothing but the figure."""
    serving = Serving(verify="measured", verify_s_by_k=((4, 0.3),))
    (ranking, *_) = plain(answered([replace(measured_row(4), serving=serving)]))["rankings"]
    assert (ranking["serving"]["verify"], ranking["serving"]["verify_s_by_k"]) == ("measured", [[4, 0.3]])


def test_a_flag_is_a_sentence_for_people_and_a_code_for_programs() -> None:
    """In the table's notes by rank, in the JSON beside each choice."""
    rankings = answered([measured_row(2), replace(measured_row(4), flags=(flag("other_tokens", rounds=2),))])
    sentence = "the device drafted other tokens in 2 rounds: its arithmetic is not deterministic"
    (place,) = [choice.rank for choice in rankings[0].choices if choice.configuration.k == 4]
    assert f"  note on {place}: {sentence}\n" in as_text(ranking_document(rankings, top=5))
    choice = plain(rankings)["rankings"][0]["choices"][place - 1]
    assert choice["warnings"] == [sentence]
    assert choice["flags"] == [{"code": "other_tokens", "part": "profile", "numbers": {"rounds": 2}}]


def test_an_objective_that_cannot_be_computed_says_why_everywhere(rows: list[Row]) -> None:
    """The paper has no power for the Pi 4B: no zero, no empty table."""
    of_the_pi = [row for row in rows if row.device == "rpi4b"]
    rankings = answered(of_the_pi, Query(objectives=[objective("energy")]))
    assert all(one.unavailable for one in rankings)
    reason = f"not available: {rankings[0].unavailable}"
    document = ranking_document(rankings, top=5)
    assert reason in as_text(document)
    assert reason in as_markdown(document)
    assert plain(rankings)["rankings"][0]["choices"] == []


def test_a_question_changes_the_assumptions_and_not_the_rows(rows: list[Row]) -> None:
    """Twice the price halves the tokens per dollar of every choice; goodput is untouched."""
    cheap = answered(rows, Query(assumed=Assumed(usd_per_million_tokens=1.0)))
    for one, before in zip(answered(rows, Query(assumed=Assumed(usd_per_million_tokens=2.0))), cheap, strict=True):
        factor = 0.5 if one.objective.name == "cost" else 1.0
        assert [c.value for c in one.choices] == pytest.approx([factor * c.value for c in before.choices])


def test_what_is_assumed_heads_the_rankings(rows: list[Row]) -> None:
    """Per round and per million tokens."""
    assert as_text(ranking_document(answered(rows[:1]), top=1)).splitlines()[0] == (
        "rpi4b, llama-3.1-70b: verification 0.5 s per round, 0.9 USD per million tokens, K tokens billed per round"
    )
    billed = as_text(ranking_document(answered(rows[:1], Query(assumed=Assumed(bills="drafted+1"))), top=1))
    assert "K + 1 tokens billed per round\n" in billed
    waiting = as_text(
        ranking_document(answered(rows[:1], Query(assumed=Assumed(energy_boundary="drafting+waiting"))), top=1)
    )
    assert "K tokens billed per round, energy of drafting and waiting\n" in waiting


def test_each_winner_is_told_what_it_costs(rows: list[Row]) -> None:
    """Table 2, Pi 5, Llama: the goodput winner costs 1401/763 in tokens/$ and 0.84/0.48 in energy."""
    of_the_pi = [row for row in rows if (row.device, row.family) == ("rpi5", "llama-3.1-70b")]
    text = as_text(ranking_document(answered(of_the_pi), top=3))
    assert [line for line in text.splitlines() if line.startswith("picking")] == [
        "picking the goodput winner 1b-inst Q4_K_M K=6 costs 1.84x in tokens/$, 1.75x in J/token",
        "picking the cost winner 8b-inst Q4_K_M K=2 costs 2.90x in tokens/s, 7.80x in J/token",
        "picking the energy winner 1b-inst Q4_K_M K=2 costs 1.20x in tokens/s, 1.05x in tokens/$",
    ]


def test_what_is_tied_beyond_the_table_is_counted() -> None:
    """Five equal ones, of which two are shown."""
    twins = [replace(measured_row(4), draft=name) for name in "abcde"]
    text = as_text(ranking_document(answered(twins, Query(objectives=OBJECTIVES[:1])), top=2))
    assert "  3 more of 5 configurations are statistically tied with the best\n" in text


def test_a_ranking_says_which_acceptance_rule_it_assumes(rows: list[Row]) -> None:
    """In the table, in Markdown and in the JSON; nothing is said of the paper, which does not say."""
    decoding = Decoding(temperature=0.8, top_k=20, top_p=0.95, rule="rejection")
    sampled = answered([replace(row, acceptance=replace(row.acceptance, decoding=decoding)) for row in rows])
    words = "temperature 0.8, top-k 20, top-p 0.95, rejection"
    assert words in as_text(ranking_document(sampled, top=1))
    assert words in as_markdown(ranking_document(sampled, top=1))
    assert {one["acceptance_rule"] for one in plain(sampled)["rankings"]} == {"rejection"}
    assert {one["acceptance_rule"] for one in plain(answered(rows))["rankings"]} == {None}


def test_a_fourth_objective_is_in_every_form(rows: list[Row]) -> None:
    """Its heading, its unit and its direction; what its winner costs, and what others cost by it."""
    rankings = answered(rows[:6], Query(objectives=[*OBJECTIVES, Silence()]))
    document = ranking_document(rankings, top=3)
    for text in (as_text(document), as_markdown(document)):
        assert "waiting for the verifier, s/token (lower is better)" in text
        assert "picking the silence winner" in text
        assert "x in s/token" in text
    (one,) = [one for one in plain(rankings)["rankings"] if one["objective"] == "silence"]
    assert (one["unit"], one["better"], one["choices"][0]["rank"]) == ("s/token", "lower", 1)


def test_a_run_has_a_section_for_everything_that_was_measured() -> None:
    """What to run before all else, and rankings always; the others where there is something to say."""
    figure = Estimate(value=0.1, low=0.1, high=0.1, confidence=0.95, n=9)
    timed = Verification(
        clock="here", passes=(TimedPass(context_tokens=8, requests=1, seconds=figure, samples_s=(0.1,)),)
    )
    check = AgreementCheck(prompts=1, positions=9, differ=1, beyond_ties=1, largest_gap=2.0, near_tie=0.05, context=512)
    row = measured_row(2, verification=timed, end_to_end=DECODED)
    whole = run_report([replace(row, acceptance=replace(row.acceptance, check=check))], top=5).whole
    assert [section.heading for section in whole.sections] == [
        "what to run",
        "profiles",
        "rankings",
        "verification",
        "acceptance on the devices",
        "prediction against real decoding",
        "to serve what was chosen",
    ]
    assert [section.heading for section in run_report([measured_row(2)], top=5).whole.sections] == [
        "what to run",
        "profiles",
        "rankings",
        "to serve what was chosen",
    ]
    assert "1 exceeds rounding" in as_text(whole)


def test_a_files_predictions_follow_its_rankings() -> None:
    """Where something was decoded for real."""
    rows = [measured_row(2, end_to_end=DECODED)]
    document = ranking_document(answered(rows), 5, prediction_reports(rows))
    assert [section.heading for section in document.sections] == ["board, pair", "prediction against real decoding"]
