"""Rankings: order, ties, intervals, and what they do not depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.selection.ranking import Ranking, RankingRules
from configspec.selection.rankings import rank, rank_all
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.objectives.registry import OBJECTIVES, objective
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

law = settings(deadline=None, max_examples=30)
SERVING = Serving()
GOODPUT, COST, ENERGY = map(objective, ("goodput", "cost", "energy"))


def figure(value: float, spread: float = 0.0, n: int = 0) -> Estimate:
    return Estimate(value=value, low=value * (1 - spread), high=value * (1 + spread), confidence=1.0, n=n)


def bounded(
    draft: str = "1b",
    k: int = 4,
    *,
    quant: str = "Q4_K_M",
    alpha: float = 0.5,
    round_s: float = 0.5,
    power_w: float | None = 8.0,
    spread: float = 0.0,
    power_spread: float = 0.0,
    device: str = "orin",
    family: str = "llama",
) -> Configuration:
    """A configuration of which only bounds are known."""
    return Configuration(
        id=configuration_id(device, family, draft, quant, k),
        round_s=figure(round_s, spread),
        acceptance=Acceptance(rate=figure(alpha, spread), rounds=None, drafted=None, accepted=None),
        power_w=None if power_w is None else figure(power_w, power_spread),
        power_reason="no meter" if power_w is None else None,
        idle_w=figure(2.0, power_spread),
        prompt_tokens_per_s=figure(40.0, spread),
        provenance="derived",
    )


def sampled(
    draft: str,
    by_prompt: Sequence[tuple[int, int]],
    rounds_s: Sequence[float] = (0.5, 0.5),
    *,
    k: int = 4,
    prompts_sha256: str | None = "ab",
) -> Configuration:
    """A measured configuration: counts by prompt, and timed rounds."""
    rounds, accepted = (sum(each) for each in zip(*by_prompt, strict=True))
    return Configuration(
        id=configuration_id("orin", "llama", draft, "Q8_0", k),
        round_s=figure(float(np.median(rounds_s)), n=len(rounds_s)),
        round_samples_s=tuple(rounds_s),
        acceptance=Acceptance(
            rate=figure(accepted / (k * rounds), n=len(by_prompt)),
            rounds=rounds,
            drafted=k * rounds,
            accepted=accepted,
            by_prompt=tuple(by_prompt),
            prompts_sha256=prompts_sha256,
        ),
        power_w=None,
        power_reason="no meter",
        prompt_tokens_per_s=figure(40.0, n=3),
        provenance="measured",
    )


def ranked(
    configurations: Sequence[Configuration],
    objective: Objective = GOODPUT,
    *,
    indifference: float = 0.0,
    resamples: int = 500,
) -> Ranking:
    return rank(
        configurations,
        objective,
        SERVING,
        rng=np.random.default_rng(11),
        rules=RankingRules(indifference=indifference, resamples=resamples),
    )


def tied(ranking: Ranking) -> set[str]:
    return {choice.configuration.draft for choice in ranking.choices if choice.tied_with_best}


bounded_sets = st.lists(
    st.builds(
        bounded,
        st.sampled_from(["1b", "3b", "8b"]),
        st.integers(1, 10),
        quant=st.sampled_from(["Q4_K_M", "Q8_0"]),
        alpha=st.floats(0, 1),
        round_s=st.floats(0.01, 10),
        power_w=st.floats(1, 50),
        spread=st.sampled_from([0.0, 0.01, 0.2]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: (one.draft, one.quant, one.k),
)
by_prompts = st.lists(st.tuples(st.just(10), st.integers(0, 40)), min_size=5, max_size=5)
sampled_sets = st.lists(
    st.builds(
        sampled,
        st.sampled_from(["1b", "3b", "8b"]),
        by_prompts,
        st.lists(st.floats(0.1, 1), min_size=3, max_size=3),
        prompts_sha256=st.sampled_from(["ab", "cd", None]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.draft,
)
any_set = st.one_of(bounded_sets, sampled_sets)
objectives: st.SearchStrategy[Objective] = st.sampled_from(OBJECTIVES)


@law
@given(bounded_sets, objectives)
def test_the_first_is_the_best_and_each_is_no_better_than_the_one_before(
    configurations: list[Configuration], objective: Objective
) -> None:
    """Values are the formulas' own, and ordered the way the objective is better."""
    choices = ranked(configurations, objective, resamples=20).choices
    values = [choice.value for choice in choices]
    assert values == pytest.approx([objective_value(objective, c.configuration, SERVING) for c in choices])
    assert values == sorted(values, reverse=objective.better == "higher")
    assert [choice.rank for choice in choices] == list(range(1, len(configurations) + 1))
    assert {choice.configuration for choice in choices} == set(configurations)


