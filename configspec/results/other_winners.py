"""What would be the best under another serving scheme, as plain values to be read by attribute."""

from __future__ import annotations

from dataclasses import dataclass

from configspec.selection.other_bests import OtherBest
from configspec.theory.figures import Provenance
from configspec.theory.ids import ConfigurationId


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWinner:
    """The best where one aspect of the serving assumptions is another, and what is assumed has all figures for that.

    Attributes:
        aspect: What the best depends on, such as "billing".
        scheme: What is assumed of it instead, in words.
        configuration: Its device, family, draft, quant, settings and k.
        value: In `unit`, under that scheme.
        unit: As people read it.
        times_better: Under that scheme, than the best of the standings.
        tied: Whether the standings do not show it to be worse than their best.
        provenance: Whether its figures were measured, derived, declared or modelled.
    """

    aspect: str
    scheme: str
    configuration: ConfigurationId
    value: float
    unit: str
    times_better: float
    tied: bool
    provenance: Provenance


def other_winner(one: OtherBest, unit: str) -> OtherWinner:
    """One of a ranking's other bests."""
    return OtherWinner(
        aspect=one.scheme.aspect,
        scheme=one.scheme.words,
        configuration=one.configuration.id,
        value=one.value,
        unit=unit,
        times_better=one.times_better,
        tied=one.tied_here,
        provenance=one.configuration.provenance,
    )
