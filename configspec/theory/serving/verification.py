"""How long the verifier takes for a round: one class each. A new one is a class here, and a line in `VERIFICATION`.

    K    tokens drafted a round; the target evaluates K + 1 positions
    b    rounds that the verifier takes in one pass
    c    tokens of context before a round's own, in the mean over rounds

Where a time is a distribution, its mean stands for it (`assumptions.py` says why), and `quantile_s` says how long a
round takes at most in that share of all rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, final

if TYPE_CHECKING:
    from configspec.theory.serving.assumptions import Serving


class VerificationLaw(Protocol):
    """Seconds that a round is verified in."""

    @property
    def name(self) -> str:
        """As the JSON has it."""

    @classmethod
    def of(cls, serving: Serving) -> VerificationLaw | None:
        """The law with the figures of the assumptions; None where they have none for it."""

    def mean_s(self, k: int) -> float:
        """Of a round of `k`, in the mean; the link included where it was measured with it."""

    def quantile_s(self, k: int, share: float) -> float | None:
        """What it is at most in this share of all rounds of `k`; None where the law knows nothing but a mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSeconds:
    """The figures of a time that is linear in batch, K and context.

        T = base_s + s_per_token * b * (K + 1) + s_per_context_token * b * c

    It is the law of SmartSpec, T_fwd = alpha * N_context + gamma * N_batched + delta (arXiv 2406.14066, section 4),
    for b rounds of K + 1 tokens over contexts of c: reading the weights costs the same for all, computing grows with
    the tokens in the pass, and reading the attention's memory with the context.
    """

    base_s: float
    s_per_token: float = 0.0
    s_per_context_token: float = 0.0

    def slowed(self, factor: float) -> LinearSeconds:
        """Every figure multiplied."""
        return LinearSeconds(
            base_s=self.base_s * factor,
            s_per_token=self.s_per_token * factor,
            s_per_context_token=self.s_per_context_token * factor,
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Linear in batch, K and context."""

    seconds: LinearSeconds
    batch: float
    context_tokens: float
    name = "linear"

    @classmethod
    def of(cls, serving: Serving) -> Linear | None:
        """Where a linear law is declared."""
        if serving.verify_linear is None:
            return None
        return cls(seconds=serving.verify_linear, batch=serving.batch, context_tokens=serving.context_tokens)

    def mean_s(self, k: int) -> float:
        """As `LinearSeconds` has it."""
        each = self.seconds.s_per_token * (k + 1) + self.seconds.s_per_context_token * self.context_tokens
        return self.seconds.base_s + self.batch * each

    def quantile_s(self, k: int, share: float) -> None:
        """It is a law of means."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Samples of rounds, the same for all K: of a log, or of another measurement."""

    samples_s: tuple[float, ...]
    name = "distribution"

    @classmethod
    def of(cls, serving: Serving) -> Distribution | None:
        """Where samples are declared."""
        return cls(samples_s=serving.verify_samples_s) if serving.verify_samples_s else None

    def mean_s(self, k: int) -> float:
        """The mean of the samples."""
        return math.fsum(self.samples_s) / len(self.samples_s)

    def quantile_s(self, k: int, share: float) -> float:
        """Between the two nearest samples: definition 7 of Hyndman and Fan (1996), which numpy has too."""
        return quantile(self.samples_s, share)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ByK:
    """Measured for each K; of any other K the one figure for all."""

    by_k: tuple[tuple[int, float], ...]
    otherwise_s: float
    name = "by K"

    @classmethod
    def of(cls, serving: Serving) -> ByK | None:
        """Where there are times by K."""
        return cls(by_k=serving.verify_s_by_k, otherwise_s=serving.verify_s) if serving.verify_s_by_k else None

    def mean_s(self, k: int) -> float:
        """As it was measured, or declared."""
        return dict(self.by_k).get(k, self.otherwise_s)

    def quantile_s(self, k: int, share: float) -> None:
        """One figure is known for each K."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """One time for all K, as in the paper (arXiv 2604.09722, section 3.2: 0.5 s)."""

    seconds: float
    name = "constant"

    @classmethod
    def of(cls, serving: Serving) -> Constant:
        """Always."""
        return cls(seconds=serving.verify_s)

    def mean_s(self, k: int) -> float:
        """The time."""
        return self.seconds

    def quantile_s(self, k: int, share: float) -> float:
        """The time."""
        return self.seconds


def quantile(samples: Sequence[float], share: float) -> float:
    """The quantile of at least one sample, `share` from 0 to 1, linear between neighbours."""
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


VERIFICATION: tuple[type[VerificationLaw], ...] = (Linear, Distribution, ByK, Constant)  # the first that fits holds


def verification_law(serving: Serving) -> VerificationLaw:
    """The law that the assumptions have the figures of."""
    for law in VERIFICATION:
        found = law.of(serving)
        if found is not None:
            return found
    raise ValueError("no law of verification holds")
