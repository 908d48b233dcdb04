"""A target's own text, from logits that are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from configspec.targets.writing import Writer, filler
from configspec.theory.decoding import Decoding

GREEDY = Decoding()
NO_END: frozenset[int] = frozenset()


class Counting:
    """A model of 8 tokens that counts on: the next has logit 2, the one after it 1.5, the others 0."""

    def __init__(self) -> None:
        self.fed: list[tuple[int, ...]] = []

    def __call__(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        self.fed.append(tuple(tokens))
        logits = np.zeros(8, np.float32)
        logits[[(tokens[-1] + 1) % 8, (tokens[-1] + 2) % 8]] = 2.0, 1.5
        return logits


def test_the_prompt_goes_in_at_once_and_each_token_after_it() -> None:
    """Greedy: the best token each time, certain, and the gap to the second; the last one is not fed."""
    model = Counting()
    written = Writer(logits_after=model, ends=NO_END).write((3, 4), 3, GREEDY, seed=0)
    assert (written.tokens, written.logprobs, written.gaps) == ((5, 6, 7), (0.0, 0.0, 0.0), (0.5, 0.5, 0.5))
    assert model.fed == [(3, 4), (5,), (6,)]


def test_an_end_token_counts_and_stops() -> None:
    """Nothing is written after it."""
    writer = Writer(logits_after=Counting(), ends=frozenset({6}))
    assert writer.write((3,), 9, GREEDY, seed=0).tokens == (4, 5, 6)


def test_sampled_tokens_come_as_often_as_their_probabilities() -> None:
    """Of 2,000 texts, each of the two tokens that top-k 2 leaves begins its share: 1 / (1 + exp(-0.5 / T))."""
    decoding = Decoding(temperature=0.5, top_k=2)
    writer = Writer(logits_after=Counting(), ends=NO_END)
    texts = [writer.write((0,), 1, decoding, seed=seed) for seed in range(2000)]
    likely = 1 / (1 + math.exp(-1.0))
    share = sum(text.tokens == (1,) for text in texts) / len(texts)
    assert share == pytest.approx(likely, abs=4 * math.sqrt(likely * (1 - likely) / len(texts)))
    assert sorted({text.logprobs[0] for text in texts}) == pytest.approx([math.log(1 - likely), math.log(likely)])


def test_filler_is_tokens_of_the_vocabulary() -> None:
    """However long, and however small the vocabulary."""
    assert filler(5, 3) == [0, 1, 2, 0, 1]
