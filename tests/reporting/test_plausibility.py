"""Whatever rows are, they can be held against each other, and what is found can be said."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

from any_rows import rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.records.row import Row
from configspec.reporting.plausibility import flagged, implausible
from configspec.reporting.plausibility_section import finding_lines, findings_json
from configspec.reporting.rows_to_rank import ranked_row

rows = st.lists(st.integers(1, 8), min_size=1, max_size=3).flatmap(lambda ks: st.tuples(*map(rows_of, ks)))
QUANTS = st.sampled_from(["Q8_0", "Q4_K_M", "F16", "?"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=rows, quants=st.lists(QUANTS, min_size=3, max_size=3), together=st.booleans())
def test_any_rows_are_judged_and_the_warnings_said(rows: tuple[Row, ...], quants: list[str], together: bool) -> None:
    """Without an overflow or a division by zero; no row is lost, no figure changed, and JSON takes it."""
    if together:
        rows = tuple(
            replace(row, device="d", family="f", quant=quant) for row, quant in zip(rows, quants, strict=False)
        )
    take = ranked_row()
    ranked = [take(row) for row in rows]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = implausible(ranked)
        json.dumps(findings_json(found), allow_nan=False)
        assert len(list(finding_lines(found))) == len(found)
    after = flagged(ranked, found)
    assert [replace(one.configuration, flags=()) for one in after] == [
        replace(one.configuration, flags=()) for one in ranked
    ]
