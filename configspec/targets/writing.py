"""A target's own text, token by token: done in the same way by every target that this process runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.targets.target import Continuation
from configspec.theory.decoding import Decoding
from configspec.theory.sampling import sample, warp


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes with one model.

    `logits_after` adds tokens to the text; it returns the logits after the last of them, shape (vocabulary,).
    `ends` are the ids that end a text.
    """

    logits_after: Callable[[Sequence[int]], NDArray[np.float32]]
    ends: frozenset[int]

    def write(self, prompt: Sequence[int], new_tokens: int, decoding: Decoding, *, seed: int) -> Continuation:
        """At most `new_tokens` tokens after `prompt`, which has at least one; an end token counts and stops it."""
        rng = np.random.default_rng(seed)
        tokens: list[int] = []
        logprobs: list[float] = []
        gaps: list[float] = []
        feed = prompt
        while True:
            logits = self.logits_after(feed)
            token, logprob = _choose(logits, decoding, rng)
            tokens.append(token)
            logprobs.append(logprob)
            gaps.append(_gap(logits))
            if token in self.ends or len(tokens) == new_tokens:
                return Continuation(tokens=tuple(tokens), logprobs=tuple(logprobs), gaps=tuple(gaps))
            feed = [token]


def filler(length: int, vocabulary: int) -> list[int]:
    """`length` token ids that mean nothing, to be timed with."""
    return [place % vocabulary for place in range(length)]


def _choose(logits: NDArray[np.float32], decoding: Decoding, rng: np.random.Generator) -> tuple[int, float]:
    if decoding.greedy:
        return int(logits.argmax()), 0.0
    probabilities = warp(logits, decoding)
    token = sample(probabilities, rng)
    return token, math.log(probabilities[token])


def _gap(logits: NDArray[np.float32]) -> float:
    second, best = np.partition(logits, -2)[-2:]
    return float(best - second)
