"""A cell that is measured again: anew, and the first rows stay what they were; or with more passes beside the first."""

from __future__ import annotations

import pytest
from cells import ONE_THREAD, cell

from configspec.profiling.session import ProfilingSession
from configspec.records.row import Row

pytestmark = pytest.mark.real

KS = (1, 2)


def test_it_is_timed_anew_and_the_first_rows_stay(small_inventory, cache):
    """As many passes, other times, the same counts; the session still has the first rows, and no visit more."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        first = session.rows(cell("xs"), KS)
        again = [session.again(cell("xs"), KS) for _ in range(2)]
        assert session.rows(cell("xs"), KS) is first
    samples = {rows[2].drafting.round_samples_s for rows in (first, *again)}
    assert len(samples) == 3
    assert len({rows[2].acceptance.accepted for rows in (first, *again)}) == 1
    for rows in again:
        assert set(rows) == set(KS)
        passes = rows[2].drafting.passes
        assert passes is not None
        assert len(passes) >= small_inventory.sweep.passes


def test_it_needs_no_first_measurement(small_inventory, cache):
    """As where the first rows were resumed; the device's cells are then measured as if nothing had been."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        again = session.again(cell("xs"), KS)
        assert session.rows(cell("xs"), KS)[2].drafting.round_samples_s != again[2].drafting.round_samples_s


def test_more_passes_stand_beside_the_first(small_inventory, cache):
    """The first are what they were, and the session has the new rows from then on."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        first = passes_of(session.rows(cell("xs"), KS)[2])
        more = session.more(cell("xs"), KS, passes=2)
        assert session.rows(cell("xs"), KS) is more
    found = passes_of(more[2])
    assert found[: len(first)] == first
    assert len(found) >= len(first) + 2
    assert more[1].acceptance.accepted is not None


def test_more_passes_need_no_first_ones(small_inventory, cache):
    """Then those of a sweep are made too."""
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        assert len(passes_of(session.more(cell("xs"), KS, passes=1)[1])) >= small_inventory.sweep.passes + 1


def passes_of(row: Row) -> list[tuple[float, ...]]:
    """The rounds of each."""
    return [one.round_samples_s for one in row.drafting.passes or ()]
