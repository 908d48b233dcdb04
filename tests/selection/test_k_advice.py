"""Which K to try that was not measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from weighed import exact

from configspec.selection.k_advice import UntriedK, untried_ks
from configspec.selection.unmeasured_k import accepted_of
from configspec.theory.ids import MAX_K
from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.registry import objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

SERVING = Serving()
GOODPUT, COST = objective("goodput"), objective("cost")


def at(k: int, accepted: float, round_s: float) -> Configuration:
    """K with as many accepted tokens of a round, drafted in so many seconds."""
    return exact("1b", k, accepted / k, round_s, power_w=None)


def cell(ks: list[int], chance: float, token_s: float) -> list[Configuration]:
    """A cell whose acceptance and rounds follow the model, the best goodput first."""
    found = [at(k, accepted_of(chance, k), token_s * k) for k in ks]
    return sorted(found, key=lambda one: -objective_value(GOODPUT, one, SERVING))


def by_where(in_order: list[Configuration], indifference: float = 0.02) -> dict[str, UntriedK]:
    return {one.where: one for one in untried_ks(in_order, GOODPUT, SERVING, indifference=indifference)}


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True), st.floats(0, 1), st.floats(0.001, 2))
def test_an_edge_names_a_k_beyond_it(ks: list[int], chance: float, token_s: float) -> None:
    """A best at the largest K names a larger one, at the smallest a smaller one, and within none."""
    in_order = cell(ks, chance, token_s)
    found, best = by_where(in_order), in_order[0].k
    assert ("above" in found) == (best == max(ks))
    assert ("below" in found) == (best == min(ks) and best > 1)
    if "above" in found:
        assert max(ks) < found["above"].configuration.k <= 2 * max(ks)
    if "below" in found:
        assert 1 <= found["below"].configuration.k < min(ks)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5, unique=True), st.floats(0, 1), st.floats(0.001, 2))
def test_a_k_between_is_named_where_the_curve_is_better_there(ks: list[int], chance: float, token_s: float) -> None:
    """By more than the indifference, of any K between; it is none that was measured."""
    in_order = cell(ks, chance, token_s)
    best = objective_value(GOODPUT, in_order[0], SERVING)
    inner = [k for k in range(min(ks), max(ks)) if k not in ks]
    values = [objective_value(GOODPUT, at(k, accepted_of(chance, k), token_s * k), SERVING) for k in inner]
    times = max(values, default=0.0) / best
    found = by_where(in_order).get("between")
    if abs(times - 1.02) > 1e-6:
        assert (found is not None) == (times > 1.02)
    if found is not None:
        assert found.configuration.k not in ks
        assert found.times_better == pytest.approx(times)
        assert found.configuration.provenance == "modelled"


def test_a_best_at_10_of_1_to_10_names_the_peak_behind_it() -> None:
    """A chance of 95 % and 20 ms a token with 0.5 s of verification: goodput peaks at K=26, and 20 is the farthest."""
    found = by_where(cell(list(range(1, 11)), 0.95, 0.02))
    assert found.keys() == {"above"}
    assert found["above"].configuration.k == 20
    assert found["above"].times_better > 1.1
    assert found["above"].error == pytest.approx(0, abs=1e-6)


def test_a_curve_that_falls_behind_the_edge_names_the_next_k_as_worse() -> None:
    """It is at the edge, so it says so all the same."""
    found = by_where(cell([1, 2], 0.5, 0.09))
    assert found["above"].configuration.k == 3
    assert found["above"].times_better == pytest.approx((1.875 / 0.77) / (1.75 / 0.68))


def test_what_the_modelled_k_lacks_is_not_tried() -> None:
    """Energy without a meter has no value there either; cost has one."""
    in_order = sorted(cell([2, 4], 0.5, 0.1), key=lambda one: one.k)
    assert [one.where for one in untried_ks(in_order, COST, SERVING, indifference=0.02)] == ["below"]
    assert in_order[0].power_w is None


def test_no_k_above_what_can_be_measured_is_named() -> None:
    """At 256 there is no larger one."""
    assert "above" not in by_where([at(MAX_K, MAX_K * 0.99, 0.1)])


def test_what_was_modelled_itself_is_no_curve() -> None:
    """A ranking that holds modelled cells says nothing of their K."""
    modelled = [replace(one, provenance="modelled") for one in cell([2, 9], 0.9, 0.1)]
    assert not by_where(modelled)
