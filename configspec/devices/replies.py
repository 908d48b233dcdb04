"""What a device answers, as plain values. All `_s` figures are durations or stamps of its own monotonic clock.

A reply is read strictly: one of another shape, with a value that cannot be, or with a field more, is an error. What it
must have in common with its request, `agreement.py` checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

import msgspec
import numpy as np

from configspec.devices.bounded_values import (
    MAX_VOCABULARY,
    ROUNDING,
    Gap,
    Held,
    Hexadecimal,
    Logarithm,
    Power,
    Probability,
    Seconds,
    Status,
    Text,
    Token,
    Tokens,
    Word,
)
from configspec.devices.fact_bounds import check_facts
from configspec.printable import printable
from configspec.records.bounds import Count, Sha256
from configspec.records.heat import HeatSeen, HeatState
from configspec.records.meter import Boundary, MeterFacts

T = TypeVar("T")
TOKEN_BYTES, PROBABILITY_BYTES = 4, 8  # of `Drawable`
MOST_LOOKED_FOR = 40  # meters; there are fewer kinds
REASON_LETTERS = 400  # of what is wrong in a reply


def read_reply(kind: type[T], value: object) -> T:
    """A reply of that kind out of JSON.

    Raises:
        msgspec.ValidationError: It cannot be: says where, what was expected and what was found.
    """
    known: Mapping[str, object] = getattr(kind, "__dataclass_fields__", {})
    if isinstance(value, dict) and not value.keys() <= known.keys():
        raise msgspec.ValidationError(f"Unknown field {min(value.keys() - known.keys())!r:.80}")
    check_facts(kind, value)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:  # it repeats a word that is none of those that can be
        raise msgspec.ValidationError(printable(str(problem), at_most=REASON_LETTERS)) from None
    except OverflowError:  # an integer that no float can hold
        raise msgspec.ValidationError("A number is out of range") from None


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
class Begun:
    """A sequence was started. All but its last token were evaluated, in `elapsed_s`."""

    length: Tokens
    elapsed_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How many tokens the sequence has."""

    length: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingBack:
    """What a round takes where the model's memory cannot be cut.

    `restore_s`: to write a copy of it back, before drafting began; 0 where nothing was taken back. `save_s`: to copy
    it, between the first two tokens; 0 where K is 1. `pending`: tokens that were evaluated for the first one.
    """

    restore_s: Seconds
    save_s: Seconds
    pending: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedTokens:
    """K drafted tokens. `stamps_s` has K + 1: when drafting began, and when each token was there.

    `probabilities` are those of the tokens in the distributions that they were sampled from; none where drafting is
    greedy. `going_back` is None where the model's memory can be cut.
    """

    tokens: tuple[Token, ...]
    stamps_s: tuple[Seconds, ...]
    length: Tokens  # of the sequence, the draft included
    probabilities: tuple[Probability, ...] = ()
    going_back: GoingBack | None = None

    def __post_init__(self) -> None:
        _check_stamps(self.stamps_s, len(self.tokens))
        if len(self.probabilities) not in (0, len(self.tokens)):
            raise ValueError(f"{len(self.probabilities)} probabilities of {len(self.tokens)} tokens")
        if self.going_back is not None and self.going_back.save_s > self.drafting_s:
            raise ValueError(f"{self.going_back.save_s:g} s of {self.drafting_s:g} s are of a copy")

    @property
    def drafting_s(self) -> float:
        """Seconds from the first stamp to the last."""
        return self.stamps_s[-1] - self.stamps_s[0]

    @property
    def restore_s(self) -> float:
        """Seconds to go back before that; 0 where the model's memory is cut, which takes next to nothing."""
        return 0.0 if self.going_back is None else self.going_back.restore_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawable:
    """A distribution, of which only the tokens that can be drawn travel: uint32 and float64, little-endian."""

    vocabulary: Count
    tokens: bytes
    probabilities: bytes

    def __post_init__(self) -> None:
        if not 0 < self.vocabulary <= MAX_VOCABULARY:
            raise ValueError(f"a vocabulary of {self.vocabulary} tokens; 1 to {MAX_VOCABULARY} can be")
        count, odd = divmod(len(self.tokens), TOKEN_BYTES)
        if odd or len(self.probabilities) != count * PROBABILITY_BYTES:
            raise ValueError(f"{len(self.probabilities)} bytes of probabilities and {len(self.tokens)} of tokens")
        tokens = np.frombuffer(self.tokens, dtype="<u4")
        if not count or tokens[-1] >= self.vocabulary or (tokens[1:] <= tokens[:-1]).any():
            raise ValueError(f"its tokens are not rising, or not of the {self.vocabulary} of its vocabulary")
        probabilities = np.frombuffer(self.probabilities, dtype="<f8")
        # `not ... <=`: NaN is neither
        if not (probabilities.min() >= 0 and abs(float(probabilities.sum()) - 1) <= ROUNDING):
            raise ValueError("its probabilities are no distribution")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRounds:
    """Rounds of K tokens, each from the same sequence of `depth` tokens; `stamps_s` as in `DraftedTokens`.

    `tokens` are the first round's. Greedy drafting repeats itself: `rounds_that_differ` should be 0.
    """

    k: Tokens
    depth: Tokens
    warmup: Tokens
    tokens: tuple[Token, ...]
    rounds_that_differ: Tokens
    stamps_s: tuple[tuple[Seconds, ...], ...]

    def __post_init__(self) -> None:
        if len(self.tokens) != self.k or not self.stamps_s:
            raise ValueError(f"{len(self.tokens)} tokens in {len(self.stamps_s)} rounds of {self.k}")
        if self.rounds_that_differ >= len(self.stamps_s):  # from the first, which does not
            raise ValueError(f"{self.rounds_that_differ} of {len(self.stamps_s)} rounds differ from the first")
        for stamps_s in self.stamps_s:
            _check_stamps(stamps_s, self.k)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedReturns:
    """What going back costs a model whose memory cannot be cut: samples in seconds, a tuple for each of `pending`.

    `restore_s`: to write a copy of its memory back, which has all but the last of `depth` tokens. `first_two_s`: to
    draft two tokens where so many are pending. `save_s`: to copy the memory between them.
    """

    depth: Tokens
    checkpoint_bytes: Count
    pending: tuple[Tokens, ...]
    restore_s: tuple[tuple[Seconds, ...], ...]
    first_two_s: tuple[tuple[Seconds, ...], ...]
    save_s: tuple[tuple[Seconds, ...], ...]

    def __post_init__(self) -> None:
        for samples in (self.restore_s, self.first_two_s, self.save_s):
            lengths = {len(of_count) for of_count in samples}
            if len(samples) != len(self.pending) or len(lengths) != 1 or 0 in lengths:
                raise ValueError(
                    f"samples of {len(samples)} numbers of pending tokens, where {len(self.pending)} are named"
                )

    @property
    def rounds(self) -> int:
        """How many samples there are of each number of pending tokens."""
        return len(self.restore_s[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """For each token of a text from `start` on, given all before it.

    `argmax` is what greedy drafting proposes there, and `confidence` its probability. Of the text's own token:
    `logprob`, the natural logarithm of its probability, and `rank`, how many tokens have a larger logit. `gap`: how far
    the best logit leads the second. `probability` is that of the text's own token in the distribution that sampling
    draws from, after temperature, top-k and top-p; None where no decoding was given.
    """

    start: Tokens
    argmax: tuple[Token, ...]
    logprob: tuple[Logarithm, ...]
    gap: tuple[Gap, ...]
    confidence: tuple[Probability, ...]
    rank: tuple[Token, ...]
    probability: tuple[Probability, ...] | None = None

    def __post_init__(self) -> None:
        columns = (self.argmax, self.logprob, self.gap, self.confidence, self.rank, self.probability)
        if len({len(column) for column in columns if column is not None}) > 1:
            raise ValueError("its columns are of unequal length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A folder of model files: its path, and the names of what is in it."""

    path: Text
    names: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file on the device. `size_bytes` None: it is missing. `sha256` None: its size was not the expected one."""

    path: Text
    size_bytes: Count | None
    sha256: Sha256 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A file was announced: how much of its beginning has arrived before, and the hash of that."""

    have_bytes: Count
    have_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A chunk was written: how much of the file is there."""

    have_bytes: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file is whole, verified and in its place."""

    path: Text


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedWindow:
    """Rounds of K without a pause: the beginning of each, and the end of the last."""

    k: Tokens
    depth: Tokens
    stamps_s: tuple[Seconds, ...]

    def __post_init__(self) -> None:
        _check_stamps(self.stamps_s, max(1, len(self.stamps_s) - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMeter:
    """The meter that was found, if any; and those that were looked for before it, each with why it was not taken."""

    facts: MeterFacts | None
    looked_for: tuple[tuple[Text, Text], ...]

    def __post_init__(self) -> None:
        if len(self.looked_for) > MOST_LOOKED_FOR:
            raise ValueError(f"{len(self.looked_for)} meters were looked for; at most {MOST_LOOKED_FOR} can be")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a meter showed, as columns: `values` has one a channel, None where that channel failed.

    `failures` are the first of `failed` readings that failed, with the time and the reason. `ended`: why it is read no
    more. `cpu_s`: seconds of a processor that reading took so far.
    """

    t_s: tuple[Seconds, ...]
    values: tuple[tuple[Power | None, ...], ...]
    stamps: tuple[Text | None, ...] | None
    failures: tuple[tuple[Seconds, Text], ...]
    failed: Count
    ended: Text | None
    cpu_s: Seconds

    def __post_init__(self) -> None:
        columns = [*self.values, *(() if self.stamps is None else (self.stamps,))]
        if any(len(column) != len(self.t_s) for column in columns):
            raise ValueError(f"{len(self.t_s)} times, and columns of other lengths")

    def check_channels(self, facts: MeterFacts) -> None:
        """ValueError where they are those of another meter."""
        if len(self.values) != len(facts.channels):
            raise ValueError(f"readings of {len(self.values)} channels, and the meter has {len(facts.channels)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedMeter:
    """All that reading a meter once reads of its board, and the values; `agent/power/surroundings.py` has the parts.

    `boundary`: what its figure holds by itself, whatever the owner states.
    """

    files: Mapping[Text, str | None]
    links: Mapping[Text, Text]
    programs: tuple[tuple[tuple[Text, ...], Status, str], ...]
    answers: tuple[tuple[Text, Status, str], ...]
    lines: Mapping[Text, tuple[str, ...]]
    ports: tuple[tuple[Hexadecimal, Hexadecimal], ...]
    library: Mapping[Text, tuple[Status, Held | str | None]]
    values: tuple[Power, ...]
    boundary: Boundary

    def __post_init__(self) -> None:
        if not all(command for command, _, _ in self.programs):
            raise ValueError("a program without a name")


def _check_stamps(stamps_s: Sequence[float], tokens: int) -> None:
    if len(stamps_s) != tokens + 1:
        raise ValueError(f"{len(stamps_s)} stamps of {tokens} tokens; one more than tokens is needed")
    if any(later < earlier for earlier, later in pairwise(stamps_s)):
        raise ValueError("its monotonic clock went back")
