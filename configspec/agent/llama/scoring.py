"""How likely a model finds each token of a given text: one teacher-forced pass, whatever K is asked about later.

z          logits at one position
p(t)       exp(z[t]) / sum(exp(z))
logprob    ln p(t) of the token t that the text has there
argmax     the token that greedy drafting would have proposed
gap        z[best] - z[second best]: near zero, another batch shape may swap them
confidence p(argmax): what a policy that stops early looks at
rank       how many tokens have a larger logit than t: 0 where t is the arg-max
q(t)       where a temperature is given: the probability of t after it, top-k and top-p

Acceptance for every K follows from it on the host (Leviathan et al., 2023, https://arxiv.org/abs/2211.17192).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..protocol import Deadline, JsonObject, board_error, usage_error
from ..requests.model import Score
from .library import Handle
from .model import OpenModel
from .sampler import Sampling

LOGITS_BYTES = 32 * 1024 * 1024  # llama.cpp holds the logits of a whole batch; this bounds it


class Scored(NamedTuple):
    """One token of a text, by the letters above. `probability` is q; None without a temperature."""

    argmax: int
    logprob: float
    gap: float
    confidence: float
    rank: int
    probability: float | None


def check_scorable(model: OpenModel, asked: Score) -> None:
    """Refuse what cannot be scored, before anything is lost."""
    if not asked.start < len(asked.tokens) <= model.context:
        raise usage_error(
            "scoring needs a start within the text, and a text within the context",
            found=f"start {asked.start}, {len(asked.tokens)} tokens, context {model.context}",
        )
    model.check_tokens(asked.tokens)


def score(model: OpenModel, asked: Score, sampling: Sampling | None, deadline: Deadline) -> JsonObject:
    """Score tokens[start:], each given all before it. The KV cache must be empty, and holds the text afterwards."""
    tokens, start = asked.tokens, asked.start
    for first in range(0, start - 1, model.batch):
        deadline.check(f"reading {len(tokens)} tokens", first, len(tokens))
        model.evaluate_tokens(tokens[first : min(start - 1, first + model.batch)])
    scored: list[Scored] = []
    step = max(1, min(model.batch, LOGITS_BYTES // (4 * model.vocabulary)))
    batch = model.api.llama_batch_init(step, 0, 1)
    try:  # what precedes each scored token, in batches whose every row gives logits
        for first in range(start - 1, len(tokens) - 1, step):
            deadline.check(f"scoring token {first} of {len(tokens)}", first, len(tokens))
            part = tokens[first : min(first + step, len(tokens) - 1)]  # nothing follows the last token
            _fill(batch, part, first)
            model.evaluate(batch)
            scored += [_read(model, row, tokens[first + row + 1], sampling) for row in range(len(part))]
    finally:
        model.api.llama_batch_free(batch)
    columns: JsonObject = {name: [getattr(one, name) for one in scored] for name in Scored._fields}
    if sampling is None:
        del columns["probability"]
    return {"start": start, **columns}


def _fill(batch: Handle, tokens: Sequence[int], position: int) -> None:
    batch.n_tokens = len(tokens)
    for row, token in enumerate(tokens):
        batch.token[row] = token
        batch.pos[row] = position + row
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = 0
        batch.logits[row] = 1


def _read(model: OpenModel, row: int, token: int, sampling: Sampling | None) -> Scored:
    """Of one row of the batch evaluated last, with `token` as the text's own."""
    numpy = model.library.numpy
    logits = model.logits(row)
    best = int(logits.argmax())
    below = logits - logits[best]  # at most 0, so that exp cannot overflow
    # The sum in float64: 128,000 small terms in float32 lose digits.
    total = float(numpy.exp(below).sum(dtype=numpy.float64))
    logprob = float(below[token]) - math.log(total)
    rank = int(numpy.count_nonzero(below > below[token]))
    below[best] = -math.inf
    gap = -float(below.max())
    if not (math.isfinite(logprob) and math.isfinite(gap)):
        raise board_error("the model's logits are not finite", hint="The file may be damaged: compare its hash.")
    return Scored(
        argmax=best,
        logprob=logprob,
        gap=gap,
        confidence=1.0 / total,
        rank=rank,
        probability=None if sampling is None else sampling.probability(logits, token),
    )
