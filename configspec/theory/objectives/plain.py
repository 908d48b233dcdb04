"""What a token takes where nothing is speculated: what every configuration is held against.

no speculation    the same verifier at the same place, asked for one token a round trip, which it bills as one
cloud only        the target alone: it streams its tokens, bills each as one, and the device waits for no round trip
device only       the draft alone: it asks no verifier and pays for none. It is another model, of another quality
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

Way = Literal["no speculation", "cloud only", "device only"]
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainToken:
    """One token: the device computes for `drafting_s` seconds, and waits for the verifier and for the link.

    `power_w` and `idle_w`: of the device that computes, and that waits; NaN where they were not measured, as is
    `server_s` where nobody knows it. `prompt_s`: seconds in which whoever computes the token reads the prompt of a
    request; NaN where nobody knows.
    """

    way: Way
    drafting_s: float
    server_s: float
    link_s: float
    power_w: float
    idle_w: float
    prompt_s: float = math.nan

    @property
    def waiting_s(self) -> float:
        """What the device waits for."""
        return self.server_s + self.link_s

    @property
    def token_s(self) -> float:
        """All of its time."""
        return self.drafting_s + self.waiting_s
