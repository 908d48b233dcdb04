"""Counts become acceptance as this package means it, whichever way a tool has counted."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.importers.acceptance import Counts, acceptance_rows, rate_of_length, summed
from configspec.records.importers.source_text import SourceText
from configspec.theory.ids import Drafter

HERE = SourceText(Path("x.log"), "")
XS = Drafter(draft="xs", quant="Q8_0")


@st.composite
def rounds(draw: st.DrawFn) -> tuple[int, list[int]]:
    """K, and how many tokens each of some rounds accepted."""
    k = draw(st.integers(1, 12))
    return k, draw(st.lists(st.integers(0, k), min_size=2, max_size=200))


def counts_of(k: int, accepted: list[int]) -> Counts:
    n = len(accepted)
    shares = tuple(sum(one > i for one in accepted) / n for i in range(k))
    return Counts(k=k, rounds=n, drafted=k * n, accepted=sum(accepted), by_position=shares)


@given(rounds())
def test_the_rate_is_accepted_over_drafted(given_rounds: tuple[int, list[int]]):
    """And 1 + K rate is what vLLM, SGLang and llama-server call the mean length."""
    k, accepted = given_rounds
    row = acceptance_rows(HERE, counts_of(k, accepted), "f", XS, "x")[-1]
    assert row.rate.value == pytest.approx(sum(accepted) / (k * len(accepted)))
    assert rate_of_length(1 + sum(accepted) / len(accepted), k) == pytest.approx(row.rate.value)


@given(rounds())
def test_positions_give_a_row_for_each_smaller_k(given_rounds: tuple[int, list[int]]):
    """The acceptance of the first j tokens of each round, which says so where j is not K."""
    k, accepted = given_rounds
    rows = acceptance_rows(HERE, counts_of(k, accepted), "f", XS, "x")
    for j, row in enumerate(rows, 1):
        assert row.k == j
        assert row.rate.value == pytest.approx(sum(min(one, j) for one in accepted) / (j * len(accepted)), abs=1e-12)
        assert bool(row.warnings) == (j < k)


@given(rounds())
def test_positions_narrow_the_interval(given_rounds: tuple[int, list[int]]):
    """Without them the variance is only known to be at most m (K - m)."""
    k, accepted = given_rounds
    whole = counts_of(k, accepted)
    bare = Counts(k=k, rounds=whole.rounds, drafted=whole.drafted, accepted=whole.accepted)
    known, unknown = (acceptance_rows(HERE, one, "f", XS, "x")[-1].rate for one in (whole, bare))
    assert unknown.low <= known.low + 1e-9
    assert known.high <= unknown.high + 1e-9


def test_the_interval_holds_the_truth():
    """Of rounds that are drawn independently, in at least 93 of 100 experiments (95 is what it says)."""
    chance, k, p, held = random.Random(7), 4, 0.7, 0
    truth = sum(p**i for i in range(1, k + 1)) / k
    for _ in range(400):
        accepted = [next((i for i in range(k) if chance.random() > p), k) for _ in range(150)]
        rate = acceptance_rows(HERE, counts_of(k, accepted), "f", XS, "x")[-1].rate
        held += rate.low <= truth <= rate.high
    assert held >= 0.93 * 400


@given(st.lists(rounds(), min_size=2, max_size=4))
def test_pooling_is_counting_together(several: list[tuple[int, list[int]]]):
    """Whatever the texts, if their K is one."""
    k = several[0][0]
    texts = [[min(one, k) for one in accepted] for _, accepted in several]
    pooled, whole = summed([counts_of(k, one) for one in texts]), counts_of(k, [one for text in texts for one in text])
    assert (pooled.rounds, pooled.drafted, pooled.accepted) == (whole.rounds, whole.drafted, whole.accepted)
    assert pooled.by_position == pytest.approx(whole.by_position)


def test_shorter_rounds_count_as_rounds_of_k():
    """K rate + 1 stays what a round yields, and the row says that the rounds were shorter."""
    (row,) = acceptance_rows(HERE, Counts(k=8, rounds=100, drafted=300, accepted=240), "f", XS, "x")
    assert 1 + 8 * row.rate.value == pytest.approx(3.4)
    assert row.warnings == ("rounds drafted 3 tokens on average, not 8",)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(k=3, rounds=10, drafted=30, accepted=31), "31 of 30"),
        (Counts(k=2, rounds=10, drafted=30, accepted=5), "--k is another"),
        (Counts(k=2, rounds=0, drafted=0, accepted=0), "nothing was drafted"),
        (Counts(k=2, rounds=10, drafted=20, accepted=10, by_position=(0.4, 0.6)), "rises"),
        (Counts(k=2, rounds=10, drafted=20, accepted=10, by_position=(0.9, 0.8)), "contradict"),
        (Counts(k=2, rounds=10, drafted=20, accepted=10, by_position=(1.4, 0.1)), "from 0 to 1"),
        (Counts(k=2, rounds=math.nan, drafted=20, accepted=10), "nothing was drafted"),
    ],
)
def test_counts_that_cannot_be_are_told(counts: Counts, words: str):
    """More accepted than drafted, another K, acceptance that rises with the position."""
    with pytest.raises(RecordError, match=words):
        acceptance_rows(HERE, counts, "f", XS, "x")
