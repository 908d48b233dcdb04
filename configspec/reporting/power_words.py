"""Watts and degrees of a cell, as a table says them, and why there are none."""

from __future__ import annotations

from configspec.reporting.figure_words import figure
from configspec.reporting.shown_facts import ShownHeat, ShownPower

NOTHING = "-"


def watts_words(power: ShownPower) -> str:
    """The mean power with its interval and its boundary, or a dash.

    >>> watts_words(ShownPower(watts=None, reason="no meter", boundary=None, declared=False))
    '-'
    """
    if power.watts is None:
        return NOTHING
    watts = power.watts
    words = f"{figure(watts.value)} ({figure(watts.low)} to {figure(watts.high)})"
    return " ".join((words, *([power.boundary] if power.boundary else []), *(["declared"] if power.declared else [])))


def no_watts_reason(power: ShownPower) -> str:
    """Why there are none."""
    return power.reason or "not measured"


def degrees_words(heat: ShownHeat) -> str:
    """From how many degrees to how many, the first alone, or a dash.

    >>> degrees_words(ShownHeat(from_c=41.2, to_c=55.0, reason=None))
    '41 to 55'
    """
    if heat.from_c is None:
        return NOTHING
    return f"{heat.from_c:.0f}" if heat.to_c is None else f"{heat.from_c:.0f} to {heat.to_c:.0f}"


def no_degrees_reason(heat: ShownHeat) -> str:
    """Why there is none."""
    return heat.reason or "not recorded"
