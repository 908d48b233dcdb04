"""What a device answers, as plain values. All `_s` figures are durations or stamps of its own monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """A sequence was begun. All but its last token were evaluated, in `elapsed_s`."""

    length: int
    elapsed_s: float


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """For each token of a text from `start` on, given all before it.

    `argmax` is what greedy drafting proposes there, `logprob` the natural logarithm of the text's own token's
    probability, `gap` how far the best logit leads the second. `probability` is that of the text's own token in the
    distribution that sampling draws from, after temperature, top-k and top-p; None where no decoding was given.
    """

    start: int
    argmax: tuple[int, ...]
    logprob: tuple[float, ...]
    gap: tuple[float, ...]
    probability: tuple[float, ...] | None = None
