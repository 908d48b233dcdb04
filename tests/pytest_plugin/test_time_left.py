"""What a run says of the time that is left, with a clock that is handed in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.progress import Finished, Work
from configspec.pytest_plugin.time_left import Planned, TimeLeft

HOUR_S = 3600.0


class Run:
    """A run whose clock moves by what its parts take."""

    def __init__(self, planned: Planned, *, workers: int = 1) -> None:
        self.now_s = 0.0
        self.left = TimeLeft(planned, lambda: self.now_s, workers=workers)

    def finish(
        self, work: Work, name: str, seconds: float | None, *, device: str | None = "a", share: float = 1.0
    ) -> str | None:
        self.now_s += seconds or 0.0
        self.left.finish(Finished(work=work, name=name, device=device, seconds=seconds, share=share))
        return self.left.line()


def cells(**devices: int) -> Planned:
    names = {device: frozenset(f"{device}{n}" for n in range(count)) for device, count in devices.items()}
    return Planned(cells=names, decodings={})


def test_cells_and_decodings_are_counted_and_their_time_is_told():
    """30 s a cell and 10 s a decoding so far: 2 cells and 1 decoding are left."""
    planned = Planned(
        cells={"a": frozenset(("1", "2", "3"))}, decodings={"a": frozenset(("x", "y"))}, texts=frozenset(("f",))
    )
    run = Run(planned)
    assert run.finish("text", "f", 500.0, device=None) is None  # nothing can be said of cells yet
    run.finish("decoding", "x", 10.0)
    assert run.finish("cell", "1", 30.0) == "1 of 3 cells, 1 of 2 real decodings; about 70 s left"


def test_what_was_never_done_is_left_out_by_name():
    """No decoding was timed, so there is no time for one."""
    run = Run(Planned(cells={"a": frozenset("12")}, decodings={"a": frozenset("xy")}))
    said = run.finish("cell", "1", 60.0)
    assert said == "1 of 2 cells, 0 of 2 real decodings; about 60 s left, without the real decodings"


def test_a_line_comes_every_ten_seconds_at_most():
    """However short the cells are; a run that is shorter says nothing."""
    run = Run(cells(a=100))
    said = [run.finish("cell", f"a{n}", 4.0) for n in range(9)]
    assert [line is not None for line in said] == [False, False, True, False, False, True, False, False, True]


def test_after_the_last_part_nothing_is_said():
    """The summary follows."""
    assert Run(cells(a=1)).finish("cell", "a0", 60.0) is None


@given(st.lists(st.sampled_from([None, 0.0]), max_size=8), st.floats(1.0, 1e4))
def test_what_cost_nothing_does_not_spoil_the_time(free, each_s):
    """Resumed rows, and cells of a board that is gone: they are done, and say nothing of the others."""
    run = Run(cells(a=12))
    run.finish("cell", "a11", each_s)
    for n, _ in enumerate(free):
        run.finish("cell", f"a{n}", None)
    assert run.left.seconds() == pytest.approx(each_s * (11 - len(free)))


@given(st.permutations(range(6)), st.lists(st.floats(1.0, 500.0), min_size=6, max_size=6))
def test_two_passes_are_two_halves(order, seconds):
    """A cell is done when both are; of a whole cell, the time is twice that of a pass."""
    run = Run(cells(a=6))
    for done, (n, pass_s) in enumerate(zip(order, seconds, strict=True), start=1):
        run.finish("cell", f"a{n}", pass_s, share=0.5)
        mean_s = sum(seconds[:done]) / done
        assert run.left.seconds() == pytest.approx(mean_s * (12 - done))
    run.now_s += HOUR_S
    assert str(run.left.line()).startswith("0 of 6 cells")
    run.finish("cell", "a0", 1.0, share=0.5)
    run.now_s += HOUR_S
    assert str(run.left.line()).startswith("1 of 6 cells")


@given(st.integers(1, 4), st.lists(st.floats(1.0, 100.0), min_size=1, max_size=4))
def test_devices_beside_each_other_take_as_long_as_the_slowest_or_the_workers_allow(workers, per_cell_s):
    """Three more cells each."""
    names = "abcd"[: len(per_cell_s)]
    run = Run(cells(**dict.fromkeys(names, 4)), workers=workers)
    for name, cell_s in zip(names, per_cell_s, strict=True):
        run.finish("cell", f"{name}0", cell_s, device=name)
    left = [3 * cell_s for cell_s in per_cell_s]
    assert run.left.seconds() == pytest.approx(max(max(left), sum(left) / workers))


def test_a_device_that_has_not_begun_is_taken_for_one_like_the_others():
    """Its own time counts once it has one."""
    run = Run(cells(a=2, b=2))
    run.finish("cell", "a0", 20.0)
    assert run.left.seconds() == pytest.approx(20.0 + 40.0)
    run.finish("cell", "b0", 100.0, device="b")
    assert run.left.seconds() == pytest.approx(20.0 + 100.0)


def test_what_was_never_planned_and_what_is_over_change_nothing():
    """A cell that only a decoding needed, and a text that is looked up again."""
    run = Run(cells(a=2))
    run.finish("cell", "another", 900.0)
    assert run.left.seconds() is None
    run.finish("cell", "a0", 10.0)
    run.finish("cell", "a0", 900.0)
    assert run.left.seconds() == pytest.approx(10.0)
