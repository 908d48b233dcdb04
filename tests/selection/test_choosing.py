"""One choice by a criterion under limits: laws, the paper, and what is said where nothing meets the limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_truth import KnownTestbed, Luck
from made_up_objective import Silence
from weighed import exact, group_of, paper_groups, sampled

from configspec.selection.choosing import Decision, decide
from configspec.selection.criterion import Criterion
from configspec.selection.limits import Limit
from configspec.selection.ranking import RankingRules
from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.registry import objective, usual
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

law = settings(deadline=None, max_examples=50)
GOODPUT, COST, ENERGY = map(objective, ("goodput", "cost", "energy"))
USUAL = usual()
BY_GOODPUT = Criterion(way="objective", objectives=(GOODPUT,))
REGRET = Criterion(way="minimax-regret", objectives=USUAL)

several = st.lists(
    st.builds(
        exact,
        st.sampled_from(["1b", "3b", "8b"]),
        st.integers(1, 8),
        st.floats(0, 1),
        st.floats(0.01, 10),
        power_w=st.floats(1, 50),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: (one.draft, one.k),
)
criteria = st.one_of(
    st.sampled_from(USUAL).map(lambda one: Criterion(way="objective", objectives=(one,))),
    st.just(REGRET),
    st.tuples(*[st.floats(0.1, 10)] * 3).map(
        lambda weights: Criterion(way="weighted-mean", objectives=USUAL, weights=weights)
    ),
)
limits = st.lists(st.builds(Limit, objective=st.sampled_from(USUAL), value=st.floats(1e-3, 1e7)), max_size=3)


def values(one: Configuration) -> dict[str, float]:
    return {each.name: objective_value(each, one, Serving()) for each in USUAL}


def loss_by_hand(one: Configuration, every: list[Configuration], criterion: Criterion) -> float:
    """As docs/choosing.md says it, in plain loops."""
    times = []
    for each in criterion.objectives:
        of_all = [values(it)[each.name] for it in every]
        own = values(one)[each.name]
        times.append(max(of_all) / own if each.better == "higher" else own / min(of_all))
    if criterion.way == "weighted-mean":
        total = sum(criterion.weights)
        return float(math.prod(t ** (w / total) for t, w in zip(times, criterion.weights, strict=True)))
    return max(times)


def meets_by_hand(one: Configuration, asked: list[Limit]) -> bool:
    found = values(one)
    return all(
        found[it.objective.name] >= it.value
        if it.objective.better == "higher"
        else found[it.objective.name] <= it.value
        for it in asked
    )


@law
@given(several, criteria, limits)
def test_the_choice_is_the_one_of_a_plain_loop(every, criterion, asked):
    """The least loss among those that meet every limit; each has the loss that its definition says."""
    found = decide(group_of(every), criterion, asked)
    able = [one for one in every if meets_by_hand(one, asked)]
    # A limit that a value meets to the last bit alone may go either way.
    edge = any(math.isclose(values(one)[it.objective.name], it.value, rel_tol=1e-12) for one in every for it in asked)
    if edge:
        return
    assert {one.configuration.id for one in found.alternatives} == {one.id for one in able}
    losses = [one.loss for one in found.alternatives]
    assert losses == sorted(losses)
    assert losses == pytest.approx([loss_by_hand(one.configuration, every, criterion) for one in found.alternatives])
    assert (found.nearest is None) == bool(able)


@law
@given(several, criteria, limits)
def test_a_limit_more_never_finds_a_better_choice(every, criterion, asked):
    """And none at all is as good as the best."""
    free = decide(group_of(every), criterion, ())
    found = decide(group_of(every), criterion, asked)
    assert free.chosen is not None
    if found.chosen is not None:
        assert found.chosen.loss >= free.chosen.loss


@law
@given(several, criteria)
def test_nothing_is_better_than_the_choice_by_every_objective(every, criterion):
    """Whatever the criterion, of those that it looks at."""
    found = decide(group_of(every), criterion, ()).chosen
    assert found is not None
    own = values(found.configuration)
    for one in every:
        theirs = values(one)
        assert not all(
            theirs[it.name] > own[it.name] if it.better == "higher" else theirs[it.name] < own[it.name]
            for it in criterion.objectives
        )


@law
@given(several, st.floats(1.1, 5))
def test_the_nearest_misses_by_what_it_takes_to_meet(every, factor):
    """A limit that is loosened by as much as the nearest misses has a choice, and its value is the nearest's."""
    best = min(values(one)["energy"] for one in every)
    asked = [Limit(objective=ENERGY, value=best / factor)]
    found = decide(group_of(every), BY_GOODPUT, asked)
    assert found.nearest is not None
    (missed,) = found.nearest.missed
    assert missed.times == pytest.approx(factor)
    loose = decide(group_of(every), BY_GOODPUT, [Limit(objective=ENERGY, value=best * (1 + 1e-9))])
    assert loose.chosen is not None
    assert values(loose.chosen.configuration)["energy"] == pytest.approx(missed.value)


