"""What to know of the heat of a board while a cell was measured, over all visits to it."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.profiling.power_figures import window_rounds_s
from configspec.profiling.visit import Visit
from configspec.theory.flags import Flag
from configspec.theory.heat import cold_and_sustained, judge


def heat_flags(visits: Sequence[Visit]) -> tuple[Flag, ...]:
    """Each flag once, in the order of the visits. A visit that does not count for speed counts for heat."""
    found: dict[Flag, None] = {}
    for visit in visits:
        if visit.heat is not None:
            found |= dict.fromkeys(judge(visit.heat, slower=_slower(visit)))
    return tuple(found)


def _slower(visit: Visit) -> bool:
    """Whether drafting became slower within the window of the meter, where there was one."""
    if visit.power is None:
        return False
    sustained = cold_and_sustained(window_rounds_s(visit.power), visit.power.k)
    return sustained is not None and sustained.slower
