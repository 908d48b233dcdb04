"""Random models whose memory cannot be cut: what is written, and what is judged of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from example_rows import DECODED, measured_row
from hypothesis import given
from hypothesis import strategies as st

gguf = pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")
from recurrent import MEDIAN_AT_MOST, WORST_AT_MOST, lines  # noqa: E402 (needs gguf)
from recurrent_models import (  # noqa: E402
    ARCHITECTURES,
    RandomModel,
    invented_vocabulary,
    successors,
    vocabulary_of,
    write_model,
)

ROOT = Path(__file__).parents[2]


@given(st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=30), max_size=5))
def test_a_successor_follows_no_less_often_than_any_other_token(texts):
    """Counted one pair after the other; a token that nothing follows is followed by itself."""
    table = successors(texts, 6)
    pairs = [pair for text in texts for pair in pairwise(text)]
    for token, best in enumerate(table):
        often = [pairs.count((token, other)) for other in range(6)]
        assert often[best] == max(often) if any(often) else best == token


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_same_model_is_the_same_file_and_has_the_vocabulary_it_was_given(architecture, tmp_path):
    """So that it may draft for the same target, and a failure comes back."""
    model = RandomModel(architecture=architecture, vocabulary=invented_vocabulary(70), width=64, layers=2)
    for name in ("one.gguf", "other.gguf"):
        write_model(tmp_path / name, model)
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "other.gguf").read_bytes()
    assert vocabulary_of(tmp_path / "one.gguf") == model.vocabulary


def test_the_median_and_the_worst_error_are_judged():
    """Of three configurations that are 1 %, 2 % and 12 % off: the worst misses its bound."""
    rows = [
        measured_row(k, end_to_end=replace(DECODED, goodput_tokens_per_s=100.0, predicted_goodput_tokens_per_s=found))
        for k, found in ((1, 101.0), (2, 98.0), (4, 112.0))
    ]
    median, worst = lines(rows)
    assert (median.judged, worst.judged) == pytest.approx((0.02, 0.12))
    assert (median.met, worst.met) == (True, False)
    assert len(median.notes) == 3


def test_the_bounds_are_those_of_the_manual():
    """As docs/peers.md has them."""
    manual = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    part = manual.partition("| `recurrent` |")[2].partition("| `plugin` |")[0]
    for bound in (MEDIAN_AT_MOST, WORST_AT_MOST):
        assert f"at most {bound:.0%}".replace("%", " %") in part
