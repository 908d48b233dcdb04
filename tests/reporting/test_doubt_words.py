"""What is said below a ranking of what to measure."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from weighed import QUICK, exact, sampled

from configspec.reporting.doubt_words import doubt_json, doubt_lines
from configspec.reporting.figure_words import duration
from configspec.selection.rankings import rank
from configspec.theory.objectives.registry import objective
from configspec.theory.serving.assumptions import Serving

EDGE = [exact("1b", k, 0.95, 0.02 * k) for k in (2, 4, 8)]


def test_a_best_at_the_edge_names_the_k_to_try_in_words_and_for_programs() -> None:
    """Which edge, which K, what is modelled, how far off the model is."""
    ranking = rank(EDGE, objective("goodput"), Serving(), rng=np.random.default_rng(1), rules=QUICK)
    (line,) = doubt_lines(ranking)
    assert line.startswith("the best, K=8, is the largest K that was measured: try 1b Q4_K_M K=16 (modelled: ")
    assert "better; the model misses measured K by up to " in line
    (found,) = json.loads(json.dumps(doubt_json(ranking)))["untried_k"]
    assert (found["where"], found["k"], found["provenance"]) == ("above", 16, "modelled")
    assert found["times_better"] > 1


def test_a_cell_of_one_k_is_at_one_edge_in_words() -> None:
    """Its K is the largest and the smallest that was measured, which is said once, with the K to try at either side."""
    ranking = rank(EDGE[1:2], objective("goodput"), Serving(), rng=np.random.default_rng(1), rules=QUICK)
    (line,) = doubt_lines(ranking)
    assert line.startswith("only K=4 was measured: try 1b Q4_K_M K=8 (modelled: ")
    assert " or 1b Q4_K_M K=3 (modelled: " in line


def test_what_to_measure_next_is_said_with_its_cost() -> None:
    """Two drafts whose prompts differ by far: more of them, and for whom; a program gets the same."""
    few = [(10, 30), (10, 12), (10, 25), (10, 20)] * 2
    drafts = [sampled("1b", 4, few, [0.5] * 6), sampled("3b", 4, few[::-1], [0.7] * 6)]
    ranking = rank(drafts, objective("goodput"), Serving(), rng=np.random.default_rng(1), rules=QUICK)
    (found,) = json.loads(json.dumps(doubt_json(ranking)))["to_measure"]
    assert found["prompts"] > 0
    assert (found["prompts_s"], found["prompts_reason"]) == (
        None,
        "what the target takes to write after a prompt was not recorded",
    )
    line = next(line for line in doubt_lines(ranking) if line.startswith("what to measure next"))
    assert f"to tell 3b Q4_K_M K=4 from the best: {found['prompts']} more prompts for 3b Q4_K_M and 1b Q4_K_M" in line
    assert line.endswith("behind")


def test_what_more_prompts_take_the_target_is_said_where_it_was_recorded() -> None:
    """Without the reason why not."""
    few = [(10, 30), (10, 12), (10, 25), (10, 20)] * 2
    drafts = [sampled("1b", 4, few, [0.5] * 6), sampled("3b", 4, few[::-1], [0.7] * 6)]
    drafts = [replace(one, acceptance=replace(one.acceptance, prompt_s=30.0)) for one in drafts]
    ranking = rank(drafts, objective("goodput"), Serving(), rng=np.random.default_rng(1), rules=QUICK)
    (found,) = json.loads(json.dumps(doubt_json(ranking)))["to_measure"]
    assert (found["prompts_s"], found["prompts_reason"]) == (30.0 * found["prompts"], None)
    line = next(line for line in doubt_lines(ranking) if line.startswith("what to measure next"))
    assert f" (the target writes {duration(30.0 * found['prompts'])}), if it stays" in line
