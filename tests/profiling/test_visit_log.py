"""What was timed of cells without rows is on the disk, whatever kills the run, and is taken up again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cells import cell
from visits import SETUP, visit

from configspec.profiling.visit import Visit
from configspec.profiling.visit_log import VisitLog
from configspec.records.passes import MemorySpeed
from configspec.theory.slowness import ProcessorLoad

KS = (1, 2)
LOAD = ProcessorLoad(window_s=2.0, processors=2, own_s=1.0, others_s=0.5, throttled_periods=3)
MEMORY = MemorySpeed(bytes_per_s=9e9, threads=2, bytes=64 << 20, passes=3, elapsed_s=0.2, method="sums")
WHOLE = replace(visit((0.1, 0.2), k=2), load=LOAD, memory=MEMORY, load_reason="no /proc/pressure/cpu")


def logged(folder, *visits: Visit) -> VisitLog:
    log = VisitLog(folder, "local")
    for one in visits:
        log.add(cell("xs"), KS, one)
    return log


def test_what_was_timed_is_read_back_as_it_was(tmp_path):
    """By the next worker, or by the next run; of its own device, cell and K only."""
    logged(tmp_path, WHOLE, visit((0.3,), k=2))
    again = VisitLog(tmp_path, "local")
    assert again.of(cell("xs"), KS) == (WHOLE, visit((0.3,), k=2))
    assert again.of(cell("s"), KS) == again.of(cell("xs"), (1, 2, 3)) == ()
    assert VisitLog(tmp_path, "board").of(cell("xs", device="board"), KS) == ()


def test_visits_of_another_setup_are_no_passes_over_this_cell(tmp_path):
    """A draft that was rebuilt, another governor, other rounds: they are timed anew."""
    log = logged(tmp_path, visit((0.1,), k=2, setup="cd" * 32), visit((0.2,), k=2))
    assert log.keep_only(cell("xs"), KS, SETUP) == (visit((0.2,), k=2),)
    assert log.of(cell("xs"), KS) == (visit((0.2,), k=2),)


@pytest.mark.parametrize("rest", [b'{"version": 1, "cell": {"devi', b"\xff\n", b'{"version": 2}\n', b"[[[[\n", b"\n"])
def test_a_line_that_was_cut_or_damaged_costs_one_visit(tmp_path, rest):
    """The lines before it, and those that are written behind it, are read."""
    logged(tmp_path, WHOLE)
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(path.read_bytes() + rest)
    logged(tmp_path, visit((0.3,), k=2))
    assert VisitLog(tmp_path, "local").of(cell("xs"), KS) == (WHOLE, visit((0.3,), k=2))


def test_without_a_folder_they_are_kept_for_this_run():
    """As where no journal is written."""
    assert logged(None, WHOLE).of(cell("xs"), KS) == (WHOLE,)


def test_a_folder_that_cannot_be_written_loses_no_visit(tmp_path):
    """It is said, and this run goes on with what it has."""
    (tmp_path / "in-the-way").write_text("")
    log = VisitLog(tmp_path / "in-the-way", "local")
    with pytest.raises(OSError, match="in-the-way"):
        log.add(cell("xs"), KS, WHOLE)
    assert log.of(cell("xs"), KS) == (WHOLE,)
