"""Results files of small runs on other days, with other speeds and setups, for tests of histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from example_rows import BOARD, whole_row

from configspec.records.codec import to_record
from configspec.records.facts import DeviceFacts
from configspec.records.results_file import write_results
from configspec.records.row import KEY, Row
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

KS = (1, 2, 4)


def slowed(row: Row, times: float) -> Row:
    """The row with rounds that took so many times as long."""
    samples_s = tuple(one * times for one in row.drafting.round_samples_s)
    round_s = median_estimate(samples_s)
    speed = tokens_per_s(row.k, round_s)
    return replace(row, drafting=replace(row.drafting, round_samples_s=samples_s, round_s=round_s, tokens_per_s=speed))


def made_rows(times: float = 1.0, board: DeviceFacts = BOARD) -> list[Row]:
    """Three configurations of one cell."""
    return [slowed(whole_row(k, board=board), times) for k in KS]


def entries(rows: list[Row]) -> Iterator[Mapping[str, object]]:
    """As pytest-benchmark has them."""
    for row in rows:
        extra = {KEY: to_record(row)}
        yield {"fullname": f"t.py::t[{row.id.id}]", "name": row.id.id, "extra_info": extra, "stats": {"data": [1.0]}}


def commit_of(day: int) -> str:
    """The commit of a night."""
    return f"{day:02x}" * 20


def write_run(
    path: Path, day: int, *, rows: list[Row] | None = None, commit: str | None = None, date: str | None = None
) -> Path:
    """A results file of a night in November 2026."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {
        "machine_info": {},
        "commit_info": {"id": commit or commit_of(day), "branch": "main"},
        "datetime": date or f"2026-11-{day:02d}T03:00:00+00:00",
        "version": "5.3.1",
    }
    write_results(path, head, lambda: entries(made_rows() if rows is None else rows))
    return path
