"""What the figures of a configuration can be held against. Nothing is ranked by it: rules of plausibility look at it.

weights_bytes       of the draft as it is stored: a token of a dense model reads them once
memory_bytes_per_s  how fast the device reads its memory
goodput, eta, E     what the source of the figures states beside them, in the paper's equations 1 to 3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configspec.theory.figures import Estimate

MemorySource = Literal["measured", "declared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Objective values that a source states of a configuration, with the interval of their rounding."""

    goodput_tokens_per_s: Estimate | None = None  # eq. 1
    tokens_per_usd: Estimate | None = None  # eq. 2
    drafting_j_per_token: Estimate | None = None  # eq. 3: the device's energy while it drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one configuration beside its figures; None where nobody says.

    `memory` says where `memory_bytes_per_s` is from. `weights_bytes` is None of a mixture of experts, of which a token
    reads a part, and the memory's speed where layers are on a GPU, which may have another memory.
    """

    weights_bytes: int | None = None
    memory_bytes_per_s: float | None = None
    memory: MemorySource = "measured"
    power_mode: str | None = None
    stated: Stated | None = None


NOTHING_KNOWN = Evidence()
