"""How long a target takes to verify: by K, by the context before it, by the number of texts verified together.

    tokens      K + 1: the last token of the text, and K drafted ones
    context     tokens of the text before them
    requests    texts in one pass

Each figure is a distribution: raw samples, each the time of one pass on this host. The kinds take turns,
so that a disturbed second spoils one sample of each figure and not all samples of one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from configspec.targets.target import Target
from configspec.theory.figures import Estimate
from configspec.theory.statistics import disturbed, median_estimate, too_few

REPEATS = 11
REQUESTS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pass:
    """One kind of pass."""

    tokens: int
    context: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationTimes:
    """Samples in seconds of every kind of pass that was timed, for one target on one host."""

    context: int  # the usual one: of passes by K, and by requests
    samples_s: dict[Pass, tuple[float, ...]]

    def verify_s(self, k: int) -> Estimate:
        """The median pass of a round of `k`, one request, at the usual context."""
        return median_estimate(self.samples_s[Pass(tokens=k + 1, context=self.context, requests=1)])

    def record(self, k: int) -> dict[str, Any]:
        """All that is known of rounds of `k`, as plain JSON."""
        return {
            "clock": "this host's monotonic clock",
            "passes": [
                {
                    "context_tokens": kind.context,
                    "requests": kind.requests,
                    "seconds": _estimate(samples),
                    "samples_s": [round(sample, 9) for sample in samples],
                }
                for kind, samples in sorted(self.samples_s.items())
                if kind.tokens == k + 1
            ],
        }

    def flags(self, k: int) -> tuple[str, ...]:
        """What the reader should know before using the time of a round of `k`."""
        samples = self.samples_s[Pass(tokens=k + 1, context=self.context, requests=1)]
        return tuple(f"verification: {doubt}" for doubt in (disturbed(samples), too_few(samples)) if doubt)


def kinds_of_pass(ks: Sequence[int], context: int, longest: int | None) -> tuple[Pass, ...]:
    """What is timed: every K; for the largest also more and less context, and several requests.

    Args:
        ks: The lengths of rounds.
        context: The usual context, tokens.
        longest: The most tokens that a text may have; None where that is not known.

    """
    largest = max(ks)
    by_k = [Pass(tokens=k + 1, context=context, requests=1) for k in ks]
    contexts = [c for c in (context // 2, 2 * context, 4 * context) if c >= 1]
    by_context = [Pass(tokens=largest + 1, context=c, requests=1) for c in contexts]
    by_requests = [Pass(tokens=largest + 1, context=context, requests=requests) for requests in REQUESTS[1:]]
    fitting = [
        one for one in (*by_k, *by_context, *by_requests) if longest is None or one.context + one.tokens <= longest
    ]
    return tuple(dict.fromkeys(fitting))


def time_verification(
    target: Target,
    ks: Sequence[int],
    context: int,
    *,
    seconds: float,
    repeats: int = REPEATS,
    now_s: Callable[[], float] = time.monotonic,
) -> VerificationTimes:
    """Time every kind of pass `repeats` times, in turns; `seconds` bounds the turns after the first."""
    kinds = kinds_of_pass(ks, context, target.context)
    samples: dict[Pass, list[float]] = {kind: [] for kind in kinds}
    for kind in kinds:  # warm-up: memory is claimed and kernels are chosen
        _one(target, kind)
    end_s = now_s() + seconds
    for turn in range(repeats):
        if turn and now_s() > end_s:
            break
        for kind in kinds:
            _one(target, kind)  # after a pass of another shape llama.cpp builds its graph anew; in decoding K stays
            samples[kind].append(_one(target, kind))
    return VerificationTimes(context=context, samples_s={kind: tuple(found) for kind, found in samples.items()})


def _one(target: Target, kind: Pass) -> float:
    return target.pass_s(context=kind.context, tokens=kind.tokens, requests=kind.requests)


def _estimate(samples: Sequence[float]) -> dict[str, float]:
    found = median_estimate(samples)
    return {"value": found.value, "low": found.low, "high": found.high, "confidence": found.confidence, "n": found.n}
