"""From logits to the distribution that a token is drawn from, and drawing it.

    p, q    the target's and the draft's distribution of the next token, shape (V,), after all that is below
    V       tokens of the vocabulary

Temperature first, then top-k, then top-p, each on what the one before has left, as transformers does
(https://github.com/huggingface/transformers/blob/main/src/transformers/generation/logits_process.py) and vLLM:

    temperature   logits / temperature; 0 is greedy, all of the probability at the arg-max, the first of equals
    top-k         logits below the k-th best are dropped; all that equal the k-th stay, so ties can leave more than k
    top-p         the fewest tokens whose probability reaches p stay, at least one; of equal ones the lower ids

`configspec/agent/llama/sampler.py` does the same on the board; a test says that they agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configspec.theory.decoding import Decoding


def warp(logits: ArrayLike, decoding: Decoding) -> NDArray[np.float64]:
    """The distributions that tokens are drawn from: probabilities of the shape of `logits`, (..., V)."""
    scores = np.asarray(logits)
    probabilities = np.zeros(scores.shape)
    vocabulary = scores.shape[-1]
    for row, out in zip(scores.reshape(-1, vocabulary), probabilities.reshape(-1, vocabulary), strict=True):
        if decoding.greedy:
            out[row.argmax()] = 1.0
        else:
            tokens = _top_k(row, decoding.top_k)
            out[tokens] = _softmax(row[tokens], decoding.temperature)
            _keep_top_p(out, decoding.top_p)
    return probabilities


def sample(probabilities: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Draw a token from a distribution of shape (V,); one of probability 0 is never drawn."""
    reached = np.cumsum(probabilities)
    return int(np.searchsorted(reached, rng.random() * reached[-1], side="right"))


def residual(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """What q left of p: max(0, p - q), normalised.

    Rejection sampling draws from it where it rejects, and so leaves the output distributed as p (Leviathan et al.,
    2023, https://arxiv.org/abs/2211.17192, appendix A.1). Where q leaves nothing, p and q differ by rounding: p.
    """
    left: NDArray[np.float64] = np.maximum(p - q, 0.0)
    total = left.sum()
    if total == 0:
        return p
    left /= total
    return left


def _top_k(row: NDArray[np.floating], top_k: int) -> NDArray[np.intp]:
    if not 0 < top_k < row.size:
        return np.arange(row.size)
    place = row.size - top_k
    return np.flatnonzero(row >= np.partition(row, place)[place])


def _softmax(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = logits.astype(np.float64)
    weights -= weights.max()  # before the division: a tiny temperature would make both infinite
    weights /= temperature
    np.exp(weights, out=weights)
    weights /= weights.sum()
    return weights


def _keep_top_p(row: NDArray[np.float64], top_p: float) -> None:
    """Drop from `row`, in place, all but the fewest tokens that reach `top_p`."""
    if top_p >= 1:
        return
    # Those under an equal share of 1 - top_p cannot be needed, even all together: hundreds to sort, not 100,000.
    likely = np.flatnonzero(row > (1 - top_p) / row.size)
    likely = likely[np.argsort(-row[likely], kind="stable")]
    kept = likely[: int(np.searchsorted(np.cumsum(row[likely]), top_p)) + 1]
    probabilities = row[kept] / row[kept].sum()
    row[:] = 0.0
    row[kept] = probabilities
