"""How long a round's way to the verifier and back takes, beyond the verifier's own time.

    T_link(K) = round trip, in the mean (`jitter.py`)
              + 8 * (up_bytes(K) + overhead) / up_bits_per_s + 8 * (down_bytes + overhead) / down_bits_per_s

    up_bytes, down_bytes    of a round's payload (`payload.py`)
    overhead                bytes of framing of each message, such as headers

A round is one request and one answer, one after the other: nothing of it is hidden behind drafting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from configspec.theory.figures import Number
from configspec.theory.serving.jitter import JitterName, jitter
from configspec.theory.serving.payload import DOWN_BYTES, PayloadName, payload


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedLink:
    """What is assumed of the connection between device and verifier. `up` is from the device; None: no limit."""

    rtt_s: float = 0.0
    jitter_s: float = 0.0
    jitter: JitterName = "two-sided"
    up_bits_per_s: float | None = None
    down_bits_per_s: float | None = None
    payload: PayloadName = "ids"
    vocabulary: int = 0  # entries; of the payload `distributions`
    overhead_bytes: int = 0  # of each message

    def up_bytes(self, k: Number) -> Number:
        """Of a round of `k`, its overhead included."""
        return payload(self.payload).up_bytes(k, self.vocabulary) + self.overhead_bytes

    def slowed(self, factor: float) -> AssumedLink:
        """The same with every time multiplied, also that of the bytes."""
        up, down = self.up_bits_per_s, self.down_bits_per_s
        return replace(
            self,
            rtt_s=self.rtt_s * factor,
            jitter_s=self.jitter_s * factor,
            up_bits_per_s=None if up is None else up / factor,
            down_bits_per_s=None if down is None else down / factor,
        )

    @property
    def down_bytes(self) -> int:
        """Of any round, its overhead included."""
        return DOWN_BYTES + self.overhead_bytes


def link_s(link: AssumedLink, k: int) -> float:
    """T_link for rounds of `k`, in the mean."""
    return jitter(link.jitter).mean_s(link.rtt_s, link.jitter_s) + _bytes_s(link, k)


def link_quantile_s(link: AssumedLink, k: int, share: float) -> float | None:
    """What it is at most in this share of all rounds; None where the jitter's law has no formula for it."""
    rtt_s = jitter(link.jitter).quantile_s(link.rtt_s, link.jitter_s, share)
    return None if rtt_s is None else rtt_s + _bytes_s(link, k)


def _bytes_s(link: AssumedLink, k: int) -> float:
    up_s = 0.0 if link.up_bits_per_s is None else 8 * link.up_bytes(float(k)) / link.up_bits_per_s
    down_s = 0.0 if link.down_bits_per_s is None else 8 * link.down_bytes / link.down_bits_per_s
    return up_s + down_s