def paper(device: str, criterion: Criterion, *asked: Limit) -> Decision:
    (group,) = (one for one in paper_groups() if (one.device, one.family) == (device, "llama-3.1-70b"))
    return decide(group, criterion, asked)


def test_limits_move_the_paper_s_choice_on_the_pi_5_from_k_6_to_k_2():
    """Table 2: K=6 has 4.50 tokens/s, and 763 thousand tokens/$; K=2 has 3.76 and 1334. 1.2 USD per million is 833."""
    free = paper("rpi5", BY_GOODPUT)
    assert free.chosen is not None
    assert free.chosen.configuration.k == 6
    asked = (
        Limit(objective=ENERGY, value=1.0),
        Limit(objective=COST, value=1e6 / 1.2),
        Limit(objective=GOODPUT, value=3.0),
    )
    found = paper("rpi5", BY_GOODPUT, *asked)
    assert found.chosen is not None
    assert (found.chosen.configuration.draft, found.chosen.configuration.k) == ("1b-inst", 2)
    costs = {one.objective.name: one.times_worse for one in found.chosen.values}
    assert costs == pytest.approx({"goodput": 4.50 / 3.76, "cost": 1401 / 1334, "energy": 1.0}, abs=0.005)
    binding = [one.limit.objective.name for one in found.findings if one.met_without > len(found.alternatives)]
    assert binding == ["cost"]


def test_the_least_regret_of_the_paper_s_orin_is_k_2():
    """Table 2: K=2 loses 7.65/4.60 in goodput, 1401/1334 in cost, nothing in energy; K=5 loses 1401/829 in cost."""
    found = paper("jetson", REGRET)
    assert found.chosen is not None
    assert (found.chosen.configuration.draft, found.chosen.configuration.k) == ("1b-inst", 2)
    assert found.chosen.loss == pytest.approx(7.65 / 4.60, abs=0.005)
    assert found.alternatives[1].loss == pytest.approx(1401 / 828.9, abs=0.005)


def test_what_binds_is_named_where_nothing_meets_all():
    """No draft of the paper's Pi 5 gives 4 tokens/s at 1.2 USD per million: without either limit some do."""
    found = paper("rpi5", BY_GOODPUT, Limit(objective=GOODPUT, value=4.0), Limit(objective=COST, value=1e6 / 1.2))
    assert found.chosen is None
    assert [(one.met_by, one.met_without) for one in found.findings] == [(3, 3), (3, 3)]
    assert found.nearest is not None
    assert found.nearest.configuration.k == 5
    assert [one.times for one in found.nearest.missed] == pytest.approx([1e6 / 1.2 / 828_900], abs=1e-3)


def test_an_objective_without_figures_makes_the_group_unavailable():
    """The paper prints no power for the Pi 4B: its energy is not made up, and the reason is told."""
    found = paper("rpi4b", BY_GOODPUT, Limit(objective=ENERGY, value=1.0))
    assert (found.chosen, found.nearest) == (None, None)
    assert found.unavailable == "energy: the paper prints no power for the Raspberry Pi 4B"


