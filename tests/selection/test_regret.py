"""What choosing by one objective costs under the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.selection.ranking import Ranking, RankingRules
from configspec.selection.rankings import rank_all
from configspec.selection.regret import Conflict, conflicts
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.registry import usual
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

law = settings(deadline=None, max_examples=30)


def exactly(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)


def configuration(draft: str, k: int, alpha: float, round_s: float, power_w: float | None) -> Configuration:
    return Configuration(
        id=configuration_id("orin", "llama", draft, "Q4_K_M", k),
        round_s=exactly(round_s),
        acceptance=Acceptance(rate=exactly(alpha), rounds=None, drafted=None, accepted=None),
        power_w=None if power_w is None else exactly(power_w),
        power_reason=None if power_w is not None else "no meter",
        provenance="derived",
    )


def rankings_of(configurations: list[Configuration], top: int | None = None) -> tuple[Ranking, ...]:
    rng, rules = np.random.default_rng(0), RankingRules(top=top, resamples=10)
    return rank_all(configurations, usual(), lambda *_: Serving(), rng=rng, rules=rules)


def costs(conflict: Conflict) -> dict[str, float]:
    return {regret.objective.name: regret.times for regret in conflict.regrets}


configuration_sets = st.lists(
    st.builds(
        configuration,
        st.sampled_from(["1b", "3b"]),
        st.integers(1, 8),
        st.floats(0, 1),
        st.floats(0.01, 10),
        st.one_of(st.none(), st.floats(1, 50)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: (one.draft, one.k),
)


@law
@given(configuration_sets)
def test_a_choice_is_never_better_than_the_best(configurations: list[Configuration]) -> None:
    """Every cost is a ratio of at least 1, and none is given for the objective chosen for."""
    for conflict in conflicts(rankings_of(configurations)):
        assert all(regret.times >= 1 for regret in conflict.regrets)
        assert conflict.chosen_for not in [regret.objective for regret in conflict.regrets]


@law
@given(configuration_sets)
def test_rankings_cut_short_are_enough(configurations: list[Configuration]) -> None:
    """The chosen one need not be among the first of the other objectives."""
    assert conflicts(rankings_of(configurations, top=1)) == conflicts(rankings_of(configurations))


def test_known_costs_both_ways() -> None:
    """Both yield 3 tokens a round: in 1.0 or 1.5 s, for 4 or 2 billed tokens, for 5 or 10 J."""
    fast, cheap = configuration("fast", 4, 0.5, 0.5, 10.0), configuration("cheap", 2, 1.0, 1.0, 10.0)
    found = {conflict.chosen_for.name: conflict for conflict in conflicts(rankings_of([fast, cheap]))}
    assert (found["goodput"].winner.draft, found["goodput"].winner.k) == ("fast", 4)
    assert costs(found["goodput"]) == pytest.approx({"cost": 2.0, "energy": 1.0})
    assert (found["cost"].winner.draft, found["cost"].winner.k) == ("cheap", 2)
    assert costs(found["cost"]) == pytest.approx({"goodput": 1.5, "energy": 2.0})


def test_a_choice_without_power_has_no_cost_in_energy() -> None:
    """Nobody measured it, so nobody says."""
    configurations = [configuration("fast", 4, 0.5, 0.1, None), configuration("slow", 4, 0.4, 1.0, 10.0)]
    found = {conflict.chosen_for.name: conflict for conflict in conflicts(rankings_of(configurations))}
    assert set(costs(found["goodput"])) == {"cost"}
    assert set(costs(found["energy"])) == {"goodput", "cost"}
