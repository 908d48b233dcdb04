"""Runs side by side: every value, the ratio to the first run with its interval, and what was chosen. No gate.

The interval of a ratio is that between two runs of one build, calibrated or assumed (`regression/single.py`): the doubt
within a run is smaller, and would promise too much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from configspec.errors import UsageError
from configspec.histories.baseline import shown_source, sides
from configspec.histories.behind import regret_of
from configspec.histories.check_series import each_series
from configspec.histories.floors import Floors
from configspec.histories.run import Chosen, Run
from configspec.regression.metrics import is_usual
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.single import SingleRules, judge_single
from configspec.regression.states import Verdict
from configspec.theory.ids import ConfigurationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series: what each run measured, None where a run has none; each against the first run that has one.

    `values` are its figures, and `measured` gives all that is known of them. `floors` are those of all series.
    """

    series: SeriesKey
    values: tuple[float | None, ...]
    measured: Callable[[], tuple[Measured | None, ...]]
    floors: Floors

    @property
    def change(self) -> float:
        """How far the farthest run is from the first, in log values either way; 0 where nothing compares."""
        logs = [math.log(one) for one in self.values if one is not None]
        return max((abs(log - logs[0]) for log in logs), default=0.0)

    @property
    def verdicts(self) -> tuple[Verdict | None, ...]:
        """Of each run but the first that has a value. Judged when they are asked for: a table shows few of them."""
        measured = self.measured()
        base = next((one for one in measured if one is not None), None)
        known = self.floors.known(self.series)
        rules = SingleRules(floor=self.floors.of(self.series) or None, spread=None if known is None else known.spread)
        return tuple(
            None if one is None or base is None or one is base else _against(one, base, rules) for one in measured
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenIn:
    """What one run chose: the best, how many are tied with it, and what the first run's choice costs in this one.

    `regret` is None where that was not measured here. `holds`: whether it is tied with the best.
    """

    best: ConfigurationId
    tied: int
    regret: float | None
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Of a device, family and objective: what each run chose, None where it ranked nothing."""

    device: str
    family: str
    objective: str
    first: ConfigurationId
    runs: tuple[ChosenIn | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """All of the comparison; `sources` are how the runs were named, in the order they were given."""

    sources: tuple[str, ...]
    lines: tuple[Line, ...]
    choices: tuple[Choices, ...]
    notes: tuple[str, ...] = ()


def side_by_side(runs: Sequence[Run], *, names: Mapping[str, str], varies: Sequence[str], floors: Floors) -> SideBySide:
    """Two or more runs, in the order they were named; ratios are to the first that has a series.

    Series of the usual metrics, and of those that have a floor by name.

    Raises:
        UsageError: There is only one, or they have no configuration in common.
    """
    if len(runs) < 2:
        raise UsageError(f"a comparison takes two runs or more; found {len(runs)}")
    first, *others = runs
    found = [sides([other], [first], names=names, varies=varies, in_time=False) for other in others]
    ordered = (found[0].base[0], *(one.new[0] for one in found))
    lines = tuple(
        Line(series=one.series, values=one.figures, measured=one.measured, floors=floors)
        for one in each_series(ordered)
        if is_usual(one.series.metric) or one.series.metric.name in floors.given
    )
    return SideBySide(
        sources=tuple(map(shown_source, ordered)),
        lines=lines,
        choices=tuple(_choices(ordered)),
        notes=tuple(dict.fromkeys(note for one in found for note in one.notes)),
    )


def _against(now: Measured, then: Measured, rules: SingleRules) -> Verdict:
    found = judge_single(now, then, rules)
    # Nothing follows from the ratio of runs that do not compare; it is shown, with the reason beside it.
    return replace(found, ratio=now.value / then.value) if found.ratio is None else found


def _choices(runs: Sequence[Run]) -> list[Choices]:
    groups = dict.fromkeys((one.device, one.family, one.objective) for run in runs for one in run.chosen)
    found = []
    for group in groups:
        of_group = [_of_group(run, group) for run in runs]
        first = next(one.best for one in of_group if one is not None)
        device, family, objective = group
        per_run = tuple(None if one is None else _chosen_in(one, first) for one in of_group)
        found.append(Choices(device=device, family=family, objective=objective, first=first, runs=per_run))
    return found


def _of_group(run: Run, group: tuple[str, str, str]) -> Chosen | None:
    return next((one for one in run.chosen if (one.device, one.family, one.objective) == group), None)


def _chosen_in(one: Chosen, first: ConfigurationId) -> ChosenIn:
    return ChosenIn(
        best=one.best,
        tied=len(one.tied),
        regret=regret_of(one, first),
        holds=first == one.best or first in one.tied,
    )
