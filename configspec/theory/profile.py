"""What is known of a configuration: the figures that every objective is computed from.

A *cell* is one (device, family, draft, quantisation); a *configuration* is a cell with its K. A figure
carries its interval and where it came from, and keeps that to the last table:

    measured    timed or counted here
    derived     computed from somebody's printed figures, with the arithmetic shown
    declared    stated by the user, in `devices.yaml` or on the command line
    modelled    predicted by a model fitted to other cells
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from configspec.theory.decoding import Decoding

Provenance = Literal["measured", "derived", "declared", "modelled"]
Bills = Literal["drafted", "drafted+1"]
VerifySource = Literal["declared", "measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure and how sure we are of it; `low` and `high` bound it at `confidence`.

    `n` counts the samples behind it; 0 where nothing was sampled here (a derived or declared figure).
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How often the target keeps what the draft proposes, K tokens a round.

    `rate` is pooled, accepted / drafted, as in the paper. The counts are None where only a rate is known.
    They are whole where the draft proposes its arg-max, and expected values where it samples.
    `by_prompt` holds (rounds, accepted) of each prompt, in the order of the prompt set: the prompt is the
    replicate for intervals, and two configurations of one family are compared prompt by prompt.
    """

    rate: Estimate
    rounds: float | None
    drafted: float | None
    accepted: float | None
    by_prompt: tuple[tuple[float, float], ...] = ()
    prompts_sha256: str | None = None  # configurations are paired by prompt only where this agrees
    decoding: Decoding | None = None  # how tokens were chosen and judged; None where nobody says


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A cell with its K and what was learnt of it.

    `round_s` is the device's time to draft K tokens, a median over `round_samples_s`.
    `power_w` is the mean power while drafting, or None with `power_reason`.
    """

    device: str
    family: str
    draft: str
    quant: str
    k: int
    round_s: Estimate
    acceptance: Acceptance
    power_w: Estimate | None
    provenance: Provenance
    round_samples_s: tuple[float, ...] = ()
    power_reason: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def drafting_tokens_per_s(self) -> float:
        """v_d, tokens/s: K over the time of a round of K."""
        return self.k / self.round_s.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What is assumed of the verifier and its price; applied after measuring, so it can be asked anew."""

    verify_s: float = 0.5  # T_verify, seconds a round
    usd_per_million_tokens: float = 0.90  # p * 1e6
    bills: Bills = "drafted"  # what a round is billed as: K tokens, or K + 1
    verify: VerifySource = "declared"  # `measured`: by the target of the family, on the host that measured
    verify_s_by_k: tuple[tuple[int, float], ...] = ()  # where it was measured: (K, seconds), for every K that was asked

    def verify_s_at(self, k: int) -> float:
        """T_verify for rounds of `k`: as measured for that K, else the one figure for all."""
        return dict(self.verify_s_by_k).get(k, self.verify_s)
