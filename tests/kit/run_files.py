"""Results files of an example board, for tests of commands that compare runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from example_rows import BOARD, raw_row, whole_row

from configspec.records.row import Row
from configspec.theory.figures import Estimate

BEGIN = datetime(2026, 11, 3, 22, tzinfo=UTC)


def slower_row(k: int, times: float = 1.0, *, accepted: int = 12, device: str = "orin", build: str = "0.3.36") -> Row:
    """The example board's row at K, its rounds so many times as long; `accepted` of 24 rounds keep all K tokens."""
    row = whole_row(k, device=device, board=replace(BOARD, llama_cpp_version=build))
    by_prompt = tuple((1, k if place < accepted else 0) for place in range(24))
    rate = accepted / 24
    return replace(
        row,
        drafting=replace(
            row.drafting,
            round_s=_times(row.drafting.round_s, times),
            tokens_per_s=_times(row.drafting.tokens_per_s, 1 / times),
            round_samples_s=tuple(times * one for one in row.drafting.round_samples_s),
        ),
        acceptance=replace(
            row.acceptance,
            rate=Estimate(value=rate, low=max(rate - 0.1, 0.0), high=min(rate + 0.1, 1.0), confidence=0.95, n=24),
            accepted=accepted * k,
            by_prompt=by_prompt,
        ),
    )


def write_run(path: Path, *rows: Row, day: float = 0) -> str:
    """A results file of these rows, of one night; the path as a command takes it."""
    head = {"datetime": (BEGIN + timedelta(days=day)).isoformat(), "version": "5.3.1", "commit_info": {"id": "c" * 40}}
    path.write_text(json.dumps({**head, "benchmarks": [raw_row(row) for row in rows]}), encoding="utf-8")
    return str(path)


def board_run(path: Path, times: float = 1.0, *, day: float = 0, accepted: int = 12, build: str = "0.3.36") -> str:
    """A run of K 2 and 4."""
    return write_run(path, *(slower_row(k, times, accepted=accepted, build=build) for k in (2, 4)), day=day)


def _times(one: Estimate, times: float) -> Estimate:
    return replace(one, value=times * one.value, low=times * one.low, high=times * one.high)
