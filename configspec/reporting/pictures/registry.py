"""All pictures there are, in the order of a page. A new one is a file beside this one, a line here, a golden file."""

from __future__ import annotations

from configspec.errors import UsageError, did_you_mean
from configspec.reporting.pictures.breakdown import Breakdown
from configspec.reporting.pictures.conflict_map import ConflictMap
from configspec.reporting.pictures.forest import Forest
from configspec.reporting.pictures.history import History
from configspec.reporting.pictures.k_curve import KCurve
from configspec.reporting.pictures.pareto import Pareto
from configspec.reporting.pictures.picture import Kind
from configspec.reporting.pictures.power_trace import PowerTraces
from configspec.reporting.pictures.prediction import Prediction
from configspec.reporting.pictures.profiles import Profiles
from configspec.reporting.pictures.regimes import Regimes

KINDS: tuple[Kind, ...] = (
    Profiles(),
    KCurve(),
    Pareto(),
    Regimes(),
    ConflictMap(),
    Breakdown(),
    Prediction(),
    PowerTraces(),
    History(),
    Forest(),
)


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        UsageError: None has it; the message names those there are.
    """
    for one in KINDS:
        if one.name == name:
            return one
    raise UsageError(f"no picture is called {name!r}. {did_you_mean(name, [one.name for one in KINDS])}")
