"""How configurations stand, as plain values to be read by attribute. Each has a unit, an interval and a provenance.

Standings    the configurations of a device and family in the order of one objective, each a Place
Loss         what the best by one objective loses by another
"""

from __future__ import annotations

from dataclasses import dataclass

from configspec.reporting.flag_words import flag_words
from configspec.reporting.ranking_baselines import Alone, baselines_of
from configspec.results.other_winners import OtherWinner, other_winner
from configspec.selection.baselines import Baseline
from configspec.selection.candidates import Group
from configspec.selection.k_advice import UntriedK, Where
from configspec.selection.next_measurement import NextMeasurement
from configspec.selection.ranking import Choice, Ranking
from configspec.selection.regret import conflicts
from configspec.theory.figures import Provenance
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Better
from configspec.theory.objectives.plain import Way
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
        best_in: The share of bootstrap draws in which it is the best; None where nothing was sampled, or with `fill`.
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
    best_in: float | None
    provenance: Provenance
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """One way to do without speculation.

    Attributes:
        way: "no speculation": the same verifier, a token a round trip; "cloud only": the target alone; "device only":
            the draft alone, with the quality of that model.
        value: By the objective, in `unit`; None where it is not known.
        low: The lower end of its interval; None with the value.
        high: The upper end; None with the value.
        unit: As people read it.
        times_better: How many times better the best configuration is; below 1 it is worse. None with the value.
        shown: Whether that is beyond doubt.
        reason: Why it has no value; else None.
    """

    way: Way
    value: float | None
    low: float | None
    high: float | None
    unit: str
    times_better: float | None
    shown: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untried:
    """A configuration that was not measured, and should be.

    Attributes:
        configuration: Its device, family, draft, quant, settings and k.
        where: Whether its K is "above" or "below" all that were measured, or "between" two.
        value: In `unit`, modelled from the K that were measured.
        unit: As people read it.
        times_better: Than the best that was measured; below 1 it is worse.
        error: How far the model is from measured K, as a share of a round's tokens; None where too few were measured.
    """

    configuration: ConfigurationId
    where: Where
    value: float
    unit: str
    times_better: float
    error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMeasure:
    """What would tell from the best the configurations of one cell that are tied with it.

    Attributes:
        separates: These configurations.
        behind: By how much the nearest of them is behind the best, as a share; it is taken to stay so.
        passes: So many more passes over its cell, and over that of the best; 0: none are needed.
        rounds: How many more rounds these are, in each cell.
        prompts: So many more prompts; 0: none are needed.
        rounds_s: What the rounds take on the device, without opening models; None where none are needed.
        prompts_s: What the target takes to write after the prompts; None where none are needed, or it was not recorded.
        why_not: Why neither would do; else None.
    """

    separates: tuple[ConfigurationId, ...]
    behind: float
    passes: int
    rounds: int
    prompts: int
    rounds_s: float | None
    prompts_s: float | None
    why_not: str | None


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
        without: What the best is held against, a way each; none where nothing can be ranked.
        untried: What to measure because it may be better.
        to_measure: What to measure to tell from the best what is tied with it, the least work first.
        best_known: Where the best is modelled, the best that is not, if there is one.
        other_winners: What would be the best under other serving schemes; none where nothing else would.
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
    without: tuple[Without, ...]
    untried: tuple[Untried, ...]
    to_measure: tuple[ToMeasure, ...]
    best_known: Place | None
    other_winners: tuple[OtherWinner, ...]
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


def standings_of(ranking: Ranking, alone: Alone) -> Standings:
    """A ranking for people who only read it; `alone`: what is known of each target by itself."""
    unit = ranking.objective.unit
    return Standings(
        device=ranking.device,
        family=ranking.family,
        objective=ranking.objective.name,
        unit=unit,
        better=ranking.objective.better,
        serving=ranking.serving,
        confidence=ranking.rules.confidence,
        power_kind=ranking.power_kind,
        places=tuple(_place(one, unit) for one in ranking.choices),
        without=tuple(_without(one, unit) for one in baselines_of(ranking, alone)),
        untried=tuple(_untried(one, unit) for one in ranking.untried),
        to_measure=tuple(map(_to_measure, ranking.to_measure)),
        best_known=None if ranking.best_known is None else _place(ranking.best_known, unit),
        other_winners=tuple(other_winner(one, unit) for one in ranking.other_bests),
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
        best_in=choice.best_in,
        provenance=choice.configuration.provenance,
        warnings=warnings_of(choice.configuration),
    )


def _without(one: Baseline, unit: str) -> Without:
    value = one.value
    return Without(
        way=one.way,
        value=None if value is None else value.value,
        low=None if value is None else value.low,
        high=None if value is None else value.high,
        unit=unit,
        times_better=one.times_better,
        shown=one.shown,
        reason=one.reason,
    )


def _untried(one: UntriedK, unit: str) -> Untried:
    return Untried(
        configuration=one.configuration.id,
        where=one.where,
        value=one.value,
        unit=unit,
        times_better=one.times_better,
        error=one.error,
    )


def _to_measure(one: NextMeasurement) -> ToMeasure:
    return ToMeasure(
        separates=one.separates,
        behind=one.behind,
        passes=one.passes,
        rounds=one.rounds,
        prompts=one.prompts,
        rounds_s=one.seconds,
        prompts_s=one.prompts_s,
        why_not=one.why_not,
    )
