"""What a device answers, as plain values. All `_s` figures are durations or stamps of its own monotonic clock.

A reply is read strictly: one of another shape is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

import msgspec
import numpy as np

T = TypeVar("T")
MAX_VOCABULARY = 2**24  # far above any model's; one number more, and the memory for it would be this host's loss
TOKEN_BYTES, PROBABILITY_BYTES = 4, 8  # of `Drawable`


def read_reply(kind: type[T], value: object) -> T:
    """A reply of that kind out of JSON.

    Raises:
        msgspec.ValidationError: It has another shape; says where, what was expected and what was found.
    """
    return msgspec.convert(value, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What an agent says first. `clock_s` is the board's monotonic clock."""

    sha256: str | None
    python: str
    pid: int
    clock_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The progress of a request; all None where the agent only says that it is working."""

    doing: str | None
    done: int | None
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a request failed. `kind`: who must act, as `agent/protocol.py` defines it."""

    kind: Literal["usage", "testbed", "internal"]
    what: str
    found: str | None
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was done; there is nothing else to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Agents that were lost and were ended: their process ids."""

    ended: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockState:
    """A board's lock: whether it is held, where it lies, and what its owner wrote about itself."""

    held: bool
    path: str | None
    owner: dict[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sequence was started. All but its last token were evaluated, in `elapsed_s`."""

    length: int
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How many tokens the sequence has."""

    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedTokens:
    """K drafted tokens. `stamps_s` has K + 1: when drafting began, and when each token was there.

    `probabilities` are those of the tokens in the distributions that they were sampled from; none where drafting is
    greedy.
    """

    tokens: tuple[int, ...]
    stamps_s: tuple[float, ...]
    length: int  # of the sequence, the draft included
    probabilities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_stamps(self.stamps_s, len(self.tokens))
        if len(self.probabilities) not in (0, len(self.tokens)):
            raise ValueError(f"{len(self.probabilities)} probabilities of {len(self.tokens)} tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawable:
    """A distribution, of which only the tokens that can be drawn travel: uint32 and float64, little-endian."""

    vocabulary: int
    tokens: bytes
    probabilities: bytes

    def __post_init__(self) -> None:
        if not 0 < self.vocabulary <= MAX_VOCABULARY:
            raise ValueError(f"a vocabulary of {self.vocabulary} tokens; 1 to {MAX_VOCABULARY} can be")
        count, odd = divmod(len(self.tokens), TOKEN_BYTES)
        if odd or len(self.probabilities) != count * PROBABILITY_BYTES:
            raise ValueError(f"{len(self.probabilities)} bytes of probabilities and {len(self.tokens)} of tokens")
        if count and np.frombuffer(self.tokens, dtype="<u4").max() >= self.vocabulary:
            raise ValueError(f"a token that is not of the {self.vocabulary} of its vocabulary")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRounds:
    """Rounds of K tokens, each from the same sequence of `depth` tokens; `stamps_s` as in `DraftedTokens`.

    `tokens` are the first round's. Greedy drafting repeats itself: `rounds_that_differ` should be 0.
    """

    k: int
    depth: int
    warmup: int
    tokens: tuple[int, ...]
    rounds_that_differ: int
    stamps_s: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if len(self.tokens) != self.k or not self.stamps_s:
            raise ValueError(f"{len(self.tokens)} tokens in {len(self.stamps_s)} rounds of {self.k}")
        for stamps_s in self.stamps_s:
            _check_stamps(stamps_s, self.k)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """For each token of a text from `start` on, given all before it.

    `argmax` is what greedy drafting proposes there, and `confidence` its probability. Of the text's own token:
    `logprob`, the natural logarithm of its probability, and `rank`, how many tokens have a larger logit. `gap`: how far
    the best logit leads the second. `probability` is that of the text's own token in the distribution that sampling
    draws from, after temperature, top-k and top-p; None where no decoding was given.
    """

    start: int
    argmax: tuple[int, ...]
    logprob: tuple[float, ...]
    gap: tuple[float, ...]
    confidence: tuple[float, ...]
    rank: tuple[int, ...]
    probability: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        columns = (self.argmax, self.logprob, self.gap, self.confidence, self.rank, self.probability)
        if len({len(column) for column in columns if column is not None}) > 1:
            raise ValueError("its columns are of unequal length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folder of model files: its path, and the names of what is in it."""

    path: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file on the device. `size_bytes` None: it is missing. `sha256` None: its size was not the expected one."""

    path: str
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A file was announced: how much of its beginning has arrived before, and the hash of that."""

    have_bytes: int
    have_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A chunk was written: how much of the file is there."""

    have_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file is whole, verified and in its place."""

    path: str


def _check_stamps(stamps_s: Sequence[float], tokens: int) -> None:
    if len(stamps_s) != tokens + 1:
        raise ValueError(f"{len(stamps_s)} stamps of {tokens} tokens; one more than tokens is needed")
    if any(later < earlier for earlier, later in pairwise(stamps_s)):
        raise ValueError("its monotonic clock went back")
