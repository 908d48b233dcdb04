"""What a board answers about its model, and what it drafted. Times are of its own monotonic clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from configspec.devices.bounded_values import (
    MAX_VOCABULARY,
    ROUNDING,
    Gap,
    Logarithm,
    Probability,
    Seconds,
    Token,
    Tokens,
)
from configspec.records.bounds import Count

TOKEN_BYTES, PROBABILITY_BYTES = 4, 8  # of `Drawable`


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sequence was started. All but its last token were evaluated, in `elapsed_s`."""

    length: Tokens
    elapsed_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPrefills:
    """The sequence was evaluated from nothing again and again: `evaluated` tokens, all but its last.

    `stamps_s` has for each when it began and when it was done.
    """

    evaluated: Tokens
    stamps_s: tuple[tuple[Seconds, Seconds], ...]

    def __post_init__(self) -> None:
        if not self.evaluated or not self.stamps_s:
            raise ValueError(f"{len(self.stamps_s)} prefills of {self.evaluated} tokens; there is at least one of each")
        flat = [stamp for both in self.stamps_s for stamp in both]
        _check_stamps(flat, len(flat) - 1)

    @property
    def samples_s(self) -> tuple[float, ...]:
        """Seconds of each."""
        return tuple(end_s - begin_s for begin_s, end_s in self.stamps_s)


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
class DraftedWindow:
    """Rounds of K without a pause: the beginning of each, and the end of the last."""

    k: Tokens
    depth: Tokens
    stamps_s: tuple[Seconds, ...]

    def __post_init__(self) -> None:
        _check_stamps(self.stamps_s, max(1, len(self.stamps_s) - 1))


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


def _check_stamps(stamps_s: Sequence[float], tokens: int) -> None:
    if len(stamps_s) != tokens + 1:
        raise ValueError(f"{len(stamps_s)} stamps of {tokens} tokens; one more than tokens is needed")
    if any(later < earlier for earlier, later in pairwise(stamps_s)):
        raise ValueError("its monotonic clock went back")
