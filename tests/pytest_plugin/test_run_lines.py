"""The lines of a run's end: how many of what, in the words that fit the number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bare_run import bare_run
from example_rows import measured_row, raw_row

from configspec.pytest_plugin.run import EarlierRun, KeptRow
from configspec.pytest_plugin.run_lines import lines_of_run
from configspec.records.left_out import LeftOutList


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (
            1,
            [
                "unstable: 1 row of board took more than one attempt: it slept",
                "1 row resumed from first.jsonl, 0 measured",
                "1 row no longer held: k was 1, is 2",
                "1 side file of first.jsonl is missing: its rows rank all the same",
            ],
        ),
        (
            2,
            [
                "unstable: 2 rows of board took more than one attempt: it slept",
                "2 rows resumed from first.jsonl, 0 measured",
                "2 rows no longer held: k was 1, is 2",
                "2 side files of first.jsonl are missing: its rows rank all the same",
            ],
        ),
    ],
)
def test_one_of_something_is_said_in_the_singular(count, words):
    """And more in the plural."""
    run = bare_run()
    rows = [replace(measured_row(k + 1), attempts=2, first_cause="it slept") for k in range(count)]
    run.rows = {f"t{k}": KeptRow(fullname=f"t{k}", entry=raw_row(row)) for k, row in enumerate(rows)}
    run.resumed = set(run.rows)
    run.again = [("k", "1", "2")] * count
    run.missing_samples = count
    run.earlier = EarlierRun(path=Path("first.jsonl"), rows=run.rows, left_out=LeftOutList(), whole=True)
    told = [line.text for line in lines_of_run(run, rows)]
    assert [line for line in told if "not measured" not in line] == words


def test_one_configuration_was_not_measured():
    """Where there is but one, of which nothing is there."""
    run = bare_run()
    asked = len(run.plan.configurations)
    rows = [measured_row(2, device="paper-rpi5")] * (asked - 1)
    run.rows = {f"t{k}": KeptRow(fullname=f"t{k}", entry=raw_row(row)) for k, row in enumerate(rows)}
    assert next(lines_of_run(run, rows)).text.startswith(f"1 of {asked} configurations was not measured")
