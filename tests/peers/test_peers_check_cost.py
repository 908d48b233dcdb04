"""The cost of the gate: what is judged, and that the nights are nights."""

from __future__ import annotations

import pytest
from check_cost import BOUND_S, lines, write_store

from configspec.histories.sources import read_sources


def test_the_median_is_judged_by_its_bound():
    """Of the repeats."""
    (line,) = lines([1.0, 3.0, 2.0], 500)
    assert (line.judged, line.bound, line.met) == (2.0, BOUND_S, True)
    assert not lines([BOUND_S + 1], 500)[0].met


@pytest.mark.real
def test_the_store_has_nights_of_one_and_of_three_runs(tmp_path):
    """With the choices that the gate needs, and values that differ."""
    series = write_store(tmp_path, nights=7, rows=8)
    runs = read_sources([str(tmp_path / "store")], choices=True).runs
    assert len(runs) == 7 + 2 * 2
    assert len({run.night for run in runs}) == 7
    assert all(run.chosen for run in runs)
    assert all(len(run.measured) == series for run in runs)
