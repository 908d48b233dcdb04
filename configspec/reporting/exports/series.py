"""What every export is made of: one value of one configuration, with its doubt and all that tells it from others.

    metric      what is measured or computed, with its unit and which way is better
    measured    what all values of one configuration have in common
    series      a metric of a configuration; over the nights it becomes a line

There is no series where there is no value: `Missing` counts those, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from configspec.printable import printable
from configspec.theory.figures import Provenance
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Better
from configspec.theory.serving.assumptions import Serving

WHY_LETTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a series is a series of."""

    name: str
    unit: str  # as people read it: `tokens/s`
    better: Better
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A configuration, and how it was measured.

    `setup` is equal where rows compare: 16 hex digits of a hash of it. `setup_words` are for people, and do not
    hold all of it. `flags` are codes of `theory/flags.py`, with their part before a colon where it is not the profile.
    """

    id: ConfigurationId
    provenance: Provenance
    flags: tuple[str, ...]
    measured_at: datetime | None  # UTC; when the run wrote its file
    setup: str
    setup_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One value, `low` and `high` around it at `confidence`; all of them finite.

    `confidence` is None where the two are the smallest and the largest of a few repetitions. `n` counts the samples;
    0 where none was taken here (a declared or derived figure), None where the value is computed from several figures.
    `power_kind` says how power was metered, where the value looks at power; else it is empty. `serving` is what was
    assumed; None where the value depends on no assumption.
    """

    measured: Measured
    metric: Metric
    value: float
    low: float
    high: float
    confidence: float | None
    n: int | None
    power_kind: str = ""
    serving: Serving | None = None

    @property
    def id(self) -> ConfigurationId:
        """Its configuration."""
        return self.measured.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How many configurations have no value of a metric, for one reason."""

    metric: str
    why: str
    count: int

    def __str__(self) -> str:
        """As a message says it."""
        return f"{_configurations(self.count)} without {self.metric}: {printable(self.why, at_most=WHY_LETTERS)}"


def by_configuration(series: Iterable[Series]) -> Iterator[tuple[Measured, list[Series]]]:
    """The series of each configuration together, as they come."""
    for measured, some in groupby(series, key=lambda one: one.measured):
        yield measured, list(some)


def counted(series: Iterable[Series]) -> str:
    """How many they are, as a message says it."""
    groups = [len(some) for _, some in by_configuration(series)]
    return f"{sum(groups)} value{'' if sum(groups) == 1 else 's'} of {_configurations(len(groups))}"


def _configurations(count: int) -> str:
    return f"{count} configuration{'' if count == 1 else 's'}"
