"""Rankings of each category of prompts, and where they differ in the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.selection.by_category import category_differences, in_category, rank_by_category
from configspec.selection.query import Query
from configspec.selection.ranking import RankingRules
from configspec.theory.acceptance.chain import pooled
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

K = 4
SERVING = Serving(verify_s=0.5)
QUERY = Query(objectives=(Goodput(),), rules=RankingRules(resamples=200))
Counts = Sequence[tuple[float, float]]


def measured(draft: str, by_prompt: Counts, categories: Sequence[tuple[str, int]]) -> Configuration:
    acceptance = pooled(by_prompt, K, rng=np.random.default_rng(0), prompts_sha256="ab", resamples=20)
    return Configuration(
        id=configuration_id("orin", "llama", draft, "Q8_0", K),
        round_s=Estimate(value=0.5, low=0.5, high=0.5, confidence=1.0, n=1),
        acceptance=replace(acceptance, categories=tuple(categories)),
        power_w=None,
        power_reason="no meter",
        provenance="measured",
    )


some_counts = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 80)), min_size=2, max_size=12).map(
    lambda found: [(rounds, min(accepted, K * rounds)) for rounds, accepted in found]
)


@settings(deadline=None)
@given(some_counts, st.data())
def test_the_categories_counts_add_up_to_those_of_all(by_prompt: list[tuple[int, int]], data: st.DataObject) -> None:
    """Each prompt is in one category, in whatever order they come."""
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=len(by_prompt), max_size=len(by_prompt)))
    one = measured("xs", by_prompt, [(name, 1) for name in names])
    parts = [in_category(one, category) for category in dict.fromkeys(names)]
    found = [part.acceptance for part in parts if part is not None]
    assert sum(part.rounds or 0 for part in found) == one.acceptance.rounds
    assert sum(part.accepted or 0 for part in found) == one.acceptance.accepted
    for category, part in zip(dict.fromkeys(names), found, strict=True):
        own = [counts for counts, name in zip(by_prompt, names, strict=True) if name == category]
        assert list(part.by_prompt) == own
        assert part.rate.value == pytest.approx(sum(a for _, a in own) / (K * sum(r for r, _ in own)))
        assert part.rate.low <= part.rate.value <= part.rate.high
        assert part.rate.n == len(own)


@settings(deadline=None, max_examples=20)
@given(some_counts, some_counts)
def test_a_set_of_one_category_is_ranked_as_the_whole_is(xs: list[tuple[int, int]], s: list[tuple[int, int]]) -> None:
    """The same values in the same order, with the same intervals and ties."""
    prompts = min(len(xs), len(s))
    both = [measured(draft, counts[:prompts], [("a", prompts)]) for draft, counts in (("xs", xs), ("s", s))]
    pairs = [(one, SERVING) for one in both]
    (found,), silent = rank_by_category(pairs, QUERY)
    (whole,) = QUERY.answer(pairs)
    assert silent == 0
    assert [(c.configuration.id, c.value, c.low, c.high, c.tied_with_best) for c in found.ranking.choices] == [
        (c.configuration.id, c.value, c.low, c.high, c.tied_with_best) for c in whole.choices
    ]


CATEGORIES = [("code", 12), ("prose", 12)]
GOOD, BAD = (10, 38), (10, 4)


def both_ways(more: Sequence[Configuration] = ()) -> list[tuple[Configuration, Serving]]:
    """`coder` is accepted on code, `writer` on prose."""
    coder = measured("coder", [GOOD] * 12 + [BAD] * 12, CATEGORIES)
    writer = measured("writer", [BAD] * 12 + [GOOD] * 12, CATEGORIES)
    return [(one, SERVING) for one in (coder, writer, *more)]


def test_the_best_of_each_category_is_found_though_all_prompts_show_a_tie() -> None:
    """And it is said that none is good in all."""
    rankings, _ = rank_by_category(both_ways(), QUERY)
    assert [(one.category, one.prompts, one.ranking.choices[0].configuration.draft) for one in rankings] == [
        ("code", 12, "coder"),
        ("prose", 12, "writer"),
    ]
    (difference,) = category_differences(rankings)
    assert {category: winner.draft for category, winner in difference.best} == {"code": "coder", "prose": "writer"}
    assert difference.good_in_all == ()
    (whole,) = QUERY.answer(both_ways())
    assert all(choice.tied_with_best for choice in whole.choices)


def test_one_that_is_tied_with_the_best_in_all_categories_is_named() -> None:
    """Though it is the best of none."""
    nearly = (100, 376)  # 0.8 % below
    both = measured("both", [nearly] * 24, CATEGORIES)
    (difference,) = category_differences(rank_by_category(both_ways([both]), QUERY)[0])
    assert [one.draft for one in difference.good_in_all] == ["both"]


def test_one_that_is_the_best_everywhere_makes_no_difference() -> None:
    """Nothing is warned of."""
    best = measured("best", [(10, 40)] * 24, CATEGORIES)
    assert category_differences(rank_by_category(both_ways([best]), QUERY)[0]) == ()


def test_what_names_no_category_is_counted_and_left_out() -> None:
    """Recorded figures, or rows of an earlier configspec."""
    silent = measured("silent", [GOOD] * 24, [])
    rankings, count = rank_by_category(both_ways([silent]), QUERY)
    assert count == 1
    assert all(choice.configuration.draft != "silent" for one in rankings for choice in one.ranking.choices)


def test_few_prompts_of_a_category_are_flagged_by_their_own_number() -> None:
    """One prompt shows nothing of how prompts differ: its interval is 0 to 1."""
    one = measured("xs", [GOOD] * 12 + [BAD], [("code", 12), ("prose", 1)])
    code, prose = in_category(one, "code"), in_category(one, "prose")
    assert code is not None
    assert prose is not None
    assert code.flags == ()
    assert prose.flags == (flag("few_prompts", prompts=1, needed=10),)
    assert (prose.acceptance.rate.low, prose.acceptance.rate.high) == (0.0, 1.0)


def test_a_category_whose_prompts_were_answered_with_nothing_is_left_out() -> None:
    """There is no round, so there is no rate."""
    assert in_category(measured("xs", [GOOD, (0, 0)], [("code", 1), ("none", 1)]), "none") is None


def test_categories_may_come_again() -> None:
    """Prompts of a file need not stand together by category."""
    one = measured("xs", [(1, 0), (2, 0), (3, 0), (4, 0)], [("a", 1), ("b", 2), ("a", 1)])
    part = in_category(one, "a")
    assert part is not None
    assert part.acceptance.by_prompt == ((1, 0), (4, 0))
