"""A finished row's way out of a test: into the journal, with the test's outcome, before the next test begins."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin import touchpoints
from configspec.pytest_plugin.state import RUN, Run
from configspec.records.journal import Journal
from configspec.records.record import KEY

KEPT_JOURNALS = 20


def attach_row(item: pytest.Item, report: pytest.TestReport) -> None:
    """Journal the row of `item`, if it measured one; the report says whether its test passed."""
    run = item.config.stash.get(RUN, None)
    metadata = touchpoints.finished_row(item)
    if run is None or metadata is None or KEY not in metadata.extra_info:
        return
    metadata.extra_info[KEY]["outcome"] = report.outcome
    run.rows[item.nodeid] = metadata.extra_info[KEY]
    try:
        _journal(run, item.config).append(touchpoints.row_as_json(metadata))
    except (OSError, UsageError) as problem:
        run.journal_problem = f"the journal could not be written, so a kill would lose this run: {problem}"


def _journal(run: Run, config: pytest.Config) -> Journal:
    if run.journal is None:
        began = datetime.now(UTC)
        path = run.asked.journal / f"{began:%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"
        header = {
            "command": sys.argv[1:],
            "inventory_sha256": run.choice.inventory.sha256,
            "datetime": began.isoformat(),
            **touchpoints.run_facts(config),
        }
        run.journal = Journal(path, header)
        _prune(run)
    return run.journal


def _prune(run: Run) -> None:
    """Keep the newest journals: their names sort by time."""
    for old in sorted(run.asked.journal.glob("*.jsonl"))[:-KEPT_JOURNALS]:
        old.unlink(missing_ok=True)
