"""How long a device drafts, from a few timed rounds of the largest K.

A round of K carries K + 1 stamps, in seconds of the device's own monotonic clock: its start, then one after each
token. Drafting is greedy and one token at a time, so the first k tokens of a round of K are a round of k, and every
smaller K is timed by the same rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from configspec.errors import TestbedError
from configspec.theory.figures import Estimate
from configspec.theory.statistics import median_estimate


def prefix_durations(stamps: Sequence[Sequence[float]], k: int, *, where: str = "the device") -> tuple[float, ...]:
    """Seconds that each round took to draft its first `k` tokens; `where` names the device and cell in errors."""
    if k < 1:
        raise ValueError(f"K is the number of tokens drafted per round, 1 or more, not {k}")
    if not stamps:
        raise TestbedError(f"{where}: no round was timed. Give the cell more seconds, or a smaller K.")
    return tuple(_duration_s(of_round, k, f"{where}: round {number}") for number, of_round in enumerate(stamps, 1))


def round_estimate(
    stamps: Sequence[Sequence[float]], k: int, *, confidence: float = 0.95, where: str = "the device"
) -> Estimate:
    """The median time of a round of `k`, seconds, with its order-statistic interval."""
    return median_estimate(prefix_durations(stamps, k, where=where), confidence)


def tokens_per_s(k: int, round_s: Estimate) -> Estimate:
    """Drafting throughput: K over the time of a round, so its bounds change places."""
    return Estimate(
        value=k / round_s.value,
        low=k / round_s.high,
        high=k / round_s.low,
        confidence=round_s.confidence,
        n=round_s.n,
    )


def _duration_s(stamps: Sequence[float], k: int, where: str) -> float:
    if len(stamps) <= k:
        raise TestbedError(
            f"{where} has {len(stamps)} stamps, and {k} tokens need {k + 1}: the draft stopped early. "
            "Look at the agent's own messages, and whether the context is long enough."
        )
    duration_s = stamps[k] - stamps[0]
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise TestbedError(
            f"{where} took {duration_s:g} s for {k} tokens by the device's own clock; a duration must be finite and "
            "above zero. Measure again; if that persists, the clock is too coarse or does not run forward."
        )
    return duration_s
