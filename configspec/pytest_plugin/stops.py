"""Which cells of a device a run will measure, as it is known when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from configspec.errors import ConfigspecError
from configspec.pytest_plugin.private_pytest import configuration_of, fixtures_of
from configspec.pytest_plugin.run import MeasuringRun

if TYPE_CHECKING:
    from configspec.theory.ids import Cell


def stops_from(run: MeasuringRun, cell: Cell, ks: Sequence[int]) -> list[tuple[Cell, tuple[int, ...]]]:
    """The cell, then those of its device whose tests come after it, each with its K; in the order of their tests.

    A cell whose earlier rows stand for all of its tests is left out. Under pytest-xdist the tests of a device run in
    one worker, in this order.
    """
    to_measure: dict[Cell, bool] = {cell: True}
    begun = False
    for item in run.measuring:
        asked = configuration_of(item)
        if asked is None or asked.device != cell.device:
            continue
        begun = begun or asked.cell == cell
        if begun and not to_measure.get(asked.cell, False):
            to_measure[asked.cell] = not _stands_for(run, item)
    stops = [one for one, needed in to_measure.items() if needed]
    return [(one, tuple(ks) if one == cell else run.plan.ks[one]) for one in stops]


def _stands_for(run: MeasuringRun, item: pytest.Item) -> bool:
    """Whether an earlier row stands for the test; where nobody can tell now, its own test will."""
    if run.earlier is None or item.nodeid not in run.earlier.rows:
        return False
    from configspec.pytest_plugin.resume import change_since

    try:
        return change_since(run, item, decoded="hil_end_to_end" in fixtures_of(item)) is None
    except ConfigspecError:
        return True
