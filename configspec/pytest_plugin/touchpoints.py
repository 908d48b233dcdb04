"""Everything of pytest-benchmark that it does not promise: the attributes used here, and nowhere else.

`tests/pytest_plugin/test_touchpoints.py` uses each against the installed release, and names it when it is gone.
"""

from __future__ import annotations

from typing import Any

import pytest


def finished_row(item: pytest.Item) -> Any | None:
    """The finished row of a test, pytest-benchmark's `Metadata`; None if it has none, or no data."""
    fixture = getattr(item, "funcargs", {}).get("benchmark")
    metadata = getattr(fixture, "stats", None)
    if metadata is None or metadata.has_error or not metadata.stats.data:
        return None
    return metadata


def row_as_json(metadata: Any) -> dict[str, Any]:
    """The row as pytest-benchmark writes it into its file."""
    row: dict[str, Any] = metadata.as_dict(include_data=True, flat=False, stats=True)
    row["options"] = {key: getattr(value, "__name__", value) for key, value in row["options"].items()}
    return row


def run_facts(config: pytest.Config) -> dict[str, Any]:
    """Machine and commit, as the file's head has them."""
    from importlib.metadata import version

    return {
        "machine_info": config.hook.pytest_benchmark_generate_machine_info(config=config),
        "commit_info": config.hook.pytest_benchmark_generate_commit_info(config=config),
        "pytest_benchmark": version("pytest-benchmark"),
    }


def drop_rows_without_data(config: pytest.Config) -> None:
    """Leave out rows whose test broke while measuring; the writer would fail on one and lose the whole file."""
    session = config.pluginmanager.get_plugin("pytest-benchmark")
    if session is not None:
        session.benchmarks[:] = [row for row in session.benchmarks if row.stats.data]
