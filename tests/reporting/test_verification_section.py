"""The times of verification as a person reads them."""

from __future__ import annotations

from dataclasses import replace

from example_rows import measured_row

from configspec.records.row import Row
from configspec.reporting.verification_section import verification_text


def one_pass(context: int, requests: int, seconds: float) -> dict[str, object]:
    return {"context_tokens": context, "requests": requests, "seconds": {"value": seconds, "n": 15}, "samples_s": []}


def row(k: int, passes: list[dict[str, object]] | None) -> Row:
    return measured_row(k, verification=None if passes is None else {"clock": "here", "passes": passes})


ROWS = [
    row(4, [one_pass(64, 1, 0.004), one_pass(128, 1, 0.005), one_pass(128, 8, 0.02)]),
    row(1, [one_pass(128, 1, 0.003)]),
]


def test_times_are_told_by_k_by_context_and_by_texts_at_once():
    """The usual context is the one at which every K was timed; the largest K varies the rest."""
    assert verification_text(ROWS).splitlines() == [
        "pair: seconds of the target's pass over K + 1 tokens, on this host (median of 15)",
        "  after 128 tokens: K=1 0.003 s, K=4 0.005 s",
        "  K=4 after 64 tokens 0.004 s, 128 tokens 0.005 s",
        "  K=4 for 1 texts 0.005 s, 8 texts 0.02 s at once",
    ]


def test_nothing_is_said_where_nothing_was_timed():
    """A declared time is not repeated as if it had been measured."""
    assert verification_text([replace(ROWS[0], verification=None)]) == ""
