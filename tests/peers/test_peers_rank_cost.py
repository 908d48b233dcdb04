"""The cost of ranking: what is judged, and that its rows are rankings worth the name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from journal_cost import MIB
from rank_cost import BOUND_MIB, BOUND_S, DEVICES, Cost, lines, ours, peer, write_files

from configspec.records.reader import read_rows


def cost(seconds: float, mib: float) -> Cost:
    return Cost(seconds=seconds, most_bytes=int(mib * MIB))


def test_the_median_time_and_the_median_memory_are_judged():
    """Each against its own bound, beside the peer's."""
    time, memory = lines("journal", [cost(3, 900)] * 3, [cost(8, 300), cost(6, 280), cost(7, 290)])
    assert (time.judged, time.peer, time.low, time.high, time.bound, time.met) == (7, 3, 6, 8, BOUND_S, True)
    assert (memory.judged, memory.peer, memory.bound, memory.met) == (290, 900, BOUND_MIB, True)


@pytest.mark.parametrize(("seconds", "mib"), [(10.5, 20), (5, 501)])
def test_a_bound_that_is_missed_is_told(seconds, mib):
    """Each of the two by itself."""
    assert not all(line.met for line in lines("journal", [cost(1, 400)], [cost(seconds, mib)]))


def test_both_files_hold_the_same_rows_none_like_another(tmp_path: Path):
    """As large as real ones: 4 to 7 kB in a journal."""
    results, journal = write_files(2 * DEVICES, tmp_path)
    rows = read_rows(results)
    assert rows == read_rows(journal)
    assert len({row.drafting.round_samples_s for row in rows}) == len({row.id for row in rows}) == 2 * DEVICES
    assert 4_000 < journal.stat().st_size / len(rows) < 8_000


def test_both_ways_read_all_boards(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """And print nothing that would be taken for the figures."""
    results, journal = write_files(2 * DEVICES, tmp_path)
    peer(results)
    ours(results)
    ours(journal)
    assert capsys.readouterr().out == ""
    assert len(json.loads(results.read_text())["benchmarks"]) == 2 * DEVICES
