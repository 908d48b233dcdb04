"""From logits to a distribution, and drawing from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import chisquare

from configspec.theory.decoding import Decoding
from configspec.theory.sampling import residual, sample, warp

law = settings(deadline=None)
# Halves: ties are frequent. Wide: exp of the lowest is 0 where the temperature is low.
rows = arrays(np.float32, st.integers(1, 30), elements=st.integers(-60, 60).map(lambda half: half / 2))
sampled = st.builds(
    Decoding,
    temperature=st.floats(0.01, 10.0),
    top_k=st.integers(0, 35),
    top_p=st.floats(0.01, 1.0),
)
weights = arrays(np.float64, 8, elements=st.floats(0.0, 1.0)).filter(lambda row: row.sum() > 0)


@law
@given(rows, sampled)
def test_what_is_drawn_from_is_a_distribution(logits: NDArray[np.float32], decoding: Decoding) -> None:
    """No probability is negative, they add up to 1, and the best token keeps one."""
    probabilities = warp(logits, decoding)
    assert (probabilities >= 0).all()
    assert probabilities.sum() == pytest.approx(1.0)
    assert probabilities[logits.argmax()] == probabilities.max() > 0


@law
@given(rows, sampled)
def test_top_p_keeps_the_fewest_tokens_that_reach_it(logits: NDArray[np.float32], decoding: Decoding) -> None:
    """What stays has at least p of what temperature and top-k left; without its least token it has less."""
    whole = warp(logits, Decoding(temperature=decoding.temperature, top_k=decoding.top_k))
    kept = np.flatnonzero(warp(logits, decoding))
    reached = np.sort(whole[kept])[::-1].cumsum()
    assert reached[-1] >= decoding.top_p - 1e-12
    assert decoding.top_p == 1 or (reached[:-1] < decoding.top_p + 1e-12).all()
    assert whole[kept].min() >= np.delete(whole, kept).max(initial=0.0)


@law
@given(rows, sampled)
def test_several_rows_are_each_as_alone(logits: NDArray[np.float32], decoding: Decoding) -> None:
    """The last axis is the vocabulary; the others only lie around it."""
    turned = logits[::-1]
    together = warp([[logits, turned]], decoding)
    assert together.shape == (1, 2, logits.size)
    np.testing.assert_array_equal(together[0, 0], warp(logits, decoding))
    np.testing.assert_array_equal(together[0, 1], warp(turned, decoding))


@pytest.mark.parametrize(
    ("decoding", "expected"),
    [
        (Decoding(), [0, 1, 0, 0]),
        (Decoding(temperature=1.0), [2 / 8, 4 / 8, 1 / 8, 1 / 8]),
        (Decoding(temperature=0.5), [4 / 22, 16 / 22, 1 / 22, 1 / 22]),
        (Decoding(temperature=1.0, top_k=2), [1 / 3, 2 / 3, 0, 0]),
        (Decoding(temperature=1.0, top_k=3), [2 / 8, 4 / 8, 1 / 8, 1 / 8]),
        (Decoding(temperature=1.0, top_p=0.74), [1 / 3, 2 / 3, 0, 0]),
        (Decoding(temperature=1.0, top_p=0.76), [2 / 7, 4 / 7, 1 / 7, 0]),
        (Decoding(temperature=1.0, top_p=0.001), [0, 1, 0, 0]),
        (Decoding(temperature=1.0, top_k=2, top_p=0.6), [0, 1, 0, 0]),
        (Decoding(temperature=1e-9), [0, 1, 0, 0]),
    ],
)
def test_known_distributions(decoding: Decoding, expected: list[float]) -> None:
    """Weights 2, 4, 1, 1, by hand. Two equal at top-k's edge both stay; top-p takes the lower id, after top-k."""
    np.testing.assert_allclose(warp(np.log([2, 4, 1, 1]), decoding), expected, atol=1e-15)


@pytest.mark.real
def test_the_distribution_is_that_of_transformers() -> None:
    """Its three warpers, in its order, on 300 rows: the same tokens stay, with the same probabilities."""
    torch = pytest.importorskip("torch")
    process = pytest.importorskip("transformers.generation.logits_process")
    rng = np.random.default_rng(20260409)
    for _ in range(300):
        decoding = Decoding(
            temperature=rng.uniform(0.2, 2.0), top_k=int(rng.integers(1, 60)), top_p=rng.uniform(0.05, 1.0)
        )
        logits = rng.normal(scale=3.0, size=50)
        scores = torch.tensor(logits)[None]
        scores = process.TemperatureLogitsWarper(decoding.temperature)(None, scores)
        scores = process.TopKLogitsWarper(min(decoding.top_k, 50))(None, scores)
        scores = process.TopPLogitsWarper(decoding.top_p)(None, scores)
        theirs = scores.softmax(dim=-1)[0].numpy()
        ours = warp(logits, decoding)
        np.testing.assert_array_equal(ours > 0, theirs > 0)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_tokens_are_drawn_as_often_as_their_probability_says() -> None:
    """Chi-square over 20,000 draws; the tokens of probability 0 are never drawn."""
    probabilities = np.array([0.0, 0.1, 0.0, 0.6, 0.3, 0.0])
    rng = np.random.default_rng(1)
    drawn = np.bincount([sample(probabilities, rng) for _ in range(20_000)], minlength=6)
    possible = probabilities > 0
    assert drawn[~possible].sum() == 0
    assert chisquare(drawn[possible], 20_000 * probabilities[possible]).pvalue > 0.001


@law
@given(weights, weights)
def test_what_the_draft_gives_and_what_it_left_are_the_target(p: NDArray[np.float64], q: NDArray[np.float64]) -> None:
    """Why rejection sampling is exact: min(p, q) + P(rejected) * residual = p."""
    p, q = p / p.sum(), q / q.sum()
    accepted = np.minimum(p, q)
    np.testing.assert_allclose(accepted + (1 - accepted.sum()) * residual(p, q), p, atol=1e-12)


def test_where_the_draft_left_nothing_the_target_is_drawn_from() -> None:
    """Equal distributions reject by rounding only; there is still a token to draw."""
    p = np.array([0.25, 0.75])
    np.testing.assert_array_equal(residual(p, p), p)
