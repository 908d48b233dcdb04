"""Prompts that do not fit: told all at once, left out or shortened, and counted."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.profiling.prompt_room import AGAIN, Room, check_fits, fit, limits, room_of_draft, shortened
from configspec.testbed.prompt import Prompt
from configspec.testbed.prompts import PromptSet
from configspec.testbed.prompts_spec import Longest

lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12)


def texts_of(lengths: list[int]) -> tuple[PromptSet, list[tuple[int, ...]]]:
    """A prompt of each length, its ids counting up."""
    prompts = tuple(Prompt(id=f"p{number}", content="x") for number in range(len(lengths)))
    found = PromptSet(path=Path("set.jsonl"), shape="prompts", prompts=prompts, in_file=len(prompts))
    return found, [tuple(range(length)) for length in lengths]


def room(tokens: int) -> Room:
    return Room(tokens=tokens, of="the context of t")


@given(lengths, st.integers(9, 40))
def test_what_is_left_out_is_what_does_not_fit(lengths: list[int], tokens: int) -> None:
    """With the new tokens behind it; all else stays as it is."""
    prompts, ids = texts_of([1, *lengths])
    found = fit(prompts, ids, room(tokens), new_tokens=8, longest="skip")
    assert found.ids == tuple(one if len(one) + 8 <= tokens else None for one in ids)
    assert not found.shortened


@given(lengths, st.integers(9, 40))
def test_what_is_shortened_fits_and_keeps_both_ends(lengths: list[int], tokens: int) -> None:
    """As long as it may be; no prompt is left out, and those that fit stay as they are."""
    prompts, ids = texts_of(lengths)
    found = fit(prompts, ids, room(tokens), new_tokens=8, longest="truncate")
    most = tokens - 8
    for place, (whole, one) in enumerate(zip(ids, found.ids, strict=True)):
        assert one is not None
        assert len(one) == min(len(whole), most)
        assert (place in found.shortened) == (one != whole)
        kept = [whole.index(token) for token in one]
        assert kept == sorted(kept)
        gap = [place for place, (a, b) in enumerate(pairwise(kept)) if b != a + 1]
        assert len(gap) <= 1
        assert most == 1 or (one[0], one[-1]) == (whole[0], whole[-1])


@given(lengths, st.integers(9, 60))
def test_all_that_do_not_fit_are_named_at_once(lengths: list[int], tokens: int) -> None:
    """In one error; none where all fit."""
    prompts, ids = texts_of(lengths)
    too_long = [f"'p{place}' ({length} tokens)" for place, length in enumerate(lengths) if length + 8 > tokens]
    if not too_long:
        assert fit(prompts, ids, room(tokens), new_tokens=8, longest="error").ids == tuple(ids)
        return
    with pytest.raises(UsageError) as error:
        fit(prompts, ids, room(tokens), new_tokens=8, longest="error")
    named = [name for name in too_long if name in str(error.value)]
    assert named == too_long[:10]
    assert (f"and {len(too_long) - 10} more" in str(error.value)) == (len(too_long) > 10)


def test_the_error_says_whose_context_it_is_and_what_would_do() -> None:
    """The file, how many, how long they are, how much room there is."""
    prompts, ids = texts_of([3, 2000])
    with pytest.raises(UsageError) as error:
        fit(prompts, ids, room(1024), new_tokens=96, longest="error")
    assert str(error.value) == (
        "set.jsonl: 1 of 2 prompts does not fit: 'p1' (2,000 tokens). sweep.new_tokens asks for 96 more, and the "
        "context of t is 1,024. Lower sweep.new_tokens, raise the context, or write `sweep: {prompts: "
        "{longest: skip}}` to leave such prompts out, `truncate` to shorten them."
    )


@pytest.mark.parametrize(("longest", "tokens"), [("skip", 10), ("truncate", 8)])
def test_a_set_of_which_nothing_fits_is_an_error(longest: str, tokens: int) -> None:
    """To leave all out, or to keep no token, would measure nothing."""
    prompts, ids = texts_of([5, 6])
    with pytest.raises(UsageError, match="2 of 2 prompts do not fit"):
        fit(prompts, ids, room(tokens), new_tokens=8, longest=longest)  # type: ignore[arg-type]


def test_a_context_that_nobody_knows_has_room_for_all() -> None:
    """Of a server that does not say."""
    prompts, ids = texts_of([5000])
    assert fit(prompts, ids, None, new_tokens=8, longest="error").ids == tuple(ids)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 30))
def test_what_is_short_enough_is_not_shortened(ids: list[int], most: int) -> None:
    """And what is shortened is as long as it may be."""
    assert len(shortened(ids, most)) == min(len(ids), most)
    assert len(ids) > most or shortened(ids, most) == tuple(ids)


@given(lengths, st.lists(st.integers(9, 60), max_size=4), st.none() | st.integers(9, 60))
def test_a_room_that_limits_nothing_may_be_left_out(lengths: list[int], rooms: list[int], target: int | None) -> None:
    """What is asked is the same as with all of them, whatever the target's own context."""
    prompts, ids = texts_of([1, *lengths])
    limiting = [one.tokens for one in limits(map(room, rooms), ids, 8)]

    def asked(known: list[int], longest: Longest) -> object:
        shortest = min((*known, *([] if target is None else [target])), default=None)
        return fit(prompts, ids, None if shortest is None else room(shortest), new_tokens=8, longest=longest)

    assert asked(rooms, "skip") == asked(limiting, "skip")
    assert asked(rooms, "truncate") == asked(limiting, "truncate")


def test_rooms_limit_where_a_prompt_does_not_fit_the_shortest() -> None:
    """So a draft with room for all, whose file comes later, does not change the texts of its family."""
    _, ids = texts_of([5, 6])
    assert limits([room(14), room(20)], ids, 8) == ()
    assert limits([room(20), room(13), room(12)], ids, 8) == (room(12),)
    assert limits([], ids, 8) == ()


@given(lengths, st.integers(9, 60))
def test_a_draft_that_comes_later_is_told_as_one_that_was_known(lengths: list[int], tokens: int) -> None:
    """In the same words, where no prompt may be left out."""
    prompts, ids = texts_of(lengths)
    draft, named = room_of_draft("d", tokens), [(one.id, len(of)) for one, of in zip(prompts.prompts, ids, strict=True)]
    told: list[str] = []
    for check in (
        lambda: fit(prompts, ids, draft, new_tokens=8, longest="error"),
        lambda: check_fits(prompts.path, named, draft, new_tokens=8, longest="error"),
    ):
        try:
            check()
            told.append("")
        except UsageError as error:
            told.append(str(error))
    assert told[0] == told[1]
    assert ("the context that the draft d was trained for" in told[0]) == (max(lengths) + 8 > tokens)


@pytest.mark.parametrize(("longest", "done"), [("skip", "left out"), ("truncate", "shortened")])
def test_where_prompts_were_made_to_fit_another_run_makes_them_fit_this_draft_too(longest: Longest, done: str) -> None:
    """To be told to write what is written already would help nobody."""
    with pytest.raises(UsageError, match="1 of 2 prompts does not fit: 'long' \\(90 tokens\\)") as error:
        check_fits(Path("p"), [("short", 3), ("long", 90)], room(97), new_tokens=8, longest=longest)
    assert f"Run again, and such prompts are {done} for all of them" in str(error.value)
    assert str(error.value).endswith(AGAIN[longest])
