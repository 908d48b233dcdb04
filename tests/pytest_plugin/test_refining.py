"""What cannot be told from the best is timed again: in a testbed of known truth, on a made-up clock."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from known_truth import KnownRun, KnownTestbed, Luck
from weighed import exact

from configspec.errors import TestbedError
from configspec.pytest_plugin.refining import APART, FAILED, PROMPTS, SPENT, Known, Refinement, Refining
from configspec.selection.query import Query
from configspec.selection.ranking import RankingRules
from configspec.theory.ids import Cell
from configspec.theory.objectives.registry import objective
from configspec.theory.serving.assumptions import Serving

GOODPUT = objective("goodput")
RULES = RankingRules(resamples=200)
LUCK = Luck(prompts=1000, passes=2, between_passes=0.05, disturbed=0.0)
PASS_S = 60.0


class Board:
    """Times cells of a known testbed again: of the same prompts, with more passes; a pass takes a minute."""

    def __init__(self, seed: int, *, broken: str = "") -> None:
        self.seed, self.broken = seed, broken
        rng = np.random.default_rng(seed)
        self.run = KnownRun(KnownTestbed(rng), rng, LUCK)
        self.now_s = 0.0

    def known(self) -> list[Known]:
        return [(one, Serving()) for one in self.run.configurations()]

    def measure(self, cell: Cell, passes: int) -> Iterable[Known]:
        self.now_s += passes * PASS_S
        if cell.drafter.draft == self.broken:
            raise TestbedError(f"{cell}: the fan stopped")
        return [(one, Serving()) for one in self.run.more(cell, passes)]

    def refine(self, budget_s: float) -> Refinement:
        return Refining(
            "orin",
            GOODPUT,
            self.known(),
            self.measure,
            budget_s=budget_s,
            now_s=lambda: self.now_s,
            rules=RULES,
        ).refine()


def tied(known: list[Known]) -> int:
    (ranking,) = Query(objectives=(GOODPUT,), rules=RULES).answer(known)
    return sum(one.tied_with_best for one in ranking.choices[1:])


def test_more_passes_tell_more_from_the_best() -> None:
    """Summed over some testbeds; it ends where no number of passes would do more."""
    found = [Board(seed).refine(1e9) for seed in range(6)]
    assert sum(one.before for one in found) > sum(one.after for one in found)
    assert {one.ended for one in found} <= {APART, PROMPTS}
    assert sum(sum(one.passes.values()) for one in found) > 0


@pytest.mark.parametrize("budget_s", [1.0, 200.0, 700.0])
def test_no_cell_is_begun_when_the_budget_is_spent(budget_s: float) -> None:
    """So the last one may exceed it, by one pass at most where passes take as long as before."""
    for seed in range(6):
        found = Board(seed).refine(budget_s)
        assert found.seconds < budget_s + PASS_S
        if found.ended == SPENT:
            assert found.seconds >= budget_s


def test_a_budget_of_nothing_times_nothing() -> None:
    """The count before is that after."""
    board = next(board for board in map(Board, range(20)) if board.refine(1e9).passes)
    again = Board(board.seed)
    found = again.refine(0.0)
    assert (found.passes, found.ended, found.before) == ({}, SPENT, found.after)
    assert found.before == tied(again.known())


def test_a_cell_that_cannot_be_timed_is_left_and_told() -> None:
    """The others go on; it is not tried again."""
    board = next(board for board in map(Board, range(20)) if board.refine(1e9).passes)
    name = next(one.cell.drafter.draft for one, _ in board.known() if len(one.pass_samples_s) > LUCK.passes)
    found = Board(board.seed, broken=name).refine(1e9)
    (problem,) = found.problems.values()
    assert problem.endswith("the fan stopped")
    assert not any(f"-{name}-" in cell for cell in found.passes)
    assert found.ended in (FAILED, PROMPTS, APART)


def test_what_is_not_ranked_says_why() -> None:
    """Energy without a meter."""
    known = [(exact("1b", 4, 0.5, 0.4, power_w=None), Serving())]
    by = objective("energy")
    found = Refining("orin", by, known, lambda *_: [], budget_s=1.0, now_s=lambda: 0.0, rules=RULES).refine()
    assert found.ended.startswith("nothing is ranked by energy: ")
    assert found.passes == {}
