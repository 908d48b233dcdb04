"""How many threads draft, and what is flagged of how a draft was opened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_rows import BOARD, DRAFT, OPENED
from hypothesis import given
from hypothesis import strategies as st

from configspec.profiling.threads import flags_of_opening, threads_of
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.flags import check_numbers, flag

ORIN = replace(BOARD, cores=8, default_threads=4, usable_threads=6)
counts = st.integers(1, 64)


def test_threads_are_those_declared_or_those_that_the_board_takes() -> None:
    """One for each of the processors that llama.cpp is bound to; older agents say nothing but their cores."""
    assert threads_of(LlamaCppSpec(threads=3, cpus=(0, 1)), ORIN) == 3
    assert threads_of(LlamaCppSpec(cpus=(0, 1)), ORIN) == 2
    assert threads_of(LlamaCppSpec(cpus=tuple(range(8))), ORIN) == 6
    assert threads_of(LlamaCppSpec(), ORIN) == 4
    assert threads_of(LlamaCppSpec(), replace(ORIN, default_threads=None, usable_threads=None)) == 8


@given(threads=counts, usable=counts, cpus=st.none() | st.sets(counts, min_size=1).map(tuple))
def test_threads_that_cannot_run_at_once_are_flagged(threads: int, usable: int, cpus: tuple[int, ...] | None) -> None:
    """With both numbers; never where they can."""
    board, settings = replace(ORIN, usable_threads=usable), {} if cpus is None else {"cpus": cpus}
    limit = usable if cpus is None else min(usable, len(cpus))
    found = flags_of_opening(replace(DRAFT, threads=threads, settings=settings), board)
    assert found == ((flag("threads_above", threads=threads, usable=limit),) if threads > limit else ())
    for one in found:
        check_numbers(one)


@pytest.mark.parametrize(
    ("asked", "offloaded", "flagged"),
    [(-1, 33, None), (-1, 20, 33), (99, 33, None), (20, 20, None), (20, 0, 20), (0, 0, None)],
)
def test_layers_that_did_not_go_to_the_gpu_are_flagged(asked: int, offloaded: int, flagged: int | None) -> None:
    """All of them, or the number; more than there are is all."""
    draft = replace(DRAFT, gpu_layers=asked, opened=replace(OPENED, layers_on_gpu=offloaded, layers=33))
    expected = () if flagged is None else (flag("fewer_layers", asked=flagged, offloaded=offloaded, layers=33),)
    assert flags_of_opening(draft, ORIN) == expected


def test_a_model_that_could_not_be_locked_is_flagged() -> None:
    """Where it was asked for."""
    for locked, flags in ((None, ()), (True, ()), (False, (flag("not_locked"),))):
        assert flags_of_opening(replace(DRAFT, opened=replace(OPENED, locked=locked)), ORIN) == flags
