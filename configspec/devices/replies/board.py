"""What a board answers about itself: who it is, who holds it, how it is. Times are of its own monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configspec.devices.bounded_values import (
    Seconds,
    Text,
    Tokens,
    Word,
)
from configspec.records.bounds import Count
from configspec.records.heat import HeatSeen, HeatState


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What an agent says first. `clock_s` is the board's monotonic clock."""

    configspec_agent: int
    sha256: str | None
    python: Text
    pid: Tokens
    clock_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The progress of a request; all None where the agent only says that it is working."""

    doing: Text | None
    done: Count | None
    total: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a request failed. `kind`: who must act, as `agent/protocol.py` defines it."""

    kind: Literal["usage", "testbed", "internal"]
    what: Text
    found: Text | None
    hint: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done; there is nothing else to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Agents that were lost and were ended: their process ids."""

    ended: tuple[Tokens, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorCounts:
    """What the processors that the agent may use have done since the board began: seconds, all processors together.

    `t_s` is of the clock that times drafts. What the kernel does not show is None, and `reason` names it.
    """

    t_s: Seconds
    own_s: Seconds
    processors: Tokens
    busy_s: Seconds | None
    stolen_s: Seconds | None
    waiting_s: Seconds | None
    throttled_s: Seconds | None
    throttled_periods: Count | None
    reason: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a board, in the words that it wrote about itself."""

    user: Word
    host: Word
    pid: Word
    since: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """A board's lock: whether it is held, where it lies, and who its owner is.

    `fallback_reason`: why it is not the file that all accounts of the board see; None where it is that.
    """

    held: bool
    path: Text | None
    owner: Owner | None
    fallback_reason: Text | None

    def __post_init__(self) -> None:
        if self.held and (self.path is None or self.owner is None):
            raise ValueError("a lock that is held has a path and an owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time on the device's clock."""

    begin_s: Seconds
    end_s: Seconds

    def __post_init__(self) -> None:
        if self.end_s < self.begin_s:
            raise ValueError("its monotonic clock went back")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatNow:
    """The heat of a board now, and what was seen since it was last watched; None where nobody watched."""

    state: HeatState
    seen: HeatSeen | None
