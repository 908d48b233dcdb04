"""A link between device and verifier, as it is emulated on top of the real one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A message takes half of `rtt_s`, more or less by a normal deviate, and its bytes at `bits_per_s`.

    The deviate has the standard deviation `jitter_s` / 2. `bits_per_s` None: as fast as the connection is.
    """

    rtt_s: float = 0.0
    jitter_s: float = 0.0
    bits_per_s: float | None = None
