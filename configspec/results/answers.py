"""How configurations stand, as plain values to be read by attribute. Each has a unit, an interval and a provenance.

Standings    the configurations of a device and family in the order of one objective, each a Place
Loss         what the best by one objective loses by another
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.reporting.flag_words import flag_words
from configspec.selection.candidates import Group
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import conflicts
from configspec.theory.figures import Provenance
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Better
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A configuration in its place by one objective.

    Attributes:
        rank: From 1.
        configuration: Its device, family, draft, quant, settings and k.
        value: In `unit`.
        low: The lower end of its interval.
        high: The upper end.
        unit: As people read it: tokens/s.
        tied: Whether it is not shown to be worse than the best, or by no more than 2 %. The best is tied with itself.
        provenance: Whether its figures were measured, derived, declared or modelled.
        warnings: What to know before using it.
    """

    rank: int
    configuration: ConfigurationId
    value: float
    low: float
    high: float
    unit: str
    tied: bool
    provenance: Provenance
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """The configurations of one device and family by one objective, the best first.

    Attributes:
        device: Its name.
        family: Its name.
        objective: Its name, such as goodput.
        unit: Of its values.
        better: Which way they are better.
        serving: The assumptions under which they were computed.
        confidence: Of the intervals, and of what is shown to be worse.
        power_kind: Of an objective that looks at power, meter and boundary of all that is ranked; else empty. Where
            kinds differ there are several standings.
        places: The best first; none where nothing can be ranked.
        unavailable: Why nothing can be; else None.
        left_out: What could not be ranked though others could, each with its reason.
    """

    device: str
    family: str
    objective: str
    unit: str
    better: Better
    serving: Serving
    confidence: float
    power_kind: str
    places: tuple[Place, ...]
    unavailable: str | None
    left_out: tuple[str, ...]

    @property
    def best(self) -> Place | None:
        """The first; None where nothing can be ranked."""
        return self.places[0] if self.places else None

    @property
    def tied(self) -> tuple[Place, ...]:
        """All that cannot be told from the best, the best among them."""
        return tuple(one for one in self.places if one.tied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How many times worse than the best by `objective` the best by `chosen_for` is, on one device with one family."""

    device: str
    family: str
    chosen_for: str
    configuration: ConfigurationId
    objective: str
    times_worse: float


def standings_of(ranking: Ranking) -> Standings:
    """A ranking for people who only read it."""
    return Standings(
        device=ranking.device,
        family=ranking.family,
        objective=ranking.objective.name,
        unit=ranking.objective.unit,
        better=ranking.objective.better,
        serving=ranking.serving,
        confidence=ranking.rules.confidence,
        power_kind=ranking.power_kind,
        places=tuple(_place(one, ranking.objective.unit) for one in ranking.choices),
        unavailable=ranking.unavailable,
        left_out=ranking.left_out,
    )


def losses_of(group: Group) -> tuple[Loss, ...]:
    """What the best by each objective loses by each other one."""
    return tuple(
        Loss(
            device=group.device,
            family=group.family,
            chosen_for=conflict.chosen_for.name,
            configuration=conflict.winner.id,
            objective=regret.objective.name,
            times_worse=regret.times,
        )
        for conflict in conflicts(group.rankings)
        for regret in conflict.regrets
    )


def warnings_of(configuration: Configuration) -> tuple[str, ...]:
    """What to know before using its figures, a sentence each."""
    return tuple(map(flag_words, configuration.flags))


def _place(choice: Choice, unit: str) -> Place:
    return Place(
        rank=choice.rank,
        configuration=choice.configuration.id,
        value=choice.value,
        low=choice.low,
        high=choice.high,
        unit=unit,
        tied=choice.tied_with_best,
        provenance=choice.configuration.provenance,
        warnings=warnings_of(choice.configuration),
    )
