"""Which prompts of a set a sweep asks: those of some categories, at most so many of them, always the same."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from configspec.errors import UsageError, did_you_mean
from configspec.testbed.prompts import PromptSet, default_prompts, read_prompts
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.theory.spacing import evenly, spread


def sweep_prompts(spec: PromptsSpec) -> PromptSet:
    """The prompts that a sweep asks: of its file or the default set, of its categories, at most its limit.

    Raises:
        UsageError: The file cannot be read, an entry is no prompt, or the file has no such category.
    """
    prompts = _all(spec)
    return _only(prompts, evenly_by_category(_categories(prompts), spec.limit))


def prompts_left(spec: PromptsSpec) -> PromptSet:
    """The prompts that its limit keeps out of a sweep, in the order in which more are taken: always the same.

    One of each category in turn, and spread over it, however many are taken.

    Raises:
        UsageError: As for `sweep_prompts`.
    """
    prompts = _all(spec)
    categories = _categories(prompts)
    taken = set(evenly_by_category(categories, spec.limit))
    left: dict[str, list[int]] = {}
    for place, category in enumerate(categories):
        if place not in taken:
            left.setdefault(category, []).append(place)
    of_each = [[some[at] for at in spread(len(some))] for some in left.values()]
    in_turn = (place for turn in zip_longest(*of_each) for place in turn if place is not None)
    return _only(prompts, list(in_turn))


def _all(spec: PromptsSpec) -> PromptSet:
    prompts = default_prompts() if spec.path is None else read_prompts(spec.path, spec)
    return prompts if spec.categories is None else _of_categories(prompts, spec.categories)


def _categories(prompts: PromptSet) -> list[str]:
    return [prompt.category for prompt in prompts.prompts]


def _only(prompts: PromptSet, places: Sequence[int]) -> PromptSet:
    return replace(prompts, prompts=tuple(prompts.prompts[place] for place in places))


def _of_categories(prompts: PromptSet, wanted: Sequence[str]) -> PromptSet:
    known = dict.fromkeys(prompt.category for prompt in prompts.prompts)
    for category in wanted:
        if category not in known:
            raise UsageError(
                f"sweep.prompts.categories has {category!r}, a category that {prompts.path} does not have. "
                f"{did_you_mean(category, known)}"
            )
    return replace(prompts, prompts=tuple(prompt for prompt in prompts.prompts if prompt.category in wanted))


def evenly_by_category(categories: Sequence[str], limit: int | None) -> list[int]:
    """The places of at most `limit` prompts, in their order, given each prompt's category.

    Each category gets as many as any other, where it has them; what is left over goes to those that come first. Within
    a category they are evenly spaced. The same categories and limit give the same places.
    """
    if limit is None or limit >= len(categories):
        return list(range(len(categories)))
    places: dict[str, list[int]] = {}
    for place, category in enumerate(categories):
        places.setdefault(category, []).append(place)
    shares = _shares([len(of_one) for of_one in places.values()], limit)
    of_each = zip(places.values(), shares, strict=True)
    return sorted(of_one[at] for of_one, share in of_each for at in evenly(len(of_one), share))


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """How many each gets of `limit`, which is less than there are: the same, or all that it has, or one more."""

    def taken(level: int) -> int:
        return sum(min(level, size) for size in sizes)

    level = bisect_right(range(limit + 1), limit, key=taken) - 1
    shares = [min(level, size) for size in sizes]
    more = [number for number, size in enumerate(sizes) if size > level][: limit - taken(level)]
    return [share + (number in more) for number, share in enumerate(shares)]
