"""What can have changed, one line a metric.

gain_log    the logarithm of new / base, signed so that more is better
floor       the smallest loss that matters, as a share of the base: 0.03 is 3 %
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from configspec.errors import UsageError, did_you_mean
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES

Better = Literal["higher", "lower", "exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that a run yields. `exact`: counted, so any difference is a change; its rate is better higher."""

    name: str
    unit: str
    better: Better
    floor: float = 0.03

    def gain_log(self, ratio_log: float) -> float:
        """The gain that a ratio new / base is, both as logarithms."""
        return -ratio_log if self.better == "lower" else ratio_log

    def loss_at(self, floor: float) -> float:
        """The `gain_log`, below 0, of a loss of exactly the floor: 3 % fewer tokens, or 3 % more joules."""
        return -math.log1p(floor) if self.better == "lower" else math.log1p(-floor)

    def gain_at(self, floor: float) -> float:
        """The `gain_log`, above 0, of a gain of exactly the floor."""
        return -math.log1p(-floor) if self.better == "lower" else math.log1p(floor)


def metric_of(objective: Objective) -> Metric:
    """The value of an objective, followed over time."""
    return Metric(name=objective.name, unit=objective.unit, better=objective.better)


GOODPUT, COST, ENERGY = metric_of(Goodput()), metric_of(Cost()), metric_of(Energy())
DRAFTING = Metric(name="drafting", unit="tokens/s", better="higher")
ACCEPTANCE = Metric(name="acceptance", unit="accepted/drafted", better="exact", floor=0.0)

_UNUSUAL = frozenset(one.name for one in OBJECTIVES if not one.usual)
METRICS: tuple[Metric, ...] = (*map(metric_of, OBJECTIVES), DRAFTING, ACCEPTANCE)


def is_usual(one: Metric) -> bool:
    """Whether it is shown where nobody names any: all but those of objectives that wait to be named."""
    return one.name not in _UNUSUAL


def metric(name: str, known: Sequence[Metric] = METRICS) -> Metric:
    """The metric of that name.

    Raises:
        UsageError: None has it; the message names those there are.
    """
    for one in known:
        if one.name == name:
            return one
    raise UsageError(f"no metric is called {name!r}. {did_you_mean(name, [one.name for one in known])}")


def check_floor(floor: float) -> None:
    """UsageError where a floor is no share of at least 0 and below 1."""
    if not 0 <= floor < 1:
        raise UsageError(f"a floor is a share of at least 0 and below 1, not {floor}; 0.03 is 3 %")
