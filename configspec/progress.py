"""How long work tells what it is at, and which part of it is over: one callback for each, at every level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Progress: TypeAlias = Callable[[str], None]
Work: TypeAlias = Literal["text", "draft", "cell", "decoding"]


class Notice(str):
    """A text that is worth reading later too, a fault or a warning: it stays where others are rewritten in place."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A part of a run that is over.

        text        a target's text for the prompts                of a family
        draft       a draft's file, and its acceptance             of a drafter of a family
        cell        what a device was measured for                 of a cell
        decoding    a real decoding                                of a configuration

    `name` is what it is of, in words; `share` the part of it that is over now, 1 where it is done in one go. `seconds`:
    how long that took; None where it cost nothing or failed, so that nothing follows from it for others of its kind.
    """

    work: Work
    name: str
    device: str | None  # None: work of the host, for whichever device
    seconds: float | None
    share: float = 1.0


def silent(text: str) -> None:
    """Report to nobody."""


def unheard(part: Finished) -> None:
    """Report to nobody."""
