"""In which order the cells of a device are visited, and when a cell has been visited often enough.

    there   before the first row is made, all cells of the device are visited once a pass, but for the last pass
    back    the last pass is made as each row is asked for, in the order of the tests

Each pass goes the other way than the one before: the last cell of one is the first of the next, and its model is still
open. The way there ends at the first test, so with two passes it begins at the last. Visits of one cell lie apart as
far as that allows, and slow drifts of the whole device weigh on early and late cells alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TypeVar

from configspec.profiling.visit import Visit
from configspec.theory.flags import Flag, flag
from configspec.theory.passes import any_disagree, counting
from configspec.theory.timing import prefix_durations

Stop = TypeVar("Stop")


def way_there(stops: Sequence[Stop], passes: int) -> Iterator[tuple[int, Stop]]:
    """Every pass but the last: its number, from 1, and each stop. `stops` are in the order of the last pass."""
    for number in range(1, passes):
        for stop in reversed(stops) if (passes - number) % 2 else stops:
            yield number, stop


def complete(
    found: Sequence[Visit], passes: int, visit: Callable[[], Visit], *, where: str = "the device"
) -> tuple[Visit, ...]:
    """The visits of a cell, with those that it lacks; where passes disagree, with one more than `passes`."""
    visits = list(found)
    while len(visits) < passes:
        visits.append(visit())
    if passes > 1 and len(visits) == passes and _any_disagree(visits, where):
        visits.append(visit())
    return tuple(visits)


def samples_of(visits: Sequence[Visit], k: int, *, where: str = "the device") -> list[tuple[float, ...]]:
    """Seconds of the rounds of `k` in each visit."""
    return [prefix_durations(one.rounds_of(k).stamps_s, k, where=where) for one in visits]


def counted_visits(visits: Sequence[Visit], k: int, *, where: str = "the device") -> tuple[bool, ...]:
    """Which visits count for rounds of `k`: as the rounds say that were run, which are one for all K, or of this K."""
    run = visits[0].rounds_of(k).k
    return counting(samples_of(visits, run, where=where))


def disagreement(visits: Sequence[Visit], k: int, *, where: str = "the device") -> tuple[Flag, ...]:
    """The flag of a cell whose passes disagree, with the median round of `k` in the fastest and the slowest."""
    counted = counted_visits(visits, k, where=where)
    if all(counted):
        return ()
    medians = [median(samples) for samples in samples_of(visits, k, where=where)]
    return (
        flag("passes_disagree", passes=len(visits), counted=sum(counted), fastest=min(medians), slowest=max(medians)),
    )


def _any_disagree(visits: Sequence[Visit], where: str) -> bool:
    return any(any_disagree(samples_of(visits, k, where=where)) for k in visits[0].rounds)
