"""One figure of one configuration over time, and what one run found for it.

    series    a configuration and a metric: `dev:orin:-llama-xs-Q4_K_M-K4/goodput`
    setup     what has to be equal for two runs to compare, field by field, as texts in a fixed order
    night     runs that were made together; a cell that is measured again has several

Runs are in the order of time, never of commits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from configspec.printable import printable
from configspec.regression.metrics import Metric
from configspec.theory.ids import ConfigurationId

Setup: TypeAlias = tuple[tuple[str, str], ...]
Disturbance = Literal["throttled", "unstable"]

SHOWN = 40  # characters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """What is followed over time: one metric of one configuration."""

    configuration: ConfigurationId
    metric: Metric

    @property
    def id(self) -> str:
        """As patterns of accepted changes name it."""
        return f"{self.configuration.id}/{self.metric.name}"

    def __str__(self) -> str:
        """As a message says it: `orin: llama xs Q4_K_M K=4, goodput`."""
        return f"{self.configuration}, {self.metric.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run found: a median over the run, which is one observation however often it repeated.

    Attributes:
        at_s: When, in seconds since 1970 (UTC).
        night: The runs made together have the same, such as `2026-11-03`.
        disturbed: Why the run is no evidence, if it is not.
        changed_since_s: Where a verdict said that it had changed, either way: when the history began that it was judged
            by (`history_begins`). Such a run is in no baseline until that change is accepted.
    """

    series: SeriesKey
    value: float
    setup: Setup
    at_s: float
    night: str
    commit: str | None = None
    disturbed: tuple[Disturbance, ...] = ()
    changed_since_s: float | None = None

    def __post_init__(self) -> None:
        if not (0 < self.value < math.inf and math.isfinite(self.at_s)):
            raise ValueError(f"{self.series}: a run has a finite value above 0, not {self.value}, at {self.at_s} s")

    @property
    def log(self) -> float:
        """The logarithm of the value."""
        return math.log(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first field in which two setups differ, and both values."""

    field: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        """As a message says it: `device.power_mode was 15W, is MAXN`."""
        return f"{printable(self.field, at_most=SHOWN)} was {_shown(self.then)}, is {_shown(self.now)}"


def first_difference(then: Setup, now: Setup) -> Difference | None:
    """The first field, in the order of the newer setup, in which they differ; None where the runs compare."""
    if then == now:
        return None
    old, new = dict(then), dict(now)
    for field in dict.fromkeys((*new, *old)):
        if old.get(field) != new.get(field):
            return Difference(field=field, then=old.get(field), now=new.get(field))
    return None


def nights_of(runs: Iterable[Measured]) -> tuple[tuple[Measured, ...], ...]:
    """The runs night by night, by their first runs oldest first, each night's in the order of time."""
    found: dict[str, list[Measured]] = {}
    for run in sorted(runs, key=lambda one: one.at_s):
        found.setdefault(run.night, []).append(run)
    return tuple(map(tuple, found.values()))


def _shown(text: str | None) -> str:
    return "not there" if text is None else printable(text, at_most=SHOWN)
