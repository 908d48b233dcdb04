"""How each series went over releases, commits or nights: its values, its steps, and what changed there.

    point     what the runs of one release, commit or night found: the median of those that were not disturbed
    change    where the level moves from one point to the next (`regression/steps.py`): information, no verdict
    break     where the setup differs from the point before: values on both sides do not compare

Points are in the order of time, also those of commits. Pure: runs go in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from statistics import median
from typing import Literal, get_args

from configspec.histories.columns import MeasuredColumns
from configspec.histories.run import Run
from configspec.regression.metrics import is_usual
from configspec.regression.series import Difference, Measured, SeriesKey, first_difference
from configspec.regression.steps import levels
from configspec.theory.ids import ConfigurationId

By = Literal["release", "commit", "date"]
WAYS: tuple[By, ...] = get_args(By)
LAST = 60  # points: the time to find changes grows with their square
COMMIT_LETTERS = 12
NOWHERE: Mapping[By, str] = {"release": "no release", "commit": "no commit", "date": "no date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a history is asked for.

    `patterns` are matched as a shell matches file names; none: every series of the usual metrics, and of those that
    `more` names. `only` these configurations; None: all.
    """

    by: By = "date"
    patterns: tuple[str, ...] = ()
    more: frozenset[str] = frozenset()
    only: frozenset[ConfigurationId] | None = None
    last: int = LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One release, commit or night. `disturbed`: all of its runs were."""

    name: str
    at_s: float
    value: float
    runs: int
    disturbed: bool
    newest: Measured  # its last run that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A step from the level before the point `then` ended to that which `now` begins. `ratio`: of the levels.

    `difference` is the first field of the setup that changed there too; None where all are equal.
    """

    then: Point
    now: Point
    ratio: float
    difference: Difference | None

    @property
    def commits(self) -> tuple[str | None, str | None]:
        """Between which it came: the last one before, and the first one after."""
        return self.then.newest.commit, self.now.newest.commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A point whose setup differs from that of the one before."""

    now: Point
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One series. `comparable`: how many of its points have the newest point's setup, itself among them."""

    series: SeriesKey
    points: tuple[Point, ...]
    changes: tuple[Change, ...]
    breaks: tuple[Break, ...]

    @property
    def comparable(self) -> int:
        """How many points compare with the newest."""
        setup = self.points[-1].newest.setup
        return sum(one.newest.setup == setup for one in self.points)

    @property
    def gain_log(self) -> float:
        """How far the last level is better than the first, as a logarithm."""
        return self.series.metric.gain_log(sum(math.log(one.ratio) for one in self.changes))


def trends(runs: Sequence[Run], asked: Asked) -> tuple[Trend, ...]:
    """The trend of each series that is asked for, in the order in which the newest runs have them.

    Args:
        runs: The oldest first, as `read_sources` gives them.
        asked: Which series, and what a point is.
    """
    named = _last(runs, asked)
    found: dict[SeriesKey, dict[str, list[Measured]] | None] = {}
    for run in reversed(runs):
        name = _name(run, asked.by)
        if name not in named:
            continue
        for one in _measured(run, asked):
            if one.series not in found:
                found[one.series] = {} if _wanted(one.series, asked) else None
            points = found[one.series]
            if points is not None:
                points.setdefault(name, []).append(one)
    return tuple(_trend(series, points, named) for series, points in found.items() if points is not None)


def _measured(run: Run, asked: Asked) -> Iterable[Measured]:
    """The values of a run, or those that may be asked for."""
    if asked.only is not None and isinstance(run.measured, MeasuredColumns):
        return run.measured.of(asked.only)
    return run.measured.values()


def _last(runs: Sequence[Run], asked: Asked) -> Mapping[str, int]:
    """The names of the last points, each with its place."""
    names = list(dict.fromkeys(_name(run, asked.by) for run in runs))
    return {name: place for place, name in enumerate(names[-asked.last :])}


def _name(run: Run, by: By) -> str:
    if by == "date":
        return run.night if run.at_s is not None else NOWHERE[by]
    found = run.release if by == "release" else run.commit
    return NOWHERE[by] if not found else found[:COMMIT_LETTERS] if by == "commit" else found


def _wanted(series: SeriesKey, asked: Asked) -> bool:
    if asked.only is not None and series.configuration not in asked.only:
        return False
    if not asked.patterns:
        return is_usual(series.metric) or series.metric.name in asked.more
    return any(fnmatchcase(series.id, pattern) for pattern in asked.patterns)


def _trend(series: SeriesKey, found: Mapping[str, list[Measured]], named: Mapping[str, int]) -> Trend:
    points = tuple(_point(name, found[name]) for name in sorted(found, key=named.__getitem__))
    counting = [one for one in points if not one.disturbed]
    steps = levels([math.log(one.value) for one in counting])
    changes = tuple(
        _change(counting[now.begin - 1], counting[now.begin], now.value - then.value) for then, now in pairwise(steps)
    )
    return Trend(series=series, points=points, changes=changes, breaks=_breaks(points))


def _point(name: str, newest_first: Sequence[Measured]) -> Point:
    calm = [one for one in newest_first if not one.disturbed]
    some = calm or newest_first
    return Point(
        name=name,
        at_s=min(one.at_s for one in newest_first),
        value=median([one.value for one in some]),
        runs=len(newest_first),
        disturbed=not calm,
        newest=some[0],
    )


def _change(then: Point, now: Point, step_log: float) -> Change:
    return Change(
        then=then, now=now, ratio=math.exp(step_log), difference=first_difference(then.newest.setup, now.newest.setup)
    )


def _breaks(points: Sequence[Point]) -> tuple[Break, ...]:
    pairs = pairwise(points)
    found = ((now, first_difference(then.newest.setup, now.newest.setup)) for then, now in pairs)
    return tuple(Break(now=now, difference=difference) for now, difference in found if difference is not None)


def sparkline(values: Iterable[float | None], width: int = 40) -> str:
    """The values as one line of blocks, the largest highest; None is a gap. More than `width` are drawn by medians.

    >>> sparkline([1, 2, 3, None, 4]), sparkline([5, 5])
    ('▁▃▆·█', '▄▄')
    """
    drawn = _narrowed(list(values), width)
    known = [one for one in drawn if one is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    step = (high - low) / (len(_BLOCKS) - 1)
    place: Callable[[float], int] = (lambda one: round((one - low) / step)) if step > 0 else (lambda _: 3)
    return "".join("·" if one is None else _BLOCKS[place(one)] for one in drawn)


_BLOCKS = "▁▂▃▄▅▆▇█"


def _narrowed(values: list[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return values
    ends = [round(len(values) * one / width) for one in range(width + 1)]
    parts = ([one for one in values[a:b] if one is not None] for a, b in pairwise(ends))
    return [median(part) if part else None for part in parts]
