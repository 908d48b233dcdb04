"""By what a configuration is chosen, and within which limits, as values of Python say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from configspec.errors import UsageError
from configspec.results.assumptions import number
from configspec.results.question import Names, objectives_of
from configspec.selection.candidates import Group
from configspec.selection.criterion import Criterion
from configspec.selection.limits import Limit
from configspec.theory.objectives.registry import DEFAULT, usual

LEAST, MOST = 1e-12, 1e12  # of limits and weights: ratios do not overflow


def criterion_of(
    objective: Names | None, weights: Mapping[str, float] | None, *, minimax_regret: bool
) -> Callable[[Group], Criterion]:
    """What the configurations of a group are chosen by.

    Raises:
        UsageError: Two ways are named at once, or several objectives where one is needed.
    """
    named = () if objective is None else objectives_of(objective)
    if weights is not None:
        if named or minimax_regret:
            raise UsageError("weights name their objectives themselves; leave out objective and minimax_regret.")
        found = objectives_of(tuple(weights))
        shares = tuple(number(f"weights: that of {one.name}", weights[one.name], LEAST, MOST) for one in found)
        weighted = Criterion(way="weighted-mean", objectives=found, weights=shares)
        return lambda group: weighted
    if minimax_regret:
        return lambda group: Criterion(way="minimax-regret", objectives=named or usual(group.rankable) or usual())
    if len(named) > 1:
        raise UsageError("one objective is the best by; with minimax_regret or weights there can be several.")
    best = Criterion(way="objective", objectives=named or (DEFAULT,))
    return lambda group: best


def limits_of(limits: Mapping[str, float]) -> tuple[Limit, ...]:
    """The limits, each with its objective; at least or at most is the objective's own.

    Raises:
        UsageError: There is no such objective, or the value is no number above 0.
    """
    if not limits:
        return ()
    return tuple(
        Limit(objective=one, value=number(f"limits: that of {one.name}", limits[one.name], LEAST, MOST))
        for one in objectives_of(tuple(limits))
    )
