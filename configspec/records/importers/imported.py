"""What an importer hands back: figures by drafter, each with its interval, where it is from and what to know of it.

All of it is called `derived`: somebody else timed or counted it, with another tool, and the arithmetic is ours. An
interval holds its value at `CONFIDENCE`. Letters, as in the rest of the package:

    K     tokens drafted in a round
    rate  accepted / drafted, pooled: K tokens are drafted in every round, and the target's own token is not counted
    AL    acceptance length, 1 + accepted / rounds: with the target's own token of each round, the bonus token
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter

CONFIDENCE = 0.95
LEAST_PART = 0.01  # of a value that an interval of it goes down to: below 0 there is no speed


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSpeed:
    """How fast a draft model ran on a device; what was not timed is None."""

    device: str
    family: str
    drafter: Drafter
    drafting_tokens_per_s: Estimate | None = None
    prompt_tokens_per_s: Estimate | None = None
    power_w: Estimate | None = None  # mean, while drafting
    hardware: str = ""  # as the file names it
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAcceptance:
    """How often the target kept what was drafted, in rounds of one K. It belongs to the two models, on any device."""

    family: str
    drafter: Drafter
    k: int
    rate: Estimate
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVerification:
    """How long a server took for a round of one K, at this concurrency, None where the file does not say."""

    family: str
    k: int
    seconds: float
    concurrency: int | None
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """Entries of a file that were passed over, and why."""

    count: int
    what: str  # "rows of prompt and generation together, which are no drafting speed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """All that was taken of one file.

    `version` is of the tool, as the file tells it. `remarks` say how its figures were understood: which of the meanings
    of "acceptance" it has, which quantisation a word stands for.
    """

    version: str
    speeds: tuple[ImportedSpeed, ...] = ()
    acceptance: tuple[ImportedAcceptance, ...] = ()
    verification: tuple[ImportedVerification, ...] = ()
    not_taken: tuple[NotTaken, ...] = ()
    remarks: tuple[str, ...] = ()


def spread_estimate(value: float, half: float, n: int = 0) -> Estimate:
    """A positive figure with `half` an interval to either side, kept above 0."""
    low = max(value - half, value * LEAST_PART)
    return Estimate(value=value, low=low, high=value + half, confidence=CONFIDENCE, n=n)
