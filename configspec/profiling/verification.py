"""How long a target takes to verify: by K, by the context before it, by the number of texts verified together.

    tokens      K + 1: the last token of the text, and K drafted ones
    context     tokens of the text before them
    requests    texts in one pass

Each figure is a distribution: raw samples, each the time of one pass on this host. The shapes take turns,
so that a disturbed second spoils one sample of each figure and not all samples of one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from configspec.devices.device import Device
from configspec.records.verification import TimedPass, Verification
from configspec.targets.target import Target
from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import disturbed, median_estimate, too_few

REPEATS = 11
REQUESTS = (1, 2, 4, 8)
EXCHANGES = 20  # measured, of which the median counts


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PassShape:
    """One kind of pass."""

    tokens: int
    context: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationTimes:
    """Samples in seconds of every shape of pass that was timed, for one target on one host."""

    context: int  # the usual one: of passes by K, and by requests
    samples_s: Mapping[PassShape, tuple[float, ...]]

    def verify_s(self, k: int) -> Estimate:
        """The median pass of a round of `k`, one request, at the usual context."""
        return median_estimate(self._usual(k))

    def record(self, k: int) -> Verification:
        """All that is known of rounds of `k`, for the row."""
        return Verification(
            clock="this host's monotonic clock",
            passes=tuple(
                TimedPass(
                    context_tokens=shape.context,
                    requests=shape.requests,
                    seconds=median_estimate(samples),
                    samples_s=tuple(round(sample, 9) for sample in samples),
                )
                for shape, samples in sorted(self.samples_s.items())
                if shape.tokens == k + 1
            ),
        )

    def flags(self, k: int) -> tuple[Flag, ...]:
        """What the reader should know before using the time of a round of `k`."""
        samples = self._usual(k)
        doubts = (disturbed(samples, "verification"), too_few(samples, "verification"))
        return tuple(doubt for doubt in doubts if doubt)

    def _usual(self, k: int) -> tuple[float, ...]:
        return self.samples_s[PassShape(tokens=k + 1, context=self.context, requests=1)]


def pass_shapes(ks: Sequence[int], context: int, longest: int | None) -> tuple[PassShape, ...]:
    """What is timed: every K; for the largest also more and less context, and several requests.

    Args:
        ks: The lengths of rounds.
        context: The usual context, tokens.
        longest: The most tokens that a text may have; None where that is not known.

    """
    largest = max(ks)
    by_k = [PassShape(tokens=k + 1, context=context, requests=1) for k in ks]
    contexts = [c for c in (context // 2, 2 * context, 4 * context) if c >= 1]
    by_context = [PassShape(tokens=largest + 1, context=c, requests=1) for c in contexts]
    by_requests = [PassShape(tokens=largest + 1, context=context, requests=requests) for requests in REQUESTS[1:]]
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
    """Time every shape of pass `repeats` times, in turns; `seconds` bounds the turns after the first."""
    shapes = pass_shapes(ks, context, target.context)
    samples: dict[PassShape, list[float]] = {shape: [] for shape in shapes}
    for shape in shapes:  # warm-up: memory is claimed and kernels are chosen
        _one(target, shape)
    end_s = now_s() + seconds
    for turn in range(repeats):
        if turn and now_s() > end_s:
            break
        for shape in shapes:
            _one(target, shape)  # after a pass of another shape llama.cpp rebuilds its graph; in decoding K stays
            samples[shape].append(_one(target, shape))
    return VerificationTimes(context=context, samples_s={shape: tuple(found) for shape, found in samples.items()})


def _one(target: Target, shape: PassShape) -> float:
    return target.pass_s(context=shape.context, tokens=shape.tokens, requests=shape.requests)


def time_exchange(device: Device, context: Sequence[int], k: int) -> tuple[float, ...]:
    """Seconds that a round's request and reply take beyond the drafting itself, several times."""
    device.prefill(context)
    found = []
    for _ in range(EXCHANGES):
        began_s = time.monotonic()
        drafted = device.draft(k, keep=len(context), append=())
        took_s = time.monotonic() - began_s
        found.append(max(0.0, took_s - drafted.drafting_s - drafted.restore_s))  # two clocks may run apart
    return tuple(found)


def measured_serving(
    serving: Serving, verification: VerificationTimes, device: Device, context: Sequence[int], ks: Sequence[int]
) -> Serving:
    """`serving` with what this target took on this host, and this device's link and protocol, for every K."""
    link = tuple((k, median(time_exchange(device, context, k))) for k in ks)
    by_k = tuple((k, verification.verify_s(k).value + exchange_s) for k, exchange_s in link)
    return replace(serving, verify_s=by_k[-1][1], verify_s_by_k=by_k, link_s_by_k=link)
