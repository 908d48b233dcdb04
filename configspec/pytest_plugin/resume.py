"""`--resume`: rows of an earlier run take the place of measuring where everything still is as it was.

The test runs, and judges the earlier figures; it is counted as *resumed*, never as passed. Whether a row still holds is
found out when its test's turn comes, so collection reads no model and touches no device.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from configspec.errors import RecordError
from configspec.printable import printable
from configspec.profiling.current_setup import CurrentSetup
from configspec.pytest_plugin.plan import Plan
from configspec.pytest_plugin.redaction import public_record
from configspec.pytest_plugin.run import AGAIN, RUN, TAKEN, EarlierRun, KeptRow, MeasuringRun
from configspec.pytest_plugin.sessions import recordings_of, session_of
from configspec.pytest_plugin.visits import has_visits
from configspec.records.codec import to_record
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.origin import origin_of
from configspec.records.row import Resumed, Row
from configspec.records.setup import Difference
from configspec.records.shared import with_record
from configspec.theory.ids import ConfigurationId


def read_earlier(path: Path, plan: Plan) -> EarlierRun:
    """All rows of a journal or results file, each checked to be whole.

    What cannot be taken is measured again, and told at the end: there is no need to refuse the file for it.

    Raises:
        RecordError: The file cannot be read, or none of its rows is of a configuration of this run.
    """
    left_out = LeftOutList()
    timed = has_visits(path)
    file = open_rows(path, left_out, may_lack_rows=timed)
    rows: dict[str, KeptRow] = {}
    found: set[ConfigurationId] = set()
    for entry in file.entries(left_out):
        if entry.row is None:
            left_out.others += 1
        else:
            origin = entry.row.resumed or Resumed(file=path.name, datetime=file.written)
            where = entry.row.origin or origin_of(file.head)
            record = to_record(
                replace(entry.row, resumed=origin, origin=where)
            )  # whole, also where the file shares its facts
            rows[entry.fullname] = KeptRow(fullname=entry.fullname, entry=with_record(entry.raw, record))
            found.add(entry.row.id)
    if not found.intersection(plan.configurations) and (rows or not timed):
        some = min(found).id if found else "none that configspec wrote"
        raise RecordError(
            f"--resume {path}: none of its {len(rows)} rows is of a configuration of this run (it has {some}). "
            "Name another file, or the devices and families that it is of.",
            *left_out.lines(),
        )
    half_line = int(file.index is not None and file.index.cut_by_kill)
    whole = left_out.count == half_line and not left_out.others
    return EarlierRun(path=path, rows=rows, left_out=left_out, whole=whole)


def earlier_row(item: pytest.Item, *, decoded: bool) -> Row | None:
    """The earlier row of `item` if it still holds; None if there is none, or if it must be measured again."""
    run = item.config.stash[RUN]
    found = None if run.earlier is None else run.earlier.rows.get(item.nodeid)
    if found is None:
        return None
    row, now = found.row, _current_setup(run, item.config)
    changed = now.change(row, decoded=decoded)
    if changed is not None:
        item.stash[AGAIN] = (changed.what, changed.then, changed.now)
        return None
    row = replace(row, serving=now.serving(row))
    item.stash[TAKEN] = True
    assert row.resumed is not None
    told = printable(f"resumed from {row.resumed.file}: not measured now")
    item.user_properties.append(("configspec", told))
    return row


def change_since(run: MeasuringRun, item: pytest.Item, *, decoded: bool) -> Difference | None:
    """What differs now from what it was when the earlier row of `item`, which there is, was measured."""
    assert run.earlier is not None
    return _current_setup(run, item.config).change(run.earlier.rows[item.nodeid].row, decoded=decoded)


def _current_setup(run: MeasuringRun, config: pytest.Config) -> CurrentSetup:
    if run.current_setup is None:
        run.current_setup = CurrentSetup(
            run.plan.inventory,
            session_of(run, config),
            recordings_of(run),
            separate_k=run.asked.separate_k,
            public=lambda plain: public_record(run, plain),
        )
    return run.current_setup
