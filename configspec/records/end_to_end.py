"""What a row holds of real speculative decoding: measured goodput, beside what the profiles predicted of it.

Counts and seconds are of one decoding of the prompts: of each prompt the run whose time is the median of its repeats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from configspec.theory.prediction import RoundCost


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEnd:
    """One configuration, decoded for real. Goodput counts no seconds of reading the prompts."""

    goodput_tokens_per_s: float
    goodput_by_repeat_tokens_per_s: tuple[float, ...]
    repeats_s: tuple[float, ...]  # seconds of each decoding of all prompts
    predicted_goodput_tokens_per_s: float
    tokens: int
    rounds: int
    drafted: int
    accepted: int
    catch_ups: int
    predicted_rounds: float
    predicted_catch_ups: float
    drafting_s: float
    link_s: float
    verification_s: float
    bookkeeping_s: float
    total_s: float
    cost: RoundCost  # what the prediction took a round to cost
    prompts: tuple[str, ...]
    new_tokens: int
    rule: str
    output: str  # how the text was checked against the target's own
    link: Mapping[str, Any] | None  # the emulated link, where there is one
    energy_j: float | None = None
    energy_reason: str | None = None

    @property
    def error(self) -> float:
        """Predicted less measured goodput, as a share of the measured."""
        return self.predicted_goodput_tokens_per_s / self.goodput_tokens_per_s - 1

    def as_json(self) -> dict[str, Any]:
        """Plain, finite JSON values."""
        return asdict(self)


def end_to_end_from_json(values: Mapping[str, Any]) -> EndToEnd:
    """Read it back.

    Raises:
        KeyError, TypeError, ValueError: A key is missing, or a value of another kind.
    """
    plain = dict(values)
    plain["cost"] = RoundCost(**{name: float(seconds) for name, seconds in plain["cost"].items()})
    plain["prompts"] = tuple(plain["prompts"])
    plain["repeats_s"] = tuple(float(one) for one in plain["repeats_s"])
    plain["goodput_by_repeat_tokens_per_s"] = tuple(float(one) for one in plain["goodput_by_repeat_tokens_per_s"])
    found = EndToEnd(**plain)
    if not found.goodput_tokens_per_s > 0 or not found.predicted_goodput_tokens_per_s > 0:
        raise ValueError("a goodput of end_to_end is not above 0")
    return found