@law
@given(any_set)
def test_the_best_is_tied_with_itself_and_every_interval_holds_its_value(configurations: list[Configuration]) -> None:
    """Whatever is known of the figures."""
    choices = ranked(configurations, resamples=50).choices
    assert choices[0].tied_with_best
    for choice in choices:
        assert choice.low <= choice.value <= choice.high


@law
@given(any_set)
def test_a_ranking_does_not_depend_on_the_objectives_beside_it(configurations: list[Configuration]) -> None:
    """Those that rank the same configurations share their draws, and each would have drawn the same ones alone."""
    rules = RankingRules(resamples=30)

    def by(*some: Objective) -> tuple[Ranking, ...]:
        return rank_all(configurations, some, lambda *_: SERVING, rng=np.random.default_rng(2), rules=rules)

    assert by(GOODPUT, ENERGY, COST) == (*by(GOODPUT), *by(ENERGY), *by(COST))


@law
@given(any_set)
def test_without_intervals_order_values_and_ties_are_the_same(configurations: list[Configuration]) -> None:
    """Who asks only what is tied with the best waits for no intervals, and is told nothing else."""

    def told(rules: RankingRules) -> list[object]:
        rng = np.random.default_rng(1)
        rankings = rank_all(configurations, OBJECTIVES, lambda *_: SERVING, rng=rng, rules=rules)
        keys = [(ranking.objective.name, ranking.unavailable, ranking.cut, ranking.cut_tied) for ranking in rankings]
        return [*keys, *((c.configuration.id, c.value, c.tied_with_best) for one in rankings for c in one.choices)]

    fast = RankingRules(resamples=200, intervals=False)
    assert told(fast) == told(replace(fast, intervals=True))
    for one in rank_all(configurations, OBJECTIVES, lambda *_: SERVING, rng=np.random.default_rng(1), rules=fast):
        assert all((c.low, c.high, c.best_in) == (c.value, c.value, None) for c in one.choices)


@given(any_set, st.randoms(use_true_random=False))
def test_the_order_in_which_configurations_are_given_changes_nothing(
    configurations: list[Configuration], random: Random
) -> None:
    """Draws belong to the configurations, not to their places in a list."""
    shuffled = list(configurations)
    random.shuffle(shuffled)
    assert ranked(shuffled, resamples=50) == ranked(configurations, resamples=50)


