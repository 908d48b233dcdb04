"""Rankings as table, Markdown and JSON: the same figures, nothing lost, nothing that breaks a reader."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import configspec.reporting.rankings as rankings_module
from configspec.records.profile_file import read_profile
from configspec.records.row import Row
from configspec.reporting.rankings import as_json, as_markdown, as_text, figure
from configspec.selection.query import Query, answer
from configspec.theory.decoding import Decoding
from configspec.theory.serving.assumptions import Serving

PROFILE = Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json"


@pytest.fixture(scope="module")
def rows():
    profile = read_profile(PROFILE)
    return [
        Row(configuration=one, serving=profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]


def test_the_json_form_has_the_promised_keys(rows):
    """Scripts read exactly these."""
    document = as_json(answer(rows, Query()), Serving())
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert set(document) == {"configspec", "serving", "rankings"}
    assert document["serving"] == {"verify_s": 0.5, "usd_per_million_tokens": 0.9, "bills": "drafted"}
    for ranking in document["rankings"]:
        assert {"device", "family", "objective", "unit", "better", "unavailable", "choices"} <= set(ranking)
        for choice in ranking["choices"]:
            assert set(choice) == {
                *("rank", "draft", "quant", "k", "value", "low", "high"),
                *("tied_with_best", "provenance", "warnings"),
            }
            assert choice["low"] <= choice["value"] <= choice["high"]


def test_an_objective_that_cannot_be_computed_says_why_everywhere(rows):
    """The paper has no power for the Pi 4B: no zero, no empty table."""
    asked = answer([row for row in rows if row.configuration.device == "rpi4b"], Query(objectives=("energy",)))
    assert all(one.unavailable for one in asked)
    reason = str(asked[0].unavailable)
    assert f"not available: {reason}" in as_text(asked, top=5, width=1000)
    assert reason in as_markdown(asked, top=5)
    assert as_json(asked, Serving())["rankings"][0]["choices"] == []


def test_a_question_changes_the_assumptions_and_not_the_rows(rows):
    """Twice the price halves the tokens per dollar of every choice; goodput is untouched."""
    plain = {one.device + one.family + one.objective: one for one in answer(rows, Query(usd_per_million_tokens=1.0))}
    for one in answer(rows, Query(usd_per_million_tokens=2.0)):
        before = plain[one.device + one.family + one.objective]
        factor = 0.5 if one.objective == "cost" else 1.0
        assert [c.value for c in one.choices] == pytest.approx([factor * c.value for c in before.choices])


def test_the_conflict_line_says_what_the_choice_costs(rows):
    """Table 2, Pi 5, Llama: the goodput winner (0.84 J/token) costs 1.75 times the energy winner (0.48)."""
    text = as_text(answer([row for row in rows if row.configuration.device == "rpi5"], Query()), top=3)
    (line,) = [one for one in text.splitlines() if "1b-inst Q4_K_M K=6, the best for goodput" in one]
    assert "drafting energy 1.75 times worse" in line


def test_markdown_escapes_what_would_break_a_table(rows):
    """A device or draft may carry any letter that its inventory allows; notes may hold bars and tags."""
    text = as_markdown(answer(rows, Query()), top=2)
    for line in text.splitlines():
        if line.startswith("|") and "---" not in line:
            assert line.count("|") - line.count("\\|") == 8


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_a_figure_has_three_digits_and_no_exponent(value):
    """Whatever its size, and it stays within half a unit of the third digit."""
    text = figure(value)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_the_examples_in_the_docstrings_hold():
    """They are shown to readers."""
    assert doctest.testmod(rankings_module).failed == 0


def test_a_ranking_says_which_acceptance_rule_it_assumes(rows):
    """In the table, in Markdown and in the JSON; nothing is said of the paper, which does not say."""
    decoding = Decoding(temperature=0.8, top_k=20, top_p=0.95, rule="rejection")
    sampled = [
        replace(row, configuration=replace(it, acceptance=replace(it.acceptance, decoding=decoding)))
        for row in rows
        for it in [row.configuration]
    ]
    ranked = answer(sampled, Query(objectives=("goodput",)))
    words = "temperature 0.8, top-k 20, top-p 0.95, rejection"
    assert words in as_text(ranked, top=1)
    assert words in as_markdown(ranked, top=1)
    assert {one["acceptance_rule"] for one in as_json(ranked, Serving())["rankings"]} == {"rejection"}
    unsaid = answer(rows, Query(objectives=("goodput",)))
    assert {one["acceptance_rule"] for one in as_json(unsaid, Serving())["rankings"]} == {None}
