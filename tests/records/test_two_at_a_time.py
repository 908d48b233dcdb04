"""Two faults at a time, in every layout of a file of rows: the same rows and the same words, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from damage import two_fields_at_a_time
from example_rows import DECODED, measured_row, raw_row, whole_row

from configspec.errors import RecordError
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.plain import dumps
from configspec.records.reader import read_each
from configspec.records.row import Row

HEAD = {"datetime": "2026-01-01T00:00:00+00:00"}
ROWS = (
    whole_row(2, device="one"),
    replace(whole_row(2, device="two"), end_to_end=DECODED),
    whole_row(3, device="caf\u00e9"),
    measured_row(4),
)
COUNT = 100


def as_another_tool(path: Path, entries: Sequence[object]) -> None:
    path.write_text(json.dumps({**HEAD, "benchmarks": entries}, indent=1), encoding="utf-8")


def as_configspec(path: Path, entries: Sequence[object]) -> None:
    lines = ",\n".join(map(dumps, entries))
    path.write_text(f'{{"datetime": {dumps(HEAD["datetime"])},\n"benchmarks": [\n{lines}\n]}}\n', encoding="utf-8")


def as_journal(path: Path, entries: Sequence[object]) -> None:
    lines = [{"configspec_journal": 1, **HEAD}, *({"row": entry} for entry in entries)]
    path.write_text("".join(dumps(line) + "\n" for line in lines), encoding="utf-8")


def found(path: Path) -> tuple[tuple[Row, ...], int, int, set[str]]:
    """The rows, how many entries were left out, how many are other tools', and why."""
    left_out = LeftOutList()
    try:
        rows = read_each(path, lambda row: row, left_out)
    except RecordError:
        rows = ()
    return rows, left_out.count, left_out.others, {one.why for one in left_out.named}


def one_by_one(path: Path) -> tuple[Row, ...]:
    """As `merge` and `--resume` read it."""
    left_out = LeftOutList()
    try:
        return tuple(entry.row for entry in open_rows(path, left_out).entries(left_out) if entry.row is not None)
    except RecordError:
        return ()


@pytest.mark.parametrize("write", [as_configspec, as_journal], ids=lambda write: write.__name__)
def test_two_faults_are_told_alike_in_every_layout(
    tmp_path: Path, write: Callable[[Path, Sequence[object]], None]
) -> None:
    """Rows are the same by whoever reads them, and each entry is a row, left out, another tool's or measured again."""
    base = json.loads(json.dumps([raw_row(row) for row in ROWS]))
    hurt = 0
    for name, damaged in two_fields_at_a_time(base, seed=11, count=COUNT):
        assert isinstance(damaged, list)
        for layout in (as_another_tool, write):
            layout(tmp_path / layout.__name__, damaged)
        rows, left, others, why = found(tmp_path / "as_another_tool")
        hurt += left + others
        assert len(rows) + left + others == len(ROWS), name
        names = {entry.get("fullname") for entry in damaged}
        if write is as_journal and len(names) < len(ROWS):
            continue  # the last line about a test counts
        assert found(tmp_path / write.__name__)[:3] == (rows, left, others), name
        assert one_by_one(tmp_path / write.__name__) == rows, name
        assert write is as_journal or found(tmp_path / write.__name__)[3] == why, name
    assert hurt > COUNT / 2
