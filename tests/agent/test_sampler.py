"""The agent's sampling: the host's distributions, by code of its own, and what of them travels."""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import chisquare

from configspec.agent.llama.sampler import Sampling, as_json
from configspec.agent.protocol import MAX_LINE_BYTES, AgentError, encode
from configspec.theory.decoding import Decoding
from configspec.theory.sampling import warp

law = settings(deadline=None)
# Halves: ties are frequent. Wide: exp of the lowest is 0 where the temperature is low.
halves = st.integers(-60, 60).map(lambda half: half / 2)
rows = arrays(np.float32, st.integers(1, 30), elements=halves | st.floats(-30, 30, width=32))
sampled = st.builds(
    Decoding,
    temperature=st.floats(0.01, 10.0),
    top_k=st.integers(0, 35),
    top_p=st.floats(0.01, 1.0),
)


def sampling_of(decoding: Decoding) -> Sampling:
    return Sampling(np, temperature=decoding.temperature, top_k=decoding.top_k, top_p=decoding.top_p)


@law
@given(rows, sampled)
def test_the_board_draws_from_what_the_host_computes(logits: NDArray[np.float32], decoding: Decoding) -> None:
    """For any logits: the same tokens can be drawn, with the same probabilities, up to the order of a sum."""
    tokens, probabilities = sampling_of(decoding).distribution(logits)
    of_host = warp(logits, decoding)
    np.testing.assert_array_equal(tokens, np.flatnonzero(of_host))
    np.testing.assert_allclose(probabilities, of_host[tokens], rtol=1e-14)


@law
@given(rows, sampled, st.integers(0, 29))
def test_the_probability_of_one_token_is_that_of_the_distribution(
    logits: NDArray[np.float32], decoding: Decoding, token: int
) -> None:
    """Zero where the token cannot be drawn."""
    token %= logits.size
    found = sampling_of(decoding).probability(logits, token)
    assert found == pytest.approx(warp(logits, decoding)[token], rel=1e-14)


def test_tokens_are_drawn_as_often_as_their_probability_says() -> None:
    """Chi-square over 20,000 draws, and each comes with its own probability."""
    tokens, probabilities = np.array([3, 5, 8]), np.array([0.1, 0.6, 0.3])
    source = random.Random(1)
    drawn = [
        Sampling(np, temperature=1.0, top_k=0, top_p=1.0).draw((tokens, probabilities), source) for _ in range(20_000)
    ]
    assert set(drawn) == set(zip(tokens.tolist(), probabilities.tolist(), strict=True))
    counts = [sum(token == one for token, _ in drawn) for one in tokens]
    assert chisquare(counts, 20_000 * probabilities).pvalue > 0.001


@pytest.mark.parametrize("damaged", [np.nan, np.inf])
@pytest.mark.parametrize("top_k", [0, 2])
def test_logits_that_are_not_finite_are_a_fault_of_the_board(damaged: float, top_k: int) -> None:
    """NaN or infinity anywhere is an error and not a token."""
    sampling = Sampling(np, temperature=1.0, top_k=top_k, top_p=0.9)
    with pytest.raises(AgentError, match="not finite"):
        sampling.distribution(np.array([0.0, damaged, 1.0], dtype=np.float32))


def test_a_token_that_is_ruled_out_may_have_a_logit_of_minus_infinity() -> None:
    """It is never drawn, and disturbs nothing."""
    tokens, probabilities = Sampling(np, temperature=1.0, top_k=0, top_p=1.0).distribution(
        np.array([0.0, -np.inf, 0.0])
    )
    assert (tokens.tolist(), probabilities.tolist()) == ([0, 2], [0.5, 0.5])


def test_a_distribution_travels_without_loss() -> None:
    """Little-endian uint32 and float64, in base64; 128,256 tokens, as Llama 3 has, fit into one line."""
    count = 128_256
    probabilities = np.random.default_rng(0).dirichlet(np.ones(count))
    answer: dict[str, Any] = as_json((np.arange(count), probabilities))
    assert len(encode({"id": 1, "ok": answer})) < MAX_LINE_BYTES
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(answer["tokens"]), "<u4"), np.arange(count))
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(answer["probabilities"]), "<f8"), probabilities)


def test_a_distribution_too_long_for_a_line_is_refused_with_a_way_out() -> None:
    """The error has the numbers, and names top_k."""
    count = MAX_LINE_BYTES // 16
    with pytest.raises(AgentError, match="longer than a line") as refused:
        as_json((np.arange(count), np.full(count, 1 / count)))
    assert str(count) in (refused.value.found or "")
    assert "top_k" in (refused.value.hint or "")
