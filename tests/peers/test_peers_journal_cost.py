"""The cost of the journal and the merge: what is judged, and that the rows are as large as real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from journal_cost import BOUND_MIB, BOUND_S, MIB, Cost, lines, made_rows, memory_bytes, ours, peer

from configspec.records.opening import open_rows
from configspec.records.shared import record_of


def cost(seconds: float, mib: float) -> Cost:
    return Cost(seconds=seconds, grown_bytes=int(mib * MIB), file_bytes=MIB)


def test_time_and_flatness_are_judged():
    """The median time, and the memory that ten times the rows add."""
    time, memory = lines([cost(1, 400)] * 3, [cost(s, 20) for s in (4, 6, 5)], [cost(1, m) for m in (12, 15, 13)])
    assert (time.judged, time.peer, time.bound, time.met) == (5, 1, BOUND_S, True)
    assert (memory.judged, memory.ours, memory.peer, memory.bound, memory.met) == (7, 20, 400, BOUND_MIB, True)


@pytest.mark.parametrize(("seconds", "mib"), [(10.5, 20), (5, 40)])
def test_a_bound_that_is_missed_is_told(seconds, mib):
    """Each of the two by itself."""
    found = lines([cost(1, 400)], [cost(seconds, mib)], [cost(1, 20)])
    assert not all(line.met for line in found)


def test_a_row_is_as_large_as_a_real_one():
    """Real ones take 4 to 7 kB in the journal, where each is whole."""
    (row,) = made_rows(1, "one")
    assert 4_000 < len(json.dumps(row)) < 8_000


def test_both_ways_write_all_rows(tmp_path: Path):
    """The same ones; what was merged also says where each row comes from."""
    merged, written = (list(open_rows(way(10, tmp_path)).raw_rows()) for way in (ours, peer))
    for row in (*merged, *written):
        record = record_of(row)
        assert record is not None
        record.pop("origin", None)
    assert merged == written
    assert len(merged) == 10


def test_memory_is_read_from_the_kernels_words():
    """In kB of 1,024 bytes."""
    assert memory_bytes("Name:\tpython\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n", "VmRSS") == MIB
