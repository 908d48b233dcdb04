"""How a round trip varies, and what that adds to its mean: one class each. A new one is a line in `JITTERS` too.

r    round trip without jitter, seconds
j    jitter, seconds
"""

from __future__ import annotations

import math
from typing import Literal, Protocol, final

JitterName = Literal["two-sided", "queueing"]
NEVER_CUT = 38.0  # standard deviations: beyond them, a normal has less than the least float


class Jitter(Protocol):
    """A distribution of round trips."""

    @property
    def name(self) -> JitterName:
        """As `devices.yaml` and `--jitter` have it."""

    def mean_s(self, rtt_s: float, jitter_s: float) -> float:
        """The mean round trip."""

    def quantile_s(self, rtt_s: float, jitter_s: float, share: float) -> float | None:
        """What the round trip is at most in this share of all rounds, below 1; None where no formula has it."""


@final
class TwoSided:
    """Each way takes r / 2, more or less by a normal deviate with the standard deviation j / 2, and never less than 0.

    It is what the emulated link of `devices.yaml` does, and Linux' netem by default (tc-netem(8)). The mean of a way is
    that of a normal cut at 0: m * Phi(m / s) + s * phi(m / s), with m = r / 2 and s = j / 2. While j is well below r it
    is r / 2: what comes late one time comes early another time.
    """

    name: JitterName = "two-sided"

    def mean_s(self, rtt_s: float, jitter_s: float) -> float:
        """Twice the mean of a way."""
        m, s = rtt_s / 2, jitter_s / 2
        if m >= NEVER_CUT * s:
            return rtt_s
        below = math.erfc(-m / s / math.sqrt(2)) / 2
        return 2 * (m * below + s * math.exp(-((m / s) ** 2) / 2) / math.sqrt(2 * math.pi))

    def quantile_s(self, rtt_s: float, jitter_s: float, share: float) -> float | None:
        """Without jitter it is r; with it, the sum of two ways that are cut has no closed form."""
        return rtt_s if jitter_s <= 0 else None


@final
class Queueing:
    """Never faster than r, and j more in the mean, exponentially distributed: what waits in queues is only late.

    The delay variation that RFC 5481 calls PDV is measured so, from the smallest delay up. An exponential is the wait
    of a busy M/M/1 queue (Kleinrock, "Queueing Systems", volume 1, section 5.12), and only the quantile rests on it.
    """

    name: JitterName = "queueing"

    def mean_s(self, rtt_s: float, jitter_s: float) -> float:
        """R + j."""
        return rtt_s + jitter_s

    def quantile_s(self, rtt_s: float, jitter_s: float, share: float) -> float:
        """R - j ln(1 - share)."""
        return rtt_s - jitter_s * math.log1p(-share)


JITTERS: tuple[Jitter, ...] = (TwoSided(), Queueing())


def jitter(name: JitterName) -> Jitter:
    """The law of that name."""
    return next(one for one in JITTERS if one.name == name)
