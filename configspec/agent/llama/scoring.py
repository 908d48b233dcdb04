"""How likely a model finds each token of a given text: one teacher-forced pass, whatever K is asked about later.

z          logits at one position
p(t)       exp(z[t]) / sum(exp(z))
logprob    ln p(t) of the token t that the text has there
argmax     the token that greedy drafting would have proposed
gap        z[best] - z[second best]: near zero, another batch shape may swap them
q(t)       where a temperature is given: the probability of t after it, top-k and top-p

Acceptance for every K follows from it on the host (Leviathan et al., 2023, https://arxiv.org/abs/2211.17192).
"""

from __future__ import annotations

import math
from typing import Any

from .model import OpenModel
from ..protocol import Deadline, board_error, usage_error
from .sampler import Sampling

LOGITS_BYTES = 32 * 1024 * 1024  # llama.cpp holds the logits of a whole batch; this bounds it


def check_scorable(model: OpenModel, tokens: list[int], start: int) -> None:
    """Refuse what cannot be scored, while nothing is lost yet."""
    if not start < len(tokens) <= model.context:
        raise usage_error(
            "scoring needs a start within the text, and a text within the context",
            found=f"start {start}, {len(tokens)} tokens, context {model.context}",
        )
    model.check_tokens(tokens)


def score(
    model: OpenModel, tokens: list[int], start: int, deadline: Deadline, sampling: Sampling | None
) -> dict[str, Any]:
    """Score tokens[start:], each given all before it. The KV cache must be empty, and holds the text afterwards."""
    for first in range(0, start - 1, model.batch):
        deadline.check(f"reading {len(tokens)} tokens", first, len(tokens))
        model.evaluate_tokens(tokens[first : min(start - 1, first + model.batch)])
    names = ("argmax", "logprob", "gap") if sampling is None else ("argmax", "logprob", "gap", "probability")
    scored = _score_rest(model, tokens, start, deadline, sampling)
    return {name: [of_token[place] for of_token in scored] for place, name in enumerate(names)}


def _score_rest(
    model: OpenModel, tokens: list[int], start: int, deadline: Deadline, sampling: Sampling | None
) -> list[tuple[float, ...]]:
    """Evaluate what stands before each scored token, in batches whose every row gives logits."""
    scored: list[tuple[float, ...]] = []
    step = max(1, min(model.batch, LOGITS_BYTES // (4 * model.vocabulary)))
    batch = model.api.llama_batch_init(step, 0, 1)
    try:
        for first in range(start - 1, len(tokens) - 1, step):
            deadline.check(f"scoring token {first} of {len(tokens)}", first, len(tokens))
            part = tokens[first : min(first + step, len(tokens) - 1)]  # nothing follows the last token
            _fill(batch, part, first)
            model.evaluate(batch)
            scored += [_read(model, row, tokens[first + row + 1], sampling) for row in range(len(part))]
    finally:
        model.api.llama_batch_free(batch)
    return scored


def _fill(batch: Any, tokens: list[int], position: int) -> None:
    batch.n_tokens = len(tokens)
    for row, token in enumerate(tokens):
        batch.token[row] = token
        batch.pos[row] = position + row
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = 0
        batch.logits[row] = 1


def _read(model: OpenModel, row: int, token: int, sampling: Sampling | None) -> tuple[float, ...]:
    """argmax, logprob of `token`, gap and, with sampling, q of `token`: of one row of the batch evaluated last."""
    numpy = model.library.numpy
    logits = model.logits(row)
    best = int(logits.argmax())
    below = logits - logits[best]  # at most 0, so that exp cannot overflow
    # The sum in float64: 128,000 small terms in float32 lose digits.
    logprob = float(below[token]) - math.log(float(numpy.exp(below).sum(dtype=numpy.float64)))
    below[best] = -math.inf
    gap = -float(below.max())
    if not (math.isfinite(logprob) and math.isfinite(gap)):
        raise board_error("the model's logits are not finite", hint="The file may be damaged: compare its hash.")
    if sampling is None:
        return best, logprob, gap
    return best, logprob, gap, sampling.probability(logits, token)
