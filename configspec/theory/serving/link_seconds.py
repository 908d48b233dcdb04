"""How long a round's way to the verifier and back takes, beyond the verifier's own time.

    T_link(K) = round trip, in the mean + 8 * up_bytes(K) / up_bits_per_s + 8 * down_bytes / down_bits_per_s

A round is one request and one answer, one after the other: nothing of it is hidden behind drafting.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedLink:
    """What is assumed of the connection between device and verifier. None: as fast as it may be."""

    rtt_s: float = 0.0
    up_bits_per_s: float | None = None
    down_bits_per_s: float | None = None


def link_s(link: AssumedLink, k: int) -> float:
    """T_link for rounds of `k`, in the mean."""
    return link.rtt_s
