"""Which K to try that was not measured: beyond the largest or the smallest where the best is at that edge, or between.

A best at the edge of what was measured may not be the best there is. So the K beyond the edge is named at which the
model of `unmeasured_k.py` puts the best value, whether that is better or not: the edge itself says nothing of it. A K
between measured ones is named where the model puts it ahead of the best by more than the indifference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from configspec.selection.unmeasured_k import largest_error, modelled_at, modelled_serving
from configspec.theory.ids import MAX_K, Cell
from configspec.theory.objectives.objective import Objective, objective_value
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

FARTHEST = 2  # times the largest measured K: farther, the model goes by nothing
MOST_CELLS = 64  # that are looked at for a K between measured ones

Where = Literal["above", "below", "between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntriedK:
    """A K to measure. `value` is modelled; `times_better` than the best that was measured: below 1 it is worse.

    `where` it lies: above the largest measured K of its cell, below the smallest, or between two. `error` is that of
    the model in a round's tokens, as a share; None where too few K were measured to know one.
    """

    where: Where
    configuration: Configuration
    value: float
    times_better: float
    error: float | None


def untried_ks(
    in_order: Sequence[Configuration], objective: Objective, serving: Serving, *, indifference: float
) -> tuple[UntriedK, ...]:
    """What to try: at most one K beyond an edge at either side, and one between.

    Args:
        in_order: All that is ranked, the best first; at least one.
        objective: By what it is ranked.
        serving: Under which assumptions.
        indifference: How much better is of interest, as a share.

    """
    search = _Search(in_order, objective, serving)
    return tuple(one for one in (*search.beyond_edges(), search.between(indifference)) if one is not None)


class _Search:
    def __init__(self, in_order: Sequence[Configuration], objective: Objective, serving: Serving) -> None:
        self._best, self._objective, self._serving = in_order[0], objective, serving
        self._value = objective_value(objective, self._best, serving)
        self._cells = _measured_by_cell(in_order)

    def beyond_edges(self) -> Iterator[UntriedK | None]:
        measured = self._cells.get(self._best.cell, [])
        if not measured or self._best.provenance == "modelled":
            return
        k, smallest, largest = self._best.k, measured[0].k, measured[-1].k
        if k == largest:
            yield self._first("above", measured, range(k + 1, min(FARTHEST * k, MAX_K) + 1))
        if k == smallest:
            yield self._first("below", measured, range(k - 1, 0, -1))

    def between(self, indifference: float) -> UntriedK | None:
        found = [
            one
            for measured in list(self._cells.values())[:MOST_CELLS]
            if (ks := list(_gaps(measured))) and (one := self._first("between", measured, ks)) is not None
        ]
        best = max(found, key=lambda one: one.times_better, default=None)
        return best if best is not None and best.times_better > 1 + indifference else None

    def _first(self, where: Where, measured: Sequence[Configuration], ks: Iterable[int]) -> UntriedK | None:
        """Of these K the one of the best modelled value; of equals the first."""
        values = [(k, value) for k in ks if (value := self._value_at(measured, k)) is not None]
        if not values:
            return None
        k, value = max(values, key=lambda one: self._times_better(one[1]))
        return UntriedK(
            where=where,
            configuration=modelled_at(measured, k),
            value=value,
            times_better=self._times_better(value),
            error=largest_error(measured),
        )

    def _value_at(self, measured: Sequence[Configuration], k: int) -> float | None:
        one, serving = modelled_at(measured, k), modelled_serving(self._serving, k)
        if self._objective.unavailable(serving) or self._objective.lacks(one, serving):
            return None
        return objective_value(self._objective, one, serving)

    def _times_better(self, value: float) -> float:
        return value / self._value if self._objective.better == "higher" else self._value / value


def _measured_by_cell(in_order: Sequence[Configuration]) -> dict[Cell, list[Configuration]]:
    """Those that were not modelled themselves, in the order of K; the cells in the order of their best."""
    cells: dict[object, list[Configuration]] = {}
    for one in in_order:
        if one.provenance != "modelled":
            cell = one.id.cell
            drafter = cell.drafter
            # Its names instead of it: all are of one device and family, and texts are sooner looked up.
            cells.setdefault((drafter.draft, drafter.quant, drafter.algorithm, cell.settings), []).append(one)
    return {some[0].cell: sorted(some, key=lambda one: one.id.k) for some in cells.values()}


def _gaps(measured: Sequence[Configuration]) -> Iterator[int]:
    """Every K between two measured ones."""
    for left, right in pairwise(measured):
        yield from range(left.k + 1, right.k)
