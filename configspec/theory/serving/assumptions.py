"""Serving assumptions: applied after measuring, so that they can be changed without measuring again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Bills = Literal["drafted", "drafted+1"]
VerifySource = Literal["declared", "measured"]
EnergyBoundary = Literal["drafting", "drafting+waiting"]
# Of devices.yaml, profile files, records and `configspec rank` alike. Beyond them, arithmetic would overflow.
MOST_VERIFY_S = 1e9  # thirty years
MOST_USD, LEAST_USD = 1e9, 1e-9  # per million tokens; a price of 0 is known to records alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is assumed of the verifier and its price."""

    verify_s: float = 0.5  # T_verify, seconds per round
    usd_per_million_tokens: float = 0.90  # p * 1e6
    bills: Bills = "drafted"  # what a round is billed as: K tokens, or K + 1
    verify: VerifySource = "declared"  # `measured`: by the target of the family, on the host that measured
    energy_boundary: EnergyBoundary = "drafting"  # what of a round the device's energy is counted in
    verify_s_by_k: tuple[tuple[int, float], ...] = ()  # where it was measured: (K, seconds), for every K that was asked

    def verify_s_at(self, k: int) -> float:
        """T_verify for rounds of `k`: as measured for that K, else the one figure for all."""
        return dict(self.verify_s_by_k).get(k, self.verify_s)
