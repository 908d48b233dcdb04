"""Which series a gate judges: few, declared beforehand. Among many, the same loss is seen less often.

By default the configurations that the base chose, for each device, family and objective: their goodput, energy,
drafting speed and acceptance, and each metric that `--fail-on` has a floor for. `--series PATTERN` adds others, `--all`
takes each that either side measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import NamedTuple

from configspec.errors import UsageError
from configspec.histories.baseline import Sides
from configspec.histories.columns import CountedColumns, MeasuredColumns
from configspec.histories.floors import Floors
from configspec.histories.run import Run
from configspec.printable import printable
from configspec.regression.acceptance import Counted
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, ENERGY, GOODPUT, METRICS, Metric
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.ids import ConfigurationId

OF_A_CHOICE = (GOODPUT, ENERGY, DRAFTING, ACCEPTANCE)
SHOWN = 80  # characters of a pattern in a message
LONGEST = 200  # of one that is compared with ids
NAMES = 3  # of series in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which series are asked for beside those of the choices; a pattern is matched as a shell matches file names."""

    patterns: tuple[str, ...] = ()
    every: bool = False


def declared(found: Sides, choices: Iterable[ConfigurationId], asked: Asked, floors: Floors) -> tuple[SeriesKey, ...]:
    """The series to judge, each once: those of the choices first, then what is asked for.

    Raises:
        UsageError: A pattern matches nothing, or no series is left.
    """
    there = series_of((*found.new, *found.base))
    metrics = metrics_of_a_choice(floors)
    keys = (SeriesKey(configuration=one, metric=metric) for one in choices for metric in metrics)
    of_choices = [key for key in keys if key in there]
    others = list(there) if asked.every else list(_matching(there, asked.patterns))
    series = tuple(key for key in dict.fromkeys((*of_choices, *others)) if floors.judges(key))
    if not series:
        why = "every metric is switched off" if of_choices or others else "the base chose nothing"
        raise UsageError(f"no series is declared: {why}. Name some with --series 'PATTERN', or take --all")
    return series


def metrics_of_a_choice(floors: Floors) -> tuple[Metric, ...]:
    """What is judged of a configuration that the base chose, unless it is off: the usual, and what has a floor."""
    return (*OF_A_CHOICE, *(one for one in METRICS if one.name in floors.given and one not in OF_A_CHOICE))


def series_of(runs: Sequence[Run]) -> dict[SeriesKey, None]:
    """Every series that any of these runs measured or counted, each once, the newest run's order last."""
    keys = dict.fromkeys(key for measured in _unlike(runs) for key in measured)
    counted = (SeriesKey(configuration=one, metric=ACCEPTANCE) for some in _counted(runs) for one in some)
    return keys | dict.fromkeys(counted)


class InEach(NamedTuple):
    """A series with its figure in each of some runs, None where a run has none; `measured` gives the whole values."""

    series: SeriesKey
    figures: tuple[float | None, ...]
    measured: Callable[[], tuple[Measured | None, ...]]


def each_series(runs: Sequence[Run]) -> Iterator[InEach]:
    """The same in the same order, with what every run measured of each."""
    alike = _alike(runs)
    if alike:
        each = zip(alike[0], zip(*(one.figures() for one in alike), strict=True), strict=True)
        for number, (key, figures) in enumerate(each):
            yield InEach(key, figures, partial(_numbered, alike, number))
        return
    for key in series_of(runs):
        measured = tuple(run.measured.get(key) for run in runs)
        yield InEach(key, tuple(None if one is None else one.value for one in measured), partial(tuple, measured))


def _alike(runs: Sequence[Run]) -> list[MeasuredColumns]:
    """What runs measured that have values of the same series and counted no others; nothing where some have.

    It is told without a look at each series.
    """
    found: list[MeasuredColumns] = []
    for run in runs:
        measured, counted = run.measured, run.counted
        if not (isinstance(measured, MeasuredColumns) and isinstance(counted, CountedColumns)):
            return []
        found.append(measured)
        if not (measured.has_series_of(found[0]) and counted.names is measured.names):
            return []
        if not measured.places(ACCEPTANCE).issuperset(counted.places):
            return []
    return found


def _numbered(runs: Sequence[MeasuredColumns], number: int) -> tuple[Measured | None, ...]:
    return tuple(run.at(number) for run in runs)


def _unlike(runs: Sequence[Run]) -> Iterator[Mapping[SeriesKey, Measured]]:
    """What runs measured, those left out that have the series of the run before: nights have, as a rule."""
    before: MeasuredColumns | None = None
    for run in runs:
        measured = run.measured
        if isinstance(measured, MeasuredColumns):
            if before is not None and measured.has_series_of(before):
                continue
            before = measured
        yield measured


def _counted(runs: Sequence[Run]) -> Iterator[Mapping[ConfigurationId, Counted]]:
    """What runs counted, those left out that counted the configurations of the run before."""
    before: CountedColumns | None = None
    for run in runs:
        counted = run.counted
        if isinstance(counted, CountedColumns):
            if before is not None and counted.has_configurations_of(before):
                continue
            before = counted
        yield counted


def _matching(there: Iterable[SeriesKey], patterns: Sequence[str]) -> Iterator[SeriesKey]:
    by_id = {key.id: key for key in there}
    for pattern in patterns:
        found = [key for name, key in by_id.items() if fnmatchcase(name, pattern)]
        if not found:
            raise UsageError(
                f"--series {printable(pattern, at_most=SHOWN)!r} matches no series. {_near(pattern, by_id)}"
            )
        yield from found


def _near(pattern: str, ids: Collection[str]) -> str:
    import difflib  # no command waits for what only a mistake needs

    close = difflib.get_close_matches(pattern[:LONGEST], ids, n=1, cutoff=0.4)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    more = f" and {len(ids) - NAMES} more" if len(ids) > NAMES else ""
    return printable(f"{guess}There are {', '.join(list(ids)[:NAMES])}{more}. A pattern takes *, ? and [..].")
