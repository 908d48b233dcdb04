"""Serving assumptions: applied after measuring, so that they can be changed without measuring again.

    T_verify(K)    seconds that a round of K waits: the verifier's own, and the link's
    T_server(K)    the verifier's own, by one of the laws of `verification.py`
    T_link(K)      of a round's way there and back, by `link_seconds.py`

Each law gives a mean, and a mean is what the long run asks for. A round yields y tokens in T seconds; by the renewal
reward theorem tokens per second go to E[y] / E[T], and dollars per token to E[USD] / E[y], whatever else the
distribution of T is: Ross, "Introduction to Probability Models", section 7.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from configspec.theory.serving.billing import Bills, billing
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.link_seconds import AssumedLink, link_quantile_s, link_s
from configspec.theory.serving.request import ServedRequest
from configspec.theory.serving.verification import LinearSeconds, VerificationLaw, verification_law

VerifySource = Literal["declared", "measured"]
EnergyBoundary = Literal["drafting", "drafting+waiting"]
# Of devices.yaml, profile files, records and `configspec rank` alike. Beyond them, arithmetic would overflow.
MOST_VERIFY_S = 1e9  # thirty years
LEAST_VERIFY_S = 1e-9  # of what a person assumes: no verifier takes no time; one of 0 is known to records alone
MOST_USD, LEAST_USD = 1e9, 1e-9  # of any price; one of 0 per million tokens is known to records alone
MOST_BATCH, MOST_CONTEXT, MOST_GPUS, LEAST_GPUS = 1e6, 1e9, 1e6, 1e-3
MOST_SAMPLES, MOST_OVERHEAD_BYTES = 10_000, 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is assumed of the verifier, the link to it, and its price.

    A verification that was measured has the device's own link in it: `link_s_by_k` is that part, where it is known.
    A declared `link` takes its place. Where it is not known, nothing can be taken out, and no link is put on top.
    """

    verify_s: float = 0.5  # T_verify, seconds per round; T_server where there is a `link`
    usd_per_million_tokens: float = 0.90  # p * 1e6
    bills: Bills = "drafted"  # which tokens of a round are billed
    verify: VerifySource = "declared"  # `measured`: by the target of the family, on the host that measured
    energy_boundary: EnergyBoundary = "drafting"  # what of a round the device's energy is counted in
    verify_s_by_k: tuple[tuple[int, float], ...] = ()  # where it was measured: (K, seconds), for every K that was asked
    link_s_by_k: tuple[tuple[int, float], ...] = ()  # of these seconds, the link's and its protocol's
    verify_samples_s: tuple[float, ...] = ()  # of rounds of any K, in place of `verify_s`
    verify_linear: LinearSeconds | None = None  # in place of `verify_s`
    batch: float = 1.0  # rounds that the verifier takes in one pass, in the mean
    context_tokens: float = 0.0  # before a round's own tokens, in the mean over rounds
    link: AssumedLink | None = None  # None: whatever is in the seconds of verification
    prices: Prices = field(default_factory=Prices)  # besides that of a token
    request: ServedRequest = field(default_factory=ServedRequest)  # what a time of a request is of
    target_tokens_per_s: float | None = None  # that the target streams without a draft; None: nobody declares it

    @property
    def verification(self) -> VerificationLaw:
        """The law of the seconds that a round is verified in."""
        return verification_law(self)

    @property
    def link_is_apart(self) -> bool:
        """Whether the verifier's own seconds are known: a declared time is its own, a measured one holds a link."""
        return self.verify == "declared" or bool(self.link_s_by_k)

    @property
    def contradiction(self) -> str | None:
        """What is declared and cannot be together, as a message continues it; None where all can."""
        missing = billing(self.bills).missing(self)
        if missing is not None:
            return f"bills {self.bills!r}, which needs `{missing}`"
        if not self.verify_s_at(1) <= MOST_VERIFY_S:
            return f"takes {self.verify_s_at(1):g} s a round, link included; at most {MOST_VERIFY_S:g} can be"
        if self.link is not None and self.link.payload == "distributions" and self.link.vocabulary < 1:
            return "sends distributions, which needs `vocabulary`, the number of their entries"
        return None

    def verified_in(self, seconds: float) -> Serving:
        """The same with one declared time of verification for all K, whatever was declared or measured before."""
        return replace(
            self,
            verify_s=seconds,
            verify="declared",
            verify_s_by_k=(),
            link_s_by_k=(),
            verify_samples_s=(),
            verify_linear=None,
        )

    def slowed(self, factor: float) -> Serving:
        """The same with every time of verification and link multiplied."""
        linear, link = self.verify_linear, self.link
        return replace(
            self,
            verify_s=self.verify_s * factor,
            verify_s_by_k=_times(self.verify_s_by_k, factor),
            link_s_by_k=_times(self.link_s_by_k, factor),
            verify_samples_s=tuple(one * factor for one in self.verify_samples_s),
            verify_linear=None if linear is None else linear.slowed(factor),
            link=None if link is None else link.slowed(factor),
        )

    def priced(self, factor: float) -> Serving:
        """The same with every price multiplied."""
        usd = self.usd_per_million_tokens * factor
        return replace(self, usd_per_million_tokens=usd, prices=self.prices.times(factor))

    def verify_s_at(self, k: int) -> float:
        """T_verify for rounds of `k`: as measured for that K, else the one figure for all; the link included."""
        if self.link is None or not self.link_is_apart:
            return self.verification.mean_s(k)
        return self.server_s_at(k) + self.link_s_at(k)

    def server_s_at(self, k: int) -> float:
        """T_server, the verifier's own part of T_verify; all of it where `link_is_apart` does not hold."""
        return max(0.0, self.verification.mean_s(k) - self._measured_link_s(k))

    def link_s_at(self, k: int) -> float:
        """T_link, the link's part of T_verify: as declared, else as measured; 0 where nobody knows of one."""
        if self.link is None or not self.link_is_apart:
            return self._measured_link_s(k)
        return link_s(self.link, k)

    def verify_quantile_s(self, k: int, share: float) -> float | None:
        """What T_verify is at most in this share of all rounds of `k`, 0 to below 1; None where nobody knows.

        Two parts that both vary have no quantile of their sum here: how they go together is not declared.
        """
        server_s = self.verification.quantile_s(k, share)
        if self.link is None or not self.link_is_apart or server_s is None:
            return server_s
        link_s_at_most = link_quantile_s(self.link, k, share)
        both_vary = self.link.jitter_s > 0 and self._server_varies(k)
        return None if link_s_at_most is None or both_vary else server_s + link_s_at_most

    def _server_varies(self, k: int) -> bool:
        return self.verification.quantile_s(k, 0.0) != self.verification.quantile_s(k, 1.0)

    def _measured_link_s(self, k: int) -> float:
        """Of a K that was not measured: as of the largest one, whose verification stands for it too."""
        if not self.link_s_by_k:
            return 0.0
        return dict(self.link_s_by_k).get(k, self.link_s_by_k[-1][1])


def _times(by_k: tuple[tuple[int, float], ...], factor: float) -> tuple[tuple[int, float], ...]:
    return tuple((k, seconds * factor) for k, seconds in by_k)