@law
@given(bounded_sets, st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_wider_indifference_never_unties(configurations: list[Configuration], one: float, more: float) -> None:
    """The tied set only grows with it."""
    narrow, wide = (ranked(configurations, indifference=i, resamples=20).choices for i in sorted((one, more)))
    assert all(w.tied_with_best for n, w in zip(narrow, wide, strict=True) if n.tied_with_best)


@law
@given(bounded_sets, st.integers(1, 12))
def test_top_keeps_the_first_few_as_they_were(configurations: list[Configuration], top: int) -> None:
    """What is cut off has had its part in the ranking."""
    rng = np.random.default_rng
    whole = rank(configurations, COST, SERVING, rng=rng(1), rules=RankingRules(resamples=20))
    cut = rank(configurations, COST, SERVING, rng=rng(1), rules=RankingRules(resamples=20, top=top))
    assert cut.choices == whole.choices[:top]
    assert cut.cut == len(whole.choices) - len(cut.choices)
    assert cut.cut_tied == sum(choice.tied_with_best for choice in whole.choices[top:])


def test_equal_values_go_by_the_shorter_k_then_by_name() -> None:
    """Tokens per dollar do not depend on the quantisation when acceptance does not: the order must not be chance."""
    given_order = [bounded("8b", quant="Q8_0"), bounded("8b"), bounded("1b", quant="Q8_0"), bounded("1b")]
    assert [(c.configuration.draft, c.configuration.quant) for c in ranked(given_order, COST).choices] == [
        ("1b", "Q4_K_M"),
        ("1b", "Q8_0"),
        ("8b", "Q4_K_M"),
        ("8b", "Q8_0"),
    ]


def test_bounds_that_overlap_are_a_tie_and_bounds_apart_are_not() -> None:
    """Where nothing was sampled, the ends of the figures decide."""
    best, near, far = bounded("a", alpha=0.60), bounded("b", alpha=0.58), bounded("c", alpha=0.40)
    assert tied(ranked([replace(c, acceptance=widened(c, 0.05)) for c in (best, near, far)])) == {"a", "b"}
    assert tied(ranked([best, near, far])) == {"a"}


def widened(configuration: Configuration, spread: float) -> Acceptance:
    acceptance = configuration.acceptance
    return replace(acceptance, rate=figure(acceptance.rate.value, spread))


def test_bounded_intervals_are_the_ends_of_the_figures() -> None:
    """Goodput of K=4, alpha 0.5 +- 10 %, 0.5 s +- 10 %: from 2.8 / 1.05 to 3.2 / 0.95."""
    (choice,) = ranked([bounded(spread=0.1)]).choices
    assert (choice.low, choice.value, choice.high) == pytest.approx((2.8 / 1.05, 3.0, 3.2 / 0.95))
    (energy,) = ranked([bounded(spread=0.1, power_spread=0.1)], ENERGY).choices
    assert (energy.low, energy.value, energy.high) == pytest.approx((7.2 * 0.45 / 3.2, 4 / 3, 8.8 * 0.55 / 2.8))


def test_within_the_indifference_is_a_tie_however_sure_the_difference() -> None:
    """2.9 % is shown and is of no interest to who asked for 3 %."""
    configurations = [bounded("a", round_s=0.5), bounded("b", round_s=0.529)]
    assert tied(ranked(configurations, indifference=0.03)) == {"a", "b"}
    assert tied(ranked(configurations, indifference=0.028)) == {"a"}


def prompts_of_all_difficulties(rng: np.random.Generator, worse_by: int) -> tuple[list[tuple[int, int]], ...]:
    """Two drafts on 25 prompts of very different difficulty; the second loses a little on every one."""
    accepted = rng.integers(100, 300, size=25)
    return [(100, int(a)) for a in accepted], [(100, int(a) - int(rng.integers(0, worse_by))) for a in accepted]


def test_luck_with_prompts_cancels_where_the_prompts_are_the_same() -> None:
    """Intervals overlap by far, and still the second is shown worse: it lost on the same prompts."""
    good, less = prompts_of_all_difficulties(np.random.default_rng(5), worse_by=10)
    ranking = ranked([sampled("good", good), sampled("less", less)])
    first, second = ranking.choices
    assert (first.configuration.draft, second.configuration.draft) == ("good", "less")
    assert second.high > first.low
    assert tied(ranking) == {"good"}


@pytest.mark.parametrize("hashes", [("ab", "cd"), (None, None)])
def test_configurations_are_paired_by_prompt_only_where_the_prompt_sets_agree(hashes: tuple[str, str]) -> None:
    """Other prompts, or prompts that nobody can tell apart: the same figures show nothing."""
    good, less = prompts_of_all_difficulties(np.random.default_rng(5), worse_by=10)
    configurations = [
        sampled(draft, counts, prompts_sha256=sha)
        for draft, counts, sha in zip(("good", "less"), (good, less), hashes, strict=True)
    ]
    assert tied(ranked(configurations)) == {"good", "less"}


def test_the_k_of_one_cell_share_the_luck_of_their_rounds() -> None:
    """Rounds of K=3 and K=4 are beginnings of the same rounds: a slow round is slow for both."""
    slow: list[float] = np.random.default_rng(3).uniform(0.3, 3.0, size=10).tolist()
    counts = [(100, 0)] * 2
    shorter, longer = sampled("1b", counts, slow, k=3), sampled("1b", counts, [1.05 * s for s in slow], k=4)
    assert [c.configuration.k for c in ranked([longer, shorter]).choices if c.tied_with_best] == [3]
    other_cell = replace(longer, id=configuration_id("orin", "llama", "3b", "Q8_0", 4))
    assert tied(ranked([other_cell, shorter])) == {"1b", "3b"}


def test_the_power_of_one_cell_cancels_between_its_k() -> None:
    """+-20 % in watts of one reading does not blur which K needs less energy; between two drafts it does."""
    two, five = (bounded(k=k, alpha=0.5, round_s=0.1 * k, power_spread=0.2) for k in (2, 5))
    assert [c.configuration.k for c in ranked([two, five], ENERGY).choices if c.tied_with_best] == [2]
    assert tied(ranked([two, replace(five, id=configuration_id("orin", "llama", "3b", "Q4_K_M", 5))], ENERGY)) == {
        "1b",
        "3b",
    }


def test_intervals_cover_the_true_goodput_about_as_often_as_they_say() -> None:
    """200 boards of true goodput 3: 20 prompts about alpha 0.5, 15 skewed rounds about 0.5 s; 95 % cover in 88-99 %."""
    rng = np.random.default_rng(20260722)
    covered = 0
    for _ in range(200):
        counts = [(30, int(a)) for a in rng.binomial(120, rng.beta(8, 8, size=20))]
        rounds_s = 0.5 * rng.lognormal(0.0, 0.05, size=15)
        ranking = rank(
            [sampled("1b", counts, tuple(rounds_s))], GOODPUT, SERVING, rng=rng, rules=RankingRules(resamples=300)
        )
        covered += ranking.choices[0].low <= 3.0 <= ranking.choices[0].high
    assert 0.88 <= covered / 200 <= 0.99


def test_flags_and_provenance_travel_to_the_choice() -> None:
    """A number keeps its doubt up to the last table."""
    doubtful = replace(bounded(), flags=(flag("other_tokens", rounds=2),))
    (choice,) = ranked([doubtful]).choices
    assert choice.configuration == doubtful


def test_without_any_power_the_energy_ranking_says_why_it_is_empty() -> None:
    """Unavailable is not zero, and not an error."""
    ranking = ranked([bounded(power_w=None), bounded("3b", power_w=None)], ENERGY)
    assert (ranking.unavailable, ranking.choices) == ("no meter", ())


def test_a_cell_without_power_is_left_out_of_energy_by_name() -> None:
    """The others are ranked; the cell is named once, with its reason."""
    without = [bounded("3b", k=k, power_w=None) for k in (2, 3)]
    ranking = ranked([bounded(), *without], ENERGY)
    assert [choice.configuration.draft for choice in ranking.choices] == ["1b"]
    assert ranking.left_out == ("3b Q4_K_M: no meter",)
    assert ranked([bounded(), *without]).left_out == ()


def test_a_price_of_nothing_has_no_tokens_per_dollar() -> None:
    """A verifier of one's own may cost nothing; then cost ranks nothing."""
    ranking = rank([bounded()], COST, Serving(usd_per_million_tokens=0.0), rng=np.random.default_rng(0))
    assert "the price is 0 USD" in (ranking.unavailable or "")


@pytest.mark.parametrize(
    "configurations",
    [[], [bounded(), bounded("3b", device="rpi5")], [bounded(), bounded("3b", family="qwen")], [bounded(), bounded()]],
    ids=["none", "two devices", "two families", "one twice"],
)
def test_only_configurations_of_one_device_and_family_are_compared(configurations: list[Configuration]) -> None:
    """Anything else is our own mistake."""
    with pytest.raises(ValueError, match=r"one device and one family|given twice"):
        ranked(configurations)


def test_rank_all_ranks_each_device_and_family_in_the_order_they_came() -> None:
    """Each family under its own serving assumptions."""
    configurations = [
        bounded(device="rpi5"),
        bounded(family="qwen"),
        bounded("3b", device="rpi5"),
        bounded(device="rpi5", family="qwen"),
    ]
    serving = {"llama": Serving(usd_per_million_tokens=0.9), "qwen": Serving(usd_per_million_tokens=0.59)}
    rng = np.random.default_rng(0)
    rankings = rank_all(
        configurations, (COST, GOODPUT), lambda _, family: serving[family], rng=rng, rules=RankingRules(resamples=20)
    )
    assert [(r.device, r.family, r.objective.name, len(r.choices)) for r in rankings] == [
        ("rpi5", "llama", "cost", 2),
        ("rpi5", "llama", "goodput", 2),
        ("orin", "qwen", "cost", 1),
        ("orin", "qwen", "goodput", 1),
        ("rpi5", "qwen", "cost", 1),
        ("rpi5", "qwen", "goodput", 1),
    ]
    assert {r.serving for r in rankings if r.family == "qwen"} == {serving["qwen"]}


def test_what_is_ranked_beside_a_device_changes_nothing_of_its_ranking() -> None:
    """One board's intervals are the same whether another was measured that night or not."""
    counts = [(10, a) for a in (5, 9, 20, 14)]
    mine = [sampled("1b", counts, (0.4, 0.5, 0.6))]
    beside = [replace(mine[0], id=configuration_id("another", "llama", "1b", "Q8_0", 4))]

    def ranking(configurations: list[Configuration]) -> Ranking:
        rng, rules = np.random.default_rng(0), RankingRules(resamples=50)
        every = rank_all(configurations, (GOODPUT,), lambda *_: SERVING, rng=rng, rules=rules)
        return next(r for r in every if r.device == "orin")

    assert ranking(beside + mine) == ranking(mine)


@law
@given(st.one_of(sampled_sets), objectives.filter(lambda one: "power_w" not in one.moves(Serving())))
def test_shares_of_draws_add_up_and_belong_to_those_that_are_tied(
    configurations: list[Configuration], objective: Objective
) -> None:
    """Of three at most, who is the best in more than 1 draw in 40 beats the first there: it is not shown worse."""
    choices = ranked(configurations, objective).choices
    shares = [choice.best_in for choice in choices]
    assert sum(share for share in shares if share is not None) == pytest.approx(1)
    assert all(choice.tied_with_best for choice in choices if choice.best_in is not None and choice.best_in > 0.026)


@law
@given(bounded_sets, objectives)
def test_without_samples_nobody_says_how_probable_the_best_is(
    configurations: list[Configuration], objective: Objective
) -> None:
    """A figure that is only bounded is no chance."""
    assert {choice.best_in for choice in ranked(configurations, objective, resamples=20).choices} == {None}


def test_equals_share_what_is_drawn() -> None:
    """Two drafts with the same counts and rounds: neither is more probable than the other."""
    counts = [(10, 20), (10, 25), (10, 10)]
    equal = [sampled("1b", counts), sampled("3b", counts)]
    assert [choice.best_in for choice in ranked(equal, COST).choices] == [0.5, 0.5]
