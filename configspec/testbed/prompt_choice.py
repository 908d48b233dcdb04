"""Which prompts of a set a sweep asks: those of some categories, at most so many of them, always the same."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from configspec.errors import UsageError, did_you_mean
from configspec.testbed.prompts import PromptSet, default_prompts, read_prompts
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.theory.spacing import evenly


def sweep_prompts(spec: PromptsSpec) -> PromptSet:
    """The prompts that a sweep asks: of its file or the default set, of its categories, at most its limit.

    Raises:
        UsageError: The file cannot be read, an entry is no prompt, or the file has no such category.
    """
    prompts = default_prompts() if spec.path is None else read_prompts(spec.path, spec)
    if spec.categories is not None:
        prompts = _of_categories(prompts, spec.categories)
    places = evenly_by_category([prompt.category for prompt in prompts.prompts], spec.limit)
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
