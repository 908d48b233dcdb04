"""Reading a results file: the JSON that pytest-benchmark writes, with configspec's records in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from configspec.errors import RecordError
from configspec.records.row import KEY, Row, from_record

MEASURE = "pytest -m hil --device DEVICE --benchmark-json=results.json"


def read_results(path: Path) -> tuple[Row, ...]:
    """All rows of `path` that configspec wrote, in the file's order.

    Raises:
        RecordError: The file is missing, is not JSON, is cut short, is not pytest-benchmark's, holds no row of
            configspec, or holds a record that cannot be read.
    """
    benchmarks = _benchmarks(path)
    rows = [
        from_record(benchmark["extra_info"][KEY], f"{path}: {benchmark.get('name', f'row {index}')}")
        for index, benchmark in enumerate(benchmarks)
        if _has_record(benchmark)
    ]
    if not rows:
        raise RecordError(
            f"{path}: {len(benchmarks)} benchmarks, none measured by configspec "
            f"(no extra_info[{KEY!r}]). Such a file is made by: {MEASURE}"
        )
    return tuple(rows)


def _has_record(benchmark: object) -> bool:
    extra = benchmark.get("extra_info") if isinstance(benchmark, dict) else None
    return isinstance(extra, dict) and isinstance(extra.get(KEY), dict)


def _benchmarks(path: Path) -> list[Any]:
    text = read_text(path)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as problem:
        raise RecordError(_not_json(path, text, problem)) from problem
    except RecursionError:
        raise RecordError(f"{path}: JSON nested too deeply to be a results file.") from None
    benchmarks = document.get("benchmarks") if isinstance(document, dict) else None
    if not isinstance(benchmarks, list):
        raise RecordError(
            f"{path}: JSON, but not a file of pytest-benchmark: it has no list named 'benchmarks'. "
            f"Such a file is made by: {MEASURE}"
        )
    return benchmarks


def read_text(path: Path) -> str:
    """The file's text; every failure as a RecordError that says what would do."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file. A results file is made by: {MEASURE}") from None
    except IsADirectoryError:
        raise RecordError(f"{path}: a folder. Name the results file in it.") from None
    except UnicodeDecodeError as problem:
        raise RecordError(
            f"{path}: not text ({problem.reason} at byte {problem.start}), so not a results file."
        ) from None
    except OSError as problem:
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.") from problem


def _not_json(path: Path, text: str, problem: json.JSONDecodeError) -> str:
    if not text.strip():
        return f"{path}: the file is empty. What a run had finished is in its journal: configspec recover JOURNAL"
    begins_as_json = text.lstrip()[0] in "{["
    if begins_as_json and problem.pos >= len(text.rstrip()) - 1:
        return (
            f"{path}: cut short at line {problem.lineno}: {problem.msg}. The run was killed while writing, or the copy "
            "was. What it had finished is in its journal: configspec recover JOURNAL"
        )
    return (
        f"{path}: not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}. "
        f"A results file is made by: {MEASURE}"
    )
