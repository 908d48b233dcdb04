"""What is known of a configuration: the figures that every objective is computed from."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.theory.decoding import Decoding
from configspec.theory.evidence import NOTHING_KNOWN, Evidence
from configspec.theory.figures import Estimate, Provenance
from configspec.theory.flags import Flag
from configspec.theory.ids import Cell, ConfigurationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How often the target keeps what the draft proposes, K tokens per round.

    `rate` is pooled, accepted / drafted, as in the paper. The counts are None where only a rate is known.
    They are whole where the draft proposes its arg-max, and expected values where it samples.
    `by_prompt` holds (rounds, accepted) of each prompt, in the order of the prompt set: the prompt is the
    replicate for intervals, and two configurations of one family are compared prompt by prompt.
    `prompt_s` is what the target took to write after one prompt, on average; None where nobody timed it.
    """

    rate: Estimate
    rounds: float | None
    drafted: float | None
    accepted: float | None
    by_prompt: tuple[tuple[float, float], ...] = ()
    prompts_sha256: str | None = None  # configurations are paired by prompt only where this agrees
    decoding: Decoding | None = None  # how tokens were chosen and judged; None where nobody says
    categories: tuple[tuple[str, int], ...] = ()  # of the prompts, in order: each with how many follow one another
    prompt_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A configuration and what was learnt of it.

    `round_s` is the device's time to draft K tokens, a median over `round_samples_s`; `pass_samples_s` has the
    rounds of every pass over its cell, those that do not count among them. `going_back_s` is what a round
    takes beyond that, on average, where the draft's memory cannot be cut: 0 where it can.
    `power_w` is the mean power while drafting, or None with `power_reason`; `idle_w` that of a device that waits, its
    model loaded. Powers compare where `power_kind` is one: the same kind of meter with the same inside.
    `prompt_tokens_per_s` is how fast the device evaluates a prompt, timed with prompts of `prompt_tokens`; None with
    `prompt_reason`. It is of the cell, the same at every K.
    By `evidence` nothing is ranked: the figures are held against it.
    """

    id: ConfigurationId
    round_s: Estimate
    acceptance: Acceptance
    power_w: Estimate | None
    provenance: Provenance
    round_samples_s: tuple[float, ...] = ()
    pass_samples_s: tuple[tuple[float, ...], ...] = ()
    power_reason: str | None = None
    idle_w: Estimate | None = None
    power_kind: str = ""
    flags: tuple[Flag, ...] = ()
    going_back_s: float = 0.0
    prompt_tokens_per_s: Estimate | None = None
    prompt_tokens: int | None = None
    prompt_reason: str | None = None
    evidence: Evidence = NOTHING_KNOWN

    @property
    def cell(self) -> Cell:
        """Its device, family and drafter."""
        return self.id.cell

    @property
    def device(self) -> str:
        """The device's name."""
        return self.id.device

    @property
    def family(self) -> str:
        """The family's name."""
        return self.id.family

    @property
    def draft(self) -> str:
        """The draft model's name."""
        return self.id.draft

    @property
    def quant(self) -> str:
        """The draft model's quantisation."""
        return self.id.quant

    @property
    def k(self) -> int:
        """Tokens drafted per round."""
        return self.id.k

    @property
    def drafting_tokens_per_s(self) -> float:
        """v_d, tokens/s: K over the time of a round of K."""
        return self.k / self.round_s.value
