"""A results file written again, as merging does: what comes out is what was read."""

from __future__ import annotations

from pathlib import Path

from configspec.records.opening import open_rows
from configspec.records.results_file import write_results


def rewrite_results(path: Path) -> None:
    """Replace a results file by itself; one in pytest-benchmark's own layout becomes a row a line."""
    file = open_rows(path)
    write_results(path, file.head, file.raw_rows)
