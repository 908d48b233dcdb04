"""Sampling from a model's logits, and sending the distribution that a token was drawn from.

Temperature, then top-k, then top-p, each on what the one before has left. `configspec/theory/sampling.py` on the host
says what ties and ends mean, and does the same by the same arithmetic.

Of a distribution only the tokens are kept that can be drawn: `tokens`, rising, and `probabilities` beside them.
"""

from __future__ import annotations

import base64
import math
import random
from typing import Tuple

from ..protocol import MAX_LINE_BYTES, JsonObject, board_error, usage_error
from .library import Api, Array

Drawable = Tuple[Array, Array]  # the tokens that can be drawn, and their probabilities

ENTRY_BYTES = 4 + 8  # a token as uint32 and its probability as float64; in base64, a third more
FRAME_BYTES = 1024  # more than the rest of the answer's line


class Sampling:
    """How tokens are drawn, and the random numbers that draw them; `numpy` is the module."""

    def __init__(self, numpy: Api, *, temperature: float, top_k: int, top_p: float) -> None:
        self._numpy = numpy
        self._temperature = temperature
        self._top_k = top_k
        self._top_p = top_p

    def distribution(self, logits: Array) -> Drawable:
        """The tokens that can be drawn after one row of logits, and their probabilities: two arrays."""
        numpy, vocabulary = self._numpy, logits.size
        best = float(logits.max())
        if not math.isfinite(best):  # NaN anywhere is the maximum
            raise board_error("the model's logits are not finite", hint="The file may be damaged: compare its hash.")
        if 0 < self._top_k < vocabulary:
            place = vocabulary - self._top_k
            tokens = numpy.flatnonzero(logits >= numpy.partition(logits, place)[place])
            logits = logits[tokens]
        else:
            tokens = numpy.arange(vocabulary)
        probabilities = logits.astype(numpy.float64)
        probabilities -= best  # before the division: a tiny temperature would make both infinite
        probabilities /= self._temperature
        numpy.exp(probabilities, out=probabilities)
        probabilities /= probabilities.sum()
        if self._top_p < 1:
            needed = self._needed(probabilities, vocabulary)
            probabilities = probabilities[needed]
            return tokens[needed], probabilities / probabilities.sum()
        if probabilities.min() > 0:
            return tokens, probabilities
        possible = numpy.flatnonzero(probabilities)
        return tokens[possible], probabilities[possible]

    def probability(self, logits: Array, token: int) -> float:
        """The probability with which `token` is drawn after one row of logits."""
        tokens, probabilities = self.distribution(logits)
        place = int(self._numpy.searchsorted(tokens, token))
        return float(probabilities[place]) if place < len(tokens) and tokens[place] == token else 0.0

    def draw(self, distribution: Drawable, source: random.Random) -> tuple[int, float]:
        """One token of a distribution, and its probability."""
        tokens, probabilities = distribution
        reached = self._numpy.cumsum(probabilities)
        place = int(self._numpy.searchsorted(reached, source.random() * reached[-1], side="right"))
        return int(tokens[place]), float(probabilities[place])

    def _needed(self, probabilities: Array, vocabulary: int) -> Array:
        """The places of the fewest tokens that reach top-p."""
        numpy = self._numpy
        # Those under an equal share of 1 - top_p cannot be needed, even all together: hundreds to sort, not 100,000.
        likely = numpy.flatnonzero(probabilities > (1 - self._top_p) / vocabulary)
        likely = likely[numpy.argsort(-probabilities[likely], kind="stable")]
        count = int(numpy.searchsorted(numpy.cumsum(probabilities[likely]), self._top_p)) + 1
        return numpy.sort(likely[:count])


def as_json(distribution: Drawable) -> JsonObject:
    """A distribution as an answer holds it: base64 of little-endian uint32 and float64."""
    tokens, probabilities = distribution
    if len(tokens) * ENTRY_BYTES * 4 // 3 > MAX_LINE_BYTES - FRAME_BYTES:
        raise usage_error(
            "a distribution is longer than a line may be",
            found=f"{len(tokens)} tokens of a probability above 0, {MAX_LINE_BYTES} bytes a line",
            hint="Sample with top_k or top_p, which leave fewer.",
        )
    return {
        "tokens": base64.b64encode(tokens.astype("<u4").tobytes()).decode("ascii"),
        "probabilities": base64.b64encode(probabilities.astype("<f8").tobytes()).decode("ascii"),
    }
