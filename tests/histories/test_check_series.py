"""The series of runs, with what each run measured of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_files import slower_row

from configspec.histories.check_series import each_series, series_of
from configspec.histories.of_rows import run_of_rows
from configspec.histories.run import Run

# Of each K that a run measured, how many rounds keep all tokens; of none, the acceptance has counts and no value.
kept = st.dictionaries(st.sampled_from((2, 4)), st.sampled_from((0, 12)), min_size=1)


@cache
def _run(measured: tuple[tuple[int, int], ...], day: int) -> Run:
    rows = [slower_row(k, 1.0 + day, accepted=accepted) for k, accepted in measured]
    return run_of_rows(rows, source=f"run {day}", at_s=86_400.0 * day, choices=False)


def _plain(run: Run) -> Run:
    """The same, of which nobody knows that its series are those of another run."""
    return replace(run, measured=dict(run.measured), counted=dict(run.counted))


@given(st.lists(kept, min_size=1, max_size=3), st.booleans())
def test_runs_of_the_same_series_are_read_as_any_others(measured, alike):
    """Series, their order and every run's value are those that are found by looking for one after another."""
    runs = [_run(tuple((measured[0] if alike else one).items()), day) for day, one in enumerate(measured)]
    found = list(each_series(runs))
    plain = [_plain(run) for run in runs]
    expected = {key: tuple(run.measured.get(key) for run in plain) for key in series_of(plain)}
    assert [(one.series, one.measured()) for one in found] == list(expected.items())
    assert [one.figures for one in found] == [
        tuple(one and one.value for one in measured) for measured in expected.values()
    ]


@pytest.mark.parametrize("accepted", [0, 12])
def test_what_was_counted_is_known_without_counting(accepted):
    """The places are those of the counts."""
    counted = _run(((2, accepted), (4, 12)), 0).counted
    assert list(counted) == [one.series.configuration for one in counted.values()]
    assert len(counted) == 2
