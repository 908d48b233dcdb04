"""Rankings of each category of prompts: code may be served best by another configuration than prose.

A category's acceptance is counted over its own prompts alone, and its interval resamples them. Drafting, power and
serving are those of all prompts: they are properties of the device and the models, not of what is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

import numpy as np

from configspec.selection.query import SEED, Query
from configspec.selection.ranking import Ranking
from configspec.theory.acceptance.chain import pooled, too_few_prompts
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRanking:
    """The ranking of one device, family and objective over the prompts of one category."""

    category: str
    prompts: int
    ranking: Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDifference:
    """The best of a device, family and objective is not the same in all categories.

    `best` names it for each category. `good_in_all` are those that are the best, or tied with it, in every one, the
    highest ranked first: where there is one, it may be that no category is served worse by it.
    """

    device: str
    family: str
    objective: Objective
    best: tuple[tuple[str, ConfigurationId], ...]
    good_in_all: tuple[ConfigurationId, ...]


def rank_by_category(
    measured: Sequence[tuple[Configuration, Serving]], query: Query
) -> tuple[tuple[CategoryRanking, ...], int]:
    """The rankings of each category, and how many configurations do not say which categories their prompts are of.

    All choices are ranked, whatever the query's rules return: what is good in all categories may be first in none.
    """
    query = replace(query, rules=replace(query.rules, top=None))
    silent = {one.id for one, _ in measured if not one.acceptance.categories or not one.acceptance.by_prompt}
    said = [(one, serving) for one, serving in measured if one.id not in silent]
    found = []
    for category in dict.fromkeys(name for one, _ in said for name, _ in one.acceptance.categories):
        every = ((in_category(one, category), serving) for one, serving in said)
        parts = [(one, serving) for one, serving in every if one is not None]
        prompts = {(one.device, one.family): len(one.acceptance.by_prompt) for one, _ in parts}
        found += [
            CategoryRanking(category=category, prompts=prompts[ranking.device, ranking.family], ranking=ranking)
            for ranking in query.answer(parts)
        ]
    return tuple(found), len(silent)


def in_category(configuration: Configuration, category: str) -> Configuration | None:
    """The configuration as the prompts of one category alone show it; None where it has none with a round."""
    acceptance = configuration.acceptance
    names = chain.from_iterable(repeat(name, count) for name, count in acceptance.categories)
    places = [place for place, name in enumerate(names) if name == category]
    by_prompt = [acceptance.by_prompt[place] for place in places]
    if not any(rounds for rounds, _ in by_prompt):
        return None
    doubt = too_few_prompts(len(by_prompt))
    flags = [flag for flag in configuration.flags if flag.code != "few_prompts"]
    return replace(
        configuration,
        acceptance=_acceptance(acceptance, by_prompt, places, configuration.k),
        flags=(*flags, *((doubt,) if doubt else ())),
    )


def _acceptance(
    whole: Acceptance, by_prompt: Sequence[tuple[float, float]], places: Sequence[int], k: int
) -> Acceptance:
    # Prompts are paired where both the set and the places in it agree, whatever the category is called.
    which = hashlib.sha256(f"{whole.prompts_sha256} {places}".encode()).hexdigest()
    sha256 = None if whole.prompts_sha256 is None else which
    counted = pooled(by_prompt, k, rng=np.random.default_rng(SEED), prompts_sha256=sha256)
    return replace(counted, decoding=whole.decoding, categories=())


def category_differences(rankings: Sequence[CategoryRanking]) -> tuple[CategoryDifference, ...]:
    """Where the best configuration is not the same in all categories, in the order of the rankings."""
    groups: dict[tuple[str, str, str], list[CategoryRanking]] = {}
    for one in rankings:
        if one.ranking.choices:
            place = (one.ranking.device, one.ranking.family, one.ranking.objective.name)
            groups.setdefault(place, []).append(one)
    return tuple(chain.from_iterable(map(_difference, groups.values())))


def _difference(group: Sequence[CategoryRanking]) -> Iterator[CategoryDifference]:
    best = tuple((one.category, one.ranking.choices[0].configuration.id) for one in group)
    if len({winner for _, winner in best}) < 2:
        return
    ranks = [
        {choice.configuration.id: choice.rank for choice in one.ranking.choices if choice.tied_with_best}
        for one in group
    ]
    in_all = set.intersection(*(set(of_one) for of_one in ranks))
    first = group[0].ranking
    yield CategoryDifference(
        device=first.device,
        family=first.family,
        objective=first.objective,
        best=best,
        good_in_all=tuple(sorted(in_all, key=lambda one: (sum(of_one[one] for of_one in ranks), str(one)))),
    )
