"""Whether the best depends on the serving scheme, in words and for programs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from weighed import QUICK, exact, group_of

from configspec.reporting.decisions_json import decisions_json
from configspec.reporting.decisions_section import decision_section
from configspec.reporting.document import Document
from configspec.reporting.json_document import ranking_json
from configspec.reporting.markdown import as_markdown
from configspec.reporting.rankings_section import ranking_sections
from configspec.reporting.scheme_words import scheme_lines
from configspec.selection.choosing import Decision, decide
from configspec.selection.criterion import Criterion, Way
from configspec.selection.query import Query
from configspec.selection.ranking import Ranking
from configspec.theory.figures import Provenance
from configspec.theory.objectives.registry import objective
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.charges import Prices

LINE = (
    "the best depends on the billing: "
    "with K input + 1 output tokens billed, 1b Q4_K_M K=8 is 86.5% better than 1b Q4_K_M K=1"
)


def ranking(p_in: float = 0.06, provenance: Provenance = "derived") -> Ranking:
    serving = Serving(usd_per_million_tokens=0.6, prices=Prices(usd_per_million_input_tokens=p_in))
    configurations = [exact("1b", 1, 0.9, 0.1), replace(exact("1b", 8, 0.6, 0.8), provenance=provenance)]
    (found,) = Query(objectives=(objective("cost"),), rules=QUICK).answer([(one, serving) for one in configurations])
    return found


def test_a_line_names_the_aspect_the_scheme_and_both():
    """(5.8 / 1.8) / (1.9 / 1.1) is 1.87."""
    assert list(scheme_lines(ranking())) == [LINE]


def test_a_best_that_nobody_measured_is_called_modelled():
    """It is never named without that word."""
    (line,) = scheme_lines(ranking(provenance="modelled"))
    assert "1b Q4_K_M K=8 (modelled) is 86.5% better" in line


def test_what_is_many_times_better_is_no_share():
    """Input for a thousandth: 5.8 / 1.9 times."""
    assert "K=8 is 3.0" in next(scheme_lines(ranking(6e-4)))
    assert "times better than" in next(scheme_lines(ranking(6e-4)))


def test_tables_and_markdown_have_the_line():
    """Among the notes of the ranking."""
    assert LINE in as_markdown(Document(sections=ranking_sections([ranking()], 5, {})))


def test_a_program_has_the_same():
    """With the value under that scheme."""
    assert ranking_json(ranking())["other_bests"] == [
        {
            "aspect": "billing",
            "scheme": "K input + 1 output tokens billed",
            "draft": "1b",
            "quant": "Q4_K_M",
            "settings": {},
            "k": 8,
            "value": pytest.approx(1e6 * 5.8 / (8 * 0.06 + 0.6)),
            "times_better": pytest.approx((5.8 / 1.8) / (1.9 / 1.1)),
            "tied_here": False,
            "provenance": "derived",
        }
    ]


def decision(*objectives: str) -> Decision:
    serving = Serving(usd_per_million_tokens=0.6, prices=Prices(usd_per_million_input_tokens=0.06))
    group = group_of([exact("1b", 1, 0.9, 0.1), exact("1b", 8, 0.6, 0.8)], serving)
    way: Way = "objective" if len(objectives) == 1 else "minimax-regret"
    return decide(group, Criterion(way=way, objectives=tuple(map(objective, objectives))), ())


def test_a_choice_that_is_the_best_of_a_ranking_says_so_too():
    """With the objective: a choice may be by several."""
    assert f"by cost, {LINE}" in as_markdown(Document(sections=(decision_section(decision("cost"), 5),)))
    assert other_bests_json("cost") == [("cost", 8)]


def test_a_choice_by_several_says_it_of_those_by_which_it_is_the_best():
    """K=1 is the best by cost, and loses the less by it; by goodput it is not."""
    assert other_bests_json("cost", "goodput") == [("cost", 8)]
    assert other_bests_json("goodput") == []


def other_bests_json(*objectives: str) -> list[tuple[object, object]]:
    (found,) = json.loads(json.dumps(decisions_json([decision(*objectives)], None)))["decisions"]
    return [(one["objective"], one["k"]) for one in found["other_bests"]]
