"""Which prompts of a set are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.prompt_choice import evenly_by_category, prompts_left, sweep_prompts
from configspec.testbed.prompts_spec import PromptsSpec
from configspec.testbed.read import read_inventory

some_categories = st.lists(st.sampled_from("abcde"), min_size=1, max_size=60)


@given(some_categories, st.integers(1, 70))
def test_a_limit_takes_as_many_prompts_as_it_says(categories: list[str], limit: int) -> None:
    """Or all where there are not more; each once, in the set's order."""
    places = evenly_by_category(categories, limit)
    assert places == sorted(set(places))
    assert len(places) == min(limit, len(categories))


@given(some_categories, st.integers(1, 70))
def test_a_limit_is_shared_evenly_by_the_categories(categories: list[str], limit: int) -> None:
    """No category has two prompts more than another that has some left."""
    has, taken = Counter(categories), Counter(categories[place] for place in evenly_by_category(categories, limit))
    assert all(taken[one] <= taken[other] + 1 for one in has for other in has if taken[other] < has[other])


def test_a_limit_takes_prompts_from_the_whole_of_each_category() -> None:
    """Neighbours in a file are of one kind, so the first few would not be like the rest."""
    assert evenly_by_category(["a"] * 8 + ["b"] * 4, 4) == [0, 4, 8, 10]
    assert evenly_by_category(["a", "b", "a", "b", "b"], 3) == [0, 1, 2]


def test_a_sweep_asks_the_prompts_of_its_categories() -> None:
    """In the set's order, whatever the order in which they are named; of the default set without a path."""
    asked = sweep_prompts(PromptsSpec(categories=("prose", "class"), limit=4))
    assert [prompt.category for prompt in asked.prompts] == ["class", "class", "prose", "prose"]
    assert asked.in_file == 24
    assert asked.sha256 != sweep_prompts(PromptsSpec()).sha256


@given(st.integers(1, 30))
def test_what_a_limit_leaves_is_the_rest(limit: int) -> None:
    """Each once, in another order; nothing where there is no limit."""
    asked, left = (take(PromptsSpec(limit=limit)) for take in (sweep_prompts, prompts_left))
    assert sorted(one.id for one in (*asked.prompts, *left.prompts)) == sorted(
        one.id for one in sweep_prompts(PromptsSpec()).prompts
    )
    assert prompts_left(PromptsSpec()).prompts == ()


@given(st.integers(1, 23), st.integers(1, 23))
def test_more_are_taken_of_each_category_in_turn(limit: int, more: int) -> None:
    """Of what is left, no category gives two more than another that has some left still."""
    left = prompts_left(PromptsSpec(limit=limit)).prompts
    has, taken = (Counter(one.category for one in some) for some in (left, left[:more]))
    assert all(taken[one] <= taken[other] + 1 for one in has for other in has if taken[other] < has[other])


def test_a_category_that_the_set_does_not_have_is_named_with_those_it_has() -> None:
    """One that is misspelt would leave the rankings to the others."""
    with pytest.raises(UsageError, match=r"has 'proze', a category that .*default\.jsonl does not have\. Did you mean"):
        sweep_prompts(PromptsSpec(categories=("class", "proze")))


WriteInventory = Callable[[str | bytes], Path]


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("prompts.jsonl", {"path": "prompts.jsonl"}),
        ("{path: prompts.jsonl}", {"path": "prompts.jsonl"}),
        (
            "{path: prompts.jsonl, text: a, id: b, category: c}",
            {"path": "prompts.jsonl", "text": ("a",), "id": "b", "category": "c"},
        ),
        ("{path: prompts.jsonl, text: [a, b.c]}", {"path": "prompts.jsonl", "text": ("a", "b.c")}),
        ("{categories: [a], limit: 3, longest: skip}", {"categories": ("a",), "limit": 3, "longest": "skip"}),
    ],
)
def test_prompts_are_declared_by_a_path_or_a_mapping(
    write_inventory: WriteInventory, good: str, written: str, spec: dict[str, object]
) -> None:
    """Every key arrives."""
    path = write_inventory(f"{good}sweep: {{prompts: {written}}}")
    wanted = {**spec, "path": path.parent / str(spec["path"])} if "path" in spec else spec
    assert read_inventory(path).sweep.prompts == PromptsSpec(**wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{text: a}", "sweep.prompts has `text`, a key of a file, and no `path`. Name the file."),
        ("{path: nope}", "sweep.prompts.path is 'nope', and there is no file "),
        ("{path: prompts.jsonl, limit: 0}", "sweep.prompts.limit is 0. It has to be 1 or more."),
        ("{path: prompts.jsonl, limit: 100001}", "sweep.prompts.limit is 100001. It has to be 100,000 or less."),
        ("{path: prompts.jsonl, text: []}", "sweep.prompts.text is []. It has to be given at least one entry."),
        ("{path: prompts.jsonl, text: 3}", "sweep.prompts.text is 3. It has to be a list, as in [a, b]."),
        ("{categories: [a, a]}", "sweep.prompts.categories has a more than once. Keep one of each."),
        ("{longest: cut}", "sweep.prompts.longest is 'cut', which configspec does not know. Known: error, skip, trunc"),
        ("{pth: prompts.jsonl}", "sweep.prompts.pth is a key that configspec does not know. Did you mean 'path'?"),
    ],
)
def test_what_is_declared_wrongly_is_named(write_inventory: WriteInventory, good: str, written: str, told: str) -> None:
    """The key, what was found, what would do."""
    with pytest.raises(UsageError) as error:
        read_inventory(write_inventory(f"{good}sweep: {{prompts: {written}}}"))
    assert str(error.value).startswith(f"devices.yaml: {told}")
