"""What is chosen, as plain values to be read by attribute.

Picks    what is chosen for a device and family, within limits, each a Pick with a Value by every objective
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.results.answers import warnings_of
from configspec.selection.choosing import Alternative, Decision, Valued
from configspec.theory.figures import Provenance
from configspec.theory.ids import ConfigurationId
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A configuration by one objective: its value with the interval, and how many times worse than the best it is."""

    objective: str
    value: float
    low: float
    high: float
    unit: str
    times_worse: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A configuration that keeps every limit, in its place.

    Attributes:
        rank: From 1.
        configuration: Its device, family, draft, quant, settings and k.
        loss: What is least in the first: times worse than the best, by the way it was chosen.
        values: By each objective by which it has one, those that it is chosen by first.
        chosen_in: The share of bootstrap draws in which it is chosen; None where nothing was sampled, or with `fill`.
        meets_in: The share in which it keeps every limit; None where nothing was sampled.
        tied: Whether it is not shown to be worse than the first, or by no more than 2 %.
        provenance: Whether its figures were measured, derived, declared or modelled.
        warnings: What to know before using it.
    """

    rank: int
    configuration: ConfigurationId
    loss: float
    values: tuple[Value, ...]
    chosen_in: float | None
    meets_in: float | None
    tied: bool
    provenance: Provenance
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """What is chosen for one device and family, the best first; none where nothing keeps the limits.

    Attributes:
        device: Its name.
        family: Its name.
        serving: The assumptions.
        picks: The best first.
        unavailable: Why nothing could be weighed at all; else None.
        nearest: Where nothing keeps the limits, the configuration that misses them by the least; else None.
        missed: What that one misses: each objective, with how many times its value is worse than the limit.
        left_out: What could not be weighed though others could, each with its reason.
    """

    device: str
    family: str
    serving: Serving
    picks: tuple[Pick, ...]
    unavailable: str | None
    nearest: ConfigurationId | None
    missed: tuple[tuple[str, float], ...]
    left_out: tuple[str, ...]

    @property
    def best(self) -> Pick | None:
        """The first; None where there is none."""
        return self.picks[0] if self.picks else None


def picks_of(decision: Decision) -> Picks:
    """A decision for people who only read it."""
    nearest = decision.nearest
    return Picks(
        device=decision.group.device,
        family=decision.group.family,
        serving=decision.group.serving,
        picks=tuple(map(_pick, decision.alternatives)),
        unavailable=decision.unavailable,
        nearest=None if nearest is None else nearest.configuration.id,
        missed=() if nearest is None else tuple((one.limit.objective.name, one.times) for one in nearest.missed),
        left_out=decision.left_out,
    )


def _pick(one: Alternative) -> Pick:
    return Pick(
        rank=one.rank,
        configuration=one.configuration.id,
        loss=one.loss,
        values=tuple(map(_value, one.values)),
        chosen_in=one.chosen_in,
        meets_in=one.meets_in,
        tied=one.tied,
        provenance=one.configuration.provenance,
        warnings=warnings_of(one.configuration),
    )


def _value(one: Valued) -> Value:
    return Value(
        objective=one.objective.name,
        value=one.value,
        low=one.low,
        high=one.high,
        unit=one.objective.unit,
        times_worse=one.times_worse,
    )
