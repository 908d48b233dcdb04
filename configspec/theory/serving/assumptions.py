"""Serving assumptions: applied after measuring, so that they can be changed without measuring again.

    T_verify(K)    seconds that a round of K waits: the verifier's own, and the link's
    T_server(K)    the verifier's own, by one of the laws of `verification.py`
    T_link(K)      of a round's way there and back, by `link_seconds.py`

Each law gives a mean, and a mean is what the long run asks for. A round yields y tokens in T seconds; by the renewal
reward theorem tokens per second go to E[y] / E[T], and dollars per token to E[USD] / E[y], whatever else the
distribution of T is: Ross, "Introduction to Probability Models", section 7.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from configspec.theory.serving.link_seconds import AssumedLink, link_s
from configspec.theory.serving.verification import LinearSeconds, VerificationLaw, verification_law

Bills = Literal["drafted", "drafted+1"]
VerifySource = Literal["declared", "measured"]
EnergyBoundary = Literal["drafting", "drafting+waiting"]
# Of devices.yaml, profile files, records and `configspec rank` alike. Beyond them, arithmetic would overflow.
MOST_VERIFY_S = 1e9  # thirty years
MOST_USD, LEAST_USD = 1e9, 1e-9  # per million tokens; a price of 0 is known to records alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is assumed of the verifier, the link to it, and its price.

    A verification that was measured has the device's own link in it: `link_s_by_k` is that part, where it is known.
    A declared `link` takes its place. Where it is not known, nothing can be taken out, and no link is put on top.
    """

    verify_s: float = 0.5  # T_verify, seconds per round; T_server where there is a `link`
    usd_per_million_tokens: float = 0.90  # p * 1e6
    bills: Bills = "drafted"  # what a round is billed as: K tokens, or K + 1
    verify: VerifySource = "declared"  # `measured`: by the target of the family, on the host that measured
    energy_boundary: EnergyBoundary = "drafting"  # what of a round the device's energy is counted in
    verify_s_by_k: tuple[tuple[int, float], ...] = ()  # where it was measured: (K, seconds), for every K that was asked
    link_s_by_k: tuple[tuple[int, float], ...] = ()  # of these seconds, the link's and its protocol's
    verify_samples_s: tuple[float, ...] = ()  # of rounds of any K, in place of `verify_s`
    verify_linear: LinearSeconds | None = None  # in place of `verify_s`
    batch: int = 1  # rounds that the verifier takes in one pass
    context_tokens: float = 0.0  # before a round's own tokens, in the mean over rounds
    link: AssumedLink | None = None  # None: whatever is in the seconds of verification

    @property
    def verification(self) -> VerificationLaw:
        """The law of the seconds that a round is verified in."""
        return verification_law(self)

    @property
    def link_is_apart(self) -> bool:
        """Whether the verifier's own seconds are known: a declared time is its own, a measured one holds a link."""
        return self.verify == "declared" or bool(self.link_s_by_k)

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

    def _measured_link_s(self, k: int) -> float:
        """Of a K that was not measured: as of the largest one, whose verification stands for it too."""
        if not self.link_s_by_k:
            return 0.0
        return dict(self.link_s_by_k).get(k, self.link_s_by_k[-1][1])
