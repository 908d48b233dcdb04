"""All objectives there are. A new one is a file beside this one, and one line here."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.errors import UsageError, did_you_mean
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import Objective

OBJECTIVES: tuple[Objective, ...] = (Goodput(), Cost(), Energy())
DEFAULT = OBJECTIVES[0]  # what is chosen by, where nobody names another


def objective(name: str, known: Sequence[Objective] = OBJECTIVES) -> Objective:
    """The objective of that name.

    Raises:
        UsageError: None has it; the message names those there are.
    """
    for one in known:
        if one.name == name:
            return one
    raise UsageError(f"no objective is called {name!r}. {did_you_mean(name, [one.name for one in known])}")
