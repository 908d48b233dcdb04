"""Whether prompts fit where they are read: the target's context, and what the draft models were trained for.

All that do not fit are told at once, before the target writes for an hour; or they are left out, or shortened, as
`sweep.prompts.longest` says, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.errors import UsageError
from configspec.testbed.prompts import PromptSet
from configspec.testbed.prompts_spec import Longest

SHOWN = 10  # prompts that do not fit, by name
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many tokens a text may have. `of` says whose limit it is."""

    tokens: int
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The token ids of each prompt as it is asked; None of those that are left out."""

    ids: tuple[Ids | None, ...]
    shortened: frozenset[int] = frozenset()  # places


def fit(
    prompts: PromptSet, ids: Sequence[Sequence[int]], room: Room | None, *, new_tokens: int, longest: Longest
) -> Fitted:
    """The prompts that fit `room` with `new_tokens` behind them; `room` None has no end.

    A prompt is shortened in its middle: what a template says, and what is asked, stand at its beginning and its end.

    Raises:
        UsageError: One does not fit and `longest` is "error", or none is left, or there is room for no prompt at all.
    """
    if room is None:
        return Fitted(ids=tuple(map(tuple, ids)))
    most = room.tokens - new_tokens
    too_long = [place for place, one in enumerate(ids) if len(one) > most]
    if too_long and (longest == "error" or most < 1):
        raise _too_long(prompts, ids, too_long, room, new_tokens)
    if longest == "truncate":
        return Fitted(ids=tuple(shortened(one, most) for one in ids), shortened=frozenset(too_long))
    if len(too_long) == len(ids):
        raise _too_long(prompts, ids, too_long, room, new_tokens)
    return Fitted(ids=tuple(None if len(one) > most else tuple(one) for one in ids))


def shortened(ids: Sequence[int], most: int) -> Ids:
    """At most `most` tokens, those of the middle taken out; the beginning keeps one more where they are odd.

    >>> shortened((1, 2, 3, 4, 5, 6), 3)
    (1, 2, 6)
    """
    if len(ids) <= most:
        return tuple(ids)
    end = most // 2
    return (*ids[: most - end], *ids[len(ids) - end :])


def _too_long(
    prompts: PromptSet, ids: Sequence[Sequence[int]], places: Sequence[int], room: Room, new_tokens: int
) -> UsageError:
    count = f"{len(places)} of {len(ids)} prompts do" if len(places) != 1 else f"1 of {len(ids)} prompts does"
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    named = ", ".join(f"{prompts.prompts[place].id!r} ({len(ids[place]):,} tokens)" for place in places[:SHOWN])
    return UsageError(
        f"{prompts.path}: {count} not fit: {named}{more}. sweep.new_tokens asks for {new_tokens:,} more, and "
        f"{room.of} is {room.tokens:,}. Lower sweep.new_tokens, raise the context, or write "
        "`sweep: {prompts: {longest: skip}}` to leave such prompts out, `truncate` to shorten them."
    )
