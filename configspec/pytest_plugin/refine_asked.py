"""What the person asked for of `--refine`: by which objective, and for how long at most."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.pytest_plugin.options import ini_value, wrong_value
from configspec.pytest_plugin.times import time_s

BUDGET = "30m"  # of each device
MOST_BUDGET_S = 7 * 24 * 3600.0
NONE = "none"
_SHOWN = 60  # letters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class RefineAsked:
    """By the name of which objective, and how long each device may be measured again."""

    objective: str
    budget_s: float


def read_refine_options(config: pytest.Config, *, measures: bool) -> RefineAsked | None:
    """The values of one pytest run; None where nothing is refined. `measures`: whether a device is asked for.

    Raises:
        pytest.UsageError: A value cannot be taken, or would do nothing.
    """
    name, typed = _value(config, "refine")
    if name is None or name == NONE:
        if config.getoption("configspec_refine_budget") is not None:
            raise wrong_value(config, "--refine-budget is about --refine: name an objective with it.")
        return None
    if not measures:
        if typed:
            raise wrong_value(config, "--refine measures again: name the devices with --device.")
        return None
    where = "--refine" if typed else "configspec_refine"
    return RefineAsked(objective=_objective(config, name, where), budget_s=_budget_s(config))


def _value(config: pytest.Config, name: str) -> tuple[str | None, bool]:
    """A value, and whether it was typed; else it stands in the ini file."""
    key = f"configspec_{name}"
    typed = config.getoption(key)
    found = ini_value(config, key) if typed is None else typed
    return (None if found is None else str(found).strip()), typed is not None


def _objective(config: pytest.Config, name: str, where: str) -> str:
    from configspec.theory.objectives.registry import objective

    try:
        return objective(name).name
    except UsageError as problem:
        raise wrong_value(config, f"{where}: {problem}") from problem


def _budget_s(config: pytest.Config) -> float:
    given, typed = _value(config, "refine_budget")
    written = BUDGET if given is None else given
    asked_s = time_s(written)
    if asked_s is None or not 0 < asked_s <= MOST_BUDGET_S:
        where = "--refine-budget" if typed else "configspec_refine_budget"
        raise wrong_value(
            config,
            f"{where} is {printable(repr(written), at_most=_SHOWN)}. It takes seconds, or a time such as 90s, 30m "
            f"or 2h, above 0 and at most {MOST_BUDGET_S / 3600:g}h.",
        )
    return asked_s