def test_a_configuration_that_lacks_a_figure_is_left_out_by_name():
    """The one without power may be the fastest; under a limit on energy it is no candidate."""
    every = [exact("fast", 4, 0.9, 0.1, power_w=None), exact("slow", 4, 0.5, 1.0)]
    free, limited = (
        decide(group_of(every), BY_GOODPUT, asked) for asked in ((), [Limit(objective=ENERGY, value=99.0)])
    )
    assert free.chosen is not None
    assert free.chosen.configuration.draft == "fast"
    assert limited.chosen is not None
    assert limited.chosen.configuration.draft == "slow"
    assert limited.left_out == ("fast Q4_K_M: no meter",)


def test_a_fourth_objective_can_be_chosen_by_and_limited():
    """Without another line."""
    silence = Silence()
    every = [exact("1b", 4, 0.5, 0.1), exact("1b", 8, 0.5, 9.0)]
    group = group_of(every, objectives=(*USUAL, silence))
    found = decide(group, Criterion(way="objective", objectives=(silence,)), [Limit(objective=silence, value=0.11)])
    assert [one.configuration.k for one in found.alternatives] == [8]


def test_a_criterion_that_cannot_be_is_refused():
    """No objective; two that one is to be the best by; a weight too few."""
    for way, objectives, weights in [
        ("minimax-regret", (), ()),
        ("objective", (GOODPUT, COST), ()),
        ("weighted-mean", (COST,), ()),
    ]:
        with pytest.raises(ValueError, match=r"objective|weight"):
            Criterion(way=way, objectives=objectives, weights=weights)  # type: ignore[arg-type]


# How sure a choice is.


def rng_counts(rng: np.random.Generator, k: int, rate: float) -> list[tuple[int, int]]:
    return [(10, int(accepted)) for accepted in rng.binomial(10 * k, rate, size=20)]


def drawn_cells(seed: int = 0) -> list[Configuration]:
    rng = np.random.default_rng(seed)
    return [
        sampled(draft, k, rng_counts(rng, k, rate), tuple(rng.normal(each, each / 20, size=15)))
        for draft, k, rate, each in [("a", 2, 0.7, 0.20), ("a", 4, 0.55, 0.4), ("b", 4, 0.62, 0.55), ("b", 8, 0.3, 2.0)]
    ]


@pytest.mark.parametrize("criterion", [BY_GOODPUT, REGRET])
def test_probabilities_add_up_to_one(criterion):
    """Over what is chosen in a draw, and the draws in which nothing is."""
    some = [Limit(objective=GOODPUT, value=3.4)]
    found = decide(group_of(drawn_cells()), criterion, some)
    group = group_of(drawn_cells())
    free = decide(group, criterion, ())
    assert sum(one.chosen_in or 0 for one in free.alternatives) == pytest.approx(1.0)
    assert free.nothing_in == 0
    total = sum(one.chosen_in or 0 for one in found.alternatives) + (found.nothing_in or 0)
    assert 0 < total <= 1 + 1e-12
    assert all((one.chosen_in or 0) <= (one.meets_in or 0) for one in found.alternatives)


def test_the_probability_of_being_best_is_that_of_a_plain_loop():
    """Two cells whose acceptance alone is in doubt: prompts are drawn by hand, in common for both."""
    one = sampled("a", 2, [(10, 12), (10, 16), (10, 9), (10, 18)], [0.3] * 9)
    other = sampled("b", 2, [(10, 13), (10, 12), (10, 14), (10, 15)], [0.3] * 9)
    found = decide(group_of([one, other], rules=RankingRules(resamples=4000)), BY_GOODPUT, ())
    shares = {each.configuration.draft: each.chosen_in for each in found.alternatives}
    rng = np.random.default_rng(7)
    places = rng.integers(4, size=(40_000, 4))
    sums = [np.array([a for _, a in it.acceptance.by_prompt])[places].sum(axis=1) for it in (one, other)]
    # Of equals in a draw the one that is ahead by the points is chosen.
    assert shares["a"] == pytest.approx(np.mean(sums[0] >= sums[1]), abs=0.03)


