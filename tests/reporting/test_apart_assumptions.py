"""Rows of one device and family under several assumptions: told, since one of them counts for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from example_rows import whole_row
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.row import Row
from configspec.reporting.apart_assumptions import apart_assumptions
from configspec.reporting.rows_to_rank import ranked_row
from configspec.selection.query import Query
from configspec.theory.serving.assumptions import Serving


def told(*rows: Row, query: Query | None = None) -> list[str]:
    take = ranked_row()
    return list(apart_assumptions([take(row) for row in rows], query or Query()))


def rows_under(*servings: Serving) -> Iterator[Row]:
    for k, one in enumerate(servings, 1):
        yield replace(whole_row(k), serving=one)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=6))
def test_a_line_is_there_if_and_only_if_assumptions_differ(prices: list[float]) -> None:
    """With how many there are, and the last row's first."""
    lines = told(*rows_under(*(Serving(usd_per_million_tokens=one) for one in prices)))
    if len(set(prices)) == 1:
        assert lines == []
        return
    (line,) = lines
    assert line.startswith(f"orin, pair: rows were recorded under {len(set(prices))} assumptions")
    assert f"usd_per_million_tokens {prices[-1]}, not " in line


def test_devices_may_have_assumptions_of_their_own():
    """Each is ranked under its own."""
    far = replace(whole_row(2, device="far"), serving=Serving(verify_s=2.0))
    assert told(replace(whole_row(1), serving=Serving()), far) == []


def test_what_was_measured_may_differ_from_row_to_row():
    """A later row knows of more K; a declared time beside measured ones is told."""
    first = Serving(verify="measured", verify_s=0.4, verify_s_by_k=((1, 0.4),))
    second = replace(first, verify_s=0.5, verify_s_by_k=((1, 0.4), (2, 0.5)))
    assert told(*rows_under(first, second)) == []
    (line,) = told(*rows_under(Serving(), first))
    assert line.endswith("verify measured, not declared")
