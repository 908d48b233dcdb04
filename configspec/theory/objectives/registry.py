"""All objectives there are. A new one is a file beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from configspec.errors import UsageError, did_you_mean
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.energy_with_waiting import EnergyWithWaiting
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.request_time import RequestTime
from configspec.theory.objectives.server_time import ServerTime

OBJECTIVES: tuple[Objective, ...] = (Goodput(), Cost(), Energy(), RequestTime(), ServerTime(), EnergyWithWaiting())
DEFAULT = OBJECTIVES[0]  # what is chosen by, where nobody names another


def usual(known: Sequence[Objective] = OBJECTIVES) -> tuple[Objective, ...]:
    """Those that are meant where nobody names any; all, where none of them is usual."""
    return tuple(one for one in known if one.usual) or tuple(known)


def usual_and(needed: Iterable[Objective], known: Sequence[Objective] = OBJECTIVES) -> tuple[Objective, ...]:
    """The usual ones and these, in the order of all."""
    names = {one.name for one in (*usual(known), *needed)}
    return tuple(one for one in known if one.name in names)


def objective(name: str, known: Sequence[Objective] = OBJECTIVES) -> Objective:
    """The objective of that name.

    Raises:
        UsageError: None has it; the message names those there are.
    """
    for one in known:
        if one.name == name:
            return one
    raise UsageError(f"no objective is called {name!r}. {did_you_mean(name, [one.name for one in known])}")
