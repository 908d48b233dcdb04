"""Nights compare by the prompts of their sweeps, whatever `--refine` has added to them."""

from __future__ import annotations

from dataclasses import replace

from any_rows import rows
from hypothesis import given
from hypothesis import strategies as st
from run_files import BEGIN, slower_row

from configspec.histories.as_swept import as_swept
from configspec.histories.of_rows import run_of_rows
from configspec.records.row import Refined, Row

SWEPT = slower_row(4)


def more_asked(row: Row, more: int) -> Row:
    """The row with so many prompts more, all of whose tokens are accepted."""
    counted = row.acceptance
    assert counted.asked is not None
    assert counted.rounds is not None
    assert counted.accepted is not None
    return replace(
        row,
        acceptance=replace(
            counted,
            rounds=counted.rounds + more,
            drafted=(counted.rounds + more) * row.k,
            accepted=counted.accepted + more * row.k,
            rate=replace(
                counted.rate, value=(counted.accepted / row.k + more) / (counted.rounds + more), low=0.0, high=1.0
            ),
            by_prompt=(*counted.by_prompt, *[(1, row.k)] * more),
            prompts_sha256="cd" * 32,
            asked=replace(counted.asked, categories=(*counted.asked.categories, ("tale", more))),
            prompts=len(counted.by_prompt) + more,
        ),
        refined=Refined(
            objective="goodput",
            passes=0,
            sweep_round_s=row.drafting.round_s,
            prompts=more,
            sweep_prompts_sha256=counted.prompts_sha256,
        ),
    )


@given(rows())
def test_a_row_of_which_no_more_prompts_were_asked_is_as_it_is(row: Row) -> None:
    """Refined by passes or not."""
    if row.refined is None or row.refined.prompts == 0:
        assert as_swept(row) is row


@given(st.integers(1, 30))
def test_what_the_sweep_asked_is_found_again(more: int) -> None:
    """Counts, rate, categories, and by which hash."""
    found, then = as_swept(more_asked(SWEPT, more)).acceptance, SWEPT.acceptance
    assert replace(found, rate=then.rate) == then
    assert found.rate.value == then.rate.value


def test_a_night_that_asked_more_compares_with_one_that_did_not() -> None:
    """Each series has the same setup and value; what is ranked and chosen goes by all prompts."""
    plain, more = (run_of_rows([row], source="here", at_s=BEGIN.timestamp()) for row in (SWEPT, more_asked(SWEPT, 20)))
    assert {key: (one.value, one.setup) for key, one in plain.measured.items()} == {
        key: (one.value, one.setup) for key, one in more.measured.items()
    }
    assert dict(plain.counted) == dict(more.counted)
    assert plain.chosen != more.chosen
