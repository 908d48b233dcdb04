"""`--objective NAME`, repeatable: for the commands that ask by several objectives at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import objective, usual


def add_objective(command: argparse.ArgumentParser, objectives: Sequence[Objective]) -> None:
    """The option; its help names those there are, and those that are meant without it."""
    known, meant = (", ".join(one.name for one in some) for some in (objectives, usual(objectives)))
    command.add_argument("--objective", action="append", metavar="NAME", help=f"{known}; repeatable; default: {meant}")


def asked_objectives(asked: argparse.Namespace, objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Those that are named, each once; the usual ones where none is.

    Raises:
        UsageError: None of `objectives` has that name.
    """
    return tuple(objective(name, objectives) for name in dict.fromkeys(asked.objective or ())) or usual(objectives)
