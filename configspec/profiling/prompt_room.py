"""Whether prompts fit where they are read: the target's context, and what the draft models were trained for.

All that do not fit are told at once, before the target writes for an hour; or they are left out, or shortened, as
`sweep.prompts.longest` says, and counted.

A draft model that is fetched from the hub says what it was trained for when it is here. The target's text is common to
all drafts of a family and planned by then, so what does not fit is that draft's own error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.testbed.prompts import PromptSet
from configspec.testbed.prompts_spec import Longest


class DoesNotFitError(UsageError):
    """A prompt has no room, or there is room for none."""


SHOWN = 10  # prompts that do not fit, by name
CHANGE = (
    "Lower sweep.new_tokens, raise the context, or write `sweep: {prompts: {longest: skip}}` to leave such prompts "
    "out, `truncate` to shorten them."
)
_AGAIN = (
    "Which prompts the family's drafts are given was settled before this draft's file was here. Run again, and such "
    "prompts are {done} for all of them; or select other drafts with --draft."
)
AGAIN = {"skip": _AGAIN.format(done="left out"), "truncate": _AGAIN.format(done="shortened")}
Ids = tuple[int, ...]
Named = tuple[str, int]  # a prompt's id, and its tokens


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


def room_of_draft(name: str, tokens: int) -> Room:
    """What a draft model was trained for."""
    return Room(tokens=tokens, of=f"the context that the draft {name} was trained for")


def limits(rooms: Iterable[Room], ids: Sequence[Sequence[int]], new_tokens: int) -> tuple[Room, ...]:
    """The shortest of `rooms` where a prompt does not fit it, else none: what has room for all changes nothing.

    So the texts of a family stay those that they are when the files of another draft come to this machine.
    """
    shortest = min(rooms, key=lambda room: room.tokens, default=None)
    if shortest is None or all(len(one) + new_tokens <= shortest.tokens for one in ids):
        return ()
    return (shortest,)


def fit(
    prompts: PromptSet, ids: Sequence[Sequence[int]], room: Room | None, *, new_tokens: int, longest: Longest
) -> Fitted:
    """The prompts that fit `room` with `new_tokens` behind them; `room` None has no end.

    A prompt is shortened in its middle: what a template says, and what is asked, stand at its beginning and its end.

    Raises:
        DoesNotFitError: One does not fit and `longest` is "error", or none is left, or there is room for none at all.
    """
    if room is None:
        return Fitted(ids=tuple(map(tuple, ids)))
    most = room.tokens - new_tokens
    lengths = [(prompt.id, len(one)) for prompt, one in zip(prompts.prompts, ids, strict=True)]
    too_long = [place for place, one in enumerate(ids) if len(one) > most]
    if too_long and (longest == "error" or most < 1 or (longest == "skip" and len(too_long) == len(ids))):
        raise _too_long(prompts.path, lengths, room, new_tokens, CHANGE)
    if longest == "truncate":
        return Fitted(ids=tuple(shortened(one, most) for one in ids), shortened=frozenset(too_long))
    return Fitted(ids=tuple(None if len(one) > most else tuple(one) for one in ids))


def check_fits(path: Path, lengths: Sequence[Named], room: Room, *, new_tokens: int, longest: Longest) -> None:
    """Hold the prompts that are asked against a room that was not known when they were chosen.

    Args:
        path: Of their file.
        lengths: Each with its tokens.
        room: Of the draft whose file has come.
        new_tokens: How many may follow.
        longest: What was done with prompts that did not fit what was known.

    Raises:
        DoesNotFitError: One does not fit.
    """
    if any(tokens + new_tokens > room.tokens for _, tokens in lengths):
        raise _too_long(path, lengths, room, new_tokens, CHANGE if longest == "error" else AGAIN[longest])


def shortened(ids: Sequence[int], most: int) -> Ids:
    """At most `most` tokens, those of the middle taken out; the beginning keeps one more where they are odd.

    >>> shortened((1, 2, 3, 4, 5, 6), 3)
    (1, 2, 6)
    """
    if len(ids) <= most:
        return tuple(ids)
    end = most // 2
    return (*ids[: most - end], *ids[len(ids) - end :])


def _too_long(path: Path, lengths: Sequence[Named], room: Room, new_tokens: int, advice: str) -> DoesNotFitError:
    found = [one for one in lengths if one[1] + new_tokens > room.tokens]
    count = f"{len(found)} of {len(lengths)} prompts do" if len(found) != 1 else f"1 of {len(lengths)} prompts does"
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    named = ", ".join(f"{name!r} ({tokens:,} tokens)" for name, tokens in found[:SHOWN])
    return DoesNotFitError(
        f"{path}: {count} not fit: {named}{more}. sweep.new_tokens asks for {new_tokens:,} more, and "
        f"{room.of} is {room.tokens:,}. {advice}"
    )
