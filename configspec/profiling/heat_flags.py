"""What to know of the heat of a board while a cell was measured, over all visits to it."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.profiling.power_figures import window_rounds_s
from configspec.profiling.visit import Visit
from configspec.theory.flags import Flag, flag
from configspec.theory.heat import Sustained, cold_and_sustained, judge


def heat_flags(visits: Sequence[Visit]) -> tuple[Flag, ...]:
    """Each flag once, in the order of the visits. A visit that does not count for speed counts for heat."""
    found: dict[Flag, None] = {}
    for visit in visits:
        if visit.heat is not None:
            sustained = _sustained(visit)
            slower = sustained is not None and sustained.slower
            found |= dict.fromkeys((*judge(visit.heat, slower=slower), *_told(sustained)))
    return tuple(found)


def _sustained(visit: Visit) -> Sustained | None:
    """How fast it drafted at first and after a while, in the window of its meter; None where there was none."""
    return None if visit.power is None else cold_and_sustained(window_rounds_s(visit.power), visit.power.k)


def _told(sustained: Sustained | None) -> tuple[Flag, ...]:
    if sustained is None or not sustained.differs:
        return ()
    return (flag("sustained_speed", cold=sustained.cold_tokens_per_s, sustained=sustained.sustained_tokens_per_s),)
