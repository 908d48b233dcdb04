"""How far a configuration is behind another within one run."""

from __future__ import annotations

import math

from configspec.histories.run import Chosen
from configspec.theory.ids import ConfigurationId


def regret_of(chosen: Chosen, configuration: ConfigurationId) -> float | None:
    """How much worse than the best of a run a configuration is, as a share of the best; None where it has no value."""
    log = behind_log(chosen, configuration, chosen.best)
    return None if log is None else max(0.0, -math.expm1(-log))


def behind_log(chosen: Chosen, configuration: ConfigurationId, best: ConfigurationId) -> float | None:
    """How far the configuration is behind another in one run, in log values: above 0, worse."""
    here, there = chosen.values.get(configuration), chosen.values.get(best)
    if here is None or there is None or not (here.value > 0 and there.value > 0):
        return None
    log = math.log(there.value / here.value)
    return -log if chosen.better == "lower" else log