def test_a_clear_winner_is_chosen_in_every_draw_and_twins_share():
    """Ten times as fast is no luck; the same samples twice are a tie, of which the first by name is chosen."""
    cells = drawn_cells()
    clear = decide(group_of([cells[0], exact("slow", 4, 0.5, 50.0)]), BY_GOODPUT, ())
    assert clear.chosen is not None
    assert clear.chosen.chosen_in == 1.0
    assert [one.tied for one in clear.alternatives] == [True, False]
    twins = decide(
        group_of([sampled("a", 2, [(5, 6)] * 4, [0.3] * 9), sampled("b", 2, [(5, 6)] * 4, [0.3] * 9)]), BY_GOODPUT, ()
    )
    assert [one.tied for one in twins.alternatives] == [True, True]


def test_many_configurations_share_the_draws_whatever_the_blocks():
    """Eighty, half of them without samples: shares add up to one. A twin has the same prompts, so the earlier has all.

    By cost, which only looks at acceptance: rounds are drawn for each cell.
    """
    rng = np.random.default_rng(3)
    timed = [sampled(f"a{place:02}", 4, rng_counts(rng, 4, 0.5), (0.4, 0.5, 0.6)) for place in range(40)]
    best = max(timed, key=lambda one: one.acceptance.rate.value)
    twin = replace(best, id=replace(best.id, cell=replace(best.cell, drafter=replace(best.cell.drafter, draft="z"))))
    every = [*timed, twin, *(exact(f"b{place:02}", 4, 0.3, 0.5) for place in range(39))]
    by_cost = Criterion(way="objective", objectives=(COST,))
    found = decide(group_of(every, rules=RankingRules(resamples=200)), by_cost, ())
    assert sum(one.chosen_in or 0 for one in found.alternatives) == pytest.approx(1.0)
    last = next(one for one in found.alternatives if one.configuration.draft == "z")
    assert found.chosen is not None
    assert found.chosen.configuration.draft == best.draft
    assert (found.chosen.chosen_in or 0) > 0
    assert (last.chosen_in, last.tied) == (0, True)


def test_without_samples_there_is_no_probability():
    """Only intervals are known: no share is made up of them, and what is within the indifference is tied."""
    found = decide(group_of([exact("1b", 4, 0.5, 1.0), exact("1b", 5, 0.41, 1.0)]), BY_GOODPUT, ())
    assert [one.chosen_in for one in found.alternatives] == [None, None]
    assert found.nothing_in is None
    assert [one.tied for one in found.alternatives] == [True, True]


@law
@given(several)
def test_the_order_in_which_configurations_come_changes_nothing(every):
    """Neither the choice nor any figure of it, where no two losses are equal."""
    one, other = (decide(group_of(list(some)), BY_GOODPUT, ()) for some in (every, reversed(every)))
    if len({each.loss for each in one.alternatives}) == len(every):
        assert [each.configuration.id for each in one.alternatives] == [
            each.configuration.id for each in other.alternatives
        ]


def test_without_limits_what_is_tied_is_what_a_ranking_ties() -> None:
    """By one objective both compare all with the best at once; other draws may decide a close one otherwise."""
    rng = np.random.default_rng(7)
    group = group_of(KnownTestbed(rng).run(rng, Luck()), objectives=(GOODPUT,), rules=RankingRules(resamples=400))
    chosen = {one.configuration.id for one in decide(group, BY_GOODPUT, ()).alternatives if one.tied}
    ranked = {one.configuration.id for one in group.rankings[0].choices if one.tied_with_best}
    assert 5 < len(ranked) < 30
    assert len(chosen ^ ranked) <= 2
