"""The Pareto front: against its definition, on the paper, and what is tied with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_up_objective import Silence
from weighed import exact, group_of, paper_groups, sampled

from configspec.selection.conflict_summary import summarised
from configspec.selection.pareto import Front, front_of, front_places
from configspec.selection.ranking import RankingRules
from configspec.selection.regret import conflicts
from configspec.theory.figures import Estimate
from configspec.theory.objectives.registry import objective, usual

law = settings(deadline=None, max_examples=200)
USUAL = usual()
# Few different numbers: then many are equal.
tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 25)),
    elements=st.one_of(st.integers(1, 4).map(float), st.floats(1, 4)),
)


def dominates(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one <= other).all() and (one < other).any())


@law
@given(tables)
def test_the_front_is_what_its_definition_says(times):
    """Each against each."""
    ones = list(times.T)
    expected = [place for place, one in enumerate(ones) if not any(dominates(other, one) for other in ones)]
    assert front_places(times).tolist() == expected


def known(group_front: Front | None) -> Front:
    assert group_front is not None
    return group_front


def test_the_front_of_the_paper_s_pi_5_has_four():
    """Llama: K=8 of the 1B is beaten by K=6 in all three, and K=5 of the 8B by K=2 of the 1B."""
    (group,) = (one for one in paper_groups() if (one.device, one.family) == ("rpi5", "llama-3.1-70b"))
    front = known(front_of(group, USUAL))
    found = {(one.configuration.draft, one.configuration.k) for one in front.exact}
    assert found == {("1b-inst", 6), ("1b-inst", 5), ("1b-inst", 2), ("8b-inst", 2)}
    assert front.candidates == 6


def test_each_objective_s_best_is_on_the_front():
    """In every group of the paper."""
    for group in paper_groups():
        front = known(front_of(group, USUAL))
        best = {group.by_objective[one.name].choices[0].configuration.id for one in group.rankable}
        assert best <= {one.configuration.id for one in front.exact}
        assert all(min(t) >= 1 for t in (one.times_worse for one in front.members))


def test_the_summary_holds_the_largest_conflicts_of_table_2():
    """3.80x in goodput, 3.24x in cost, 9.33x in energy; the abstract's 2.9x, 2.2x and 7.8x are other groups'."""
    found = summarised(one for group in paper_groups() for one in conflicts(group.rankings))
    worst = {
        name: max((it for it in found if it.objective.name == name), key=lambda it: it.worst)
        for name in ("goodput", "cost", "energy")
    }
    assert [it.worst for it in worst.values()] == pytest.approx([3.80, 3.24, 9.33], abs=0.01)
    assert [it.worst_winner.device for it in worst.values()] == ["rpi4b", "jetson", "rpi5"]
    assert {it.groups for it in found if "energy" in (it.objective.name, it.chosen_for.name)} == {4}
    assert all(1 <= it.median <= it.worst for it in found)


def test_what_is_not_shown_to_be_beaten_is_tied():
    """A twin that is a hair slower is dominated by point, and nothing shows it; one that is twice as slow is no tie."""
    counts = [(10, 20), (10, 26), (10, 31), (10, 22)]
    rounds = [0.9 + 0.02 * place for place in range(11)]
    fast = sampled("fast", 4, counts, rounds)
    twin = sampled("twin", 4, counts, [1.001 * one for one in rounds])
    slow = sampled("slow", 4, counts, [2 * one for one in rounds])
    front = known(front_of(group_of([fast, twin, slow], rules=RankingRules(resamples=300)), USUAL))
    assert [(one.configuration.draft, one.on_front) for one in front.members] == [("fast", True), ("twin", False)]


def test_equal_by_one_objective_is_no_reason_for_a_tie():
    """The same acceptance and K cost the same; who is shown to be slower is beaten all the same."""
    front = known(front_of(group_of([exact("fast", 4, 0.5, 0.5), exact("slow", 4, 0.5, 1.0)]), USUAL))
    assert [one.configuration.draft for one in front.members] == ["fast"]


def test_a_wide_interval_is_a_tie():
    """A bounded figure stands at the end that favours doubt."""
    wide = replace(exact("slow", 4, 0.5, 0.9), round_s=Estimate(value=0.9, low=0.3, high=2.0, confidence=0.95, n=1))
    front = known(front_of(group_of([exact("fast", 4, 0.5, 0.5), wide]), USUAL))
    assert [(one.configuration.draft, one.on_front) for one in front.members] == [("fast", True), ("slow", False)]


def test_equals_are_all_on_the_front():
    """Nothing beats its own twin."""
    front = known(front_of(group_of([exact("a", 4, 0.5, 0.5), exact("b", 4, 0.5, 0.5)]), USUAL))
    assert len(front.exact) == 2


def test_objectives_that_rank_nothing_are_no_part_of_it():
    """Without power there is no energy; without any objective in common there is no front."""
    bare = [exact("a", 4, 0.5, 0.5, power_w=None), exact("b", 2, 0.5, 0.5, power_w=None)]
    front = known(front_of(group_of(bare), USUAL))
    assert [one.name for one in front.objectives] == ["goodput", "cost"]
    silence = Silence()
    none = [exact("a", 1, 0.5, 0.5), exact("b", 2, 0.5, 0.5, power_w=None)]
    both = (silence, objective("energy"))
    assert front_of(group_of(none, objectives=both), both) is None
