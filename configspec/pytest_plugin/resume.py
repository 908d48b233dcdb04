"""`--resume`: rows of an earlier run take the place of measuring where everything still is as it was.

The test runs, and judges the earlier figures; it is counted as *resumed*, never as passed. Whether a row still holds is
found out when its test's turn comes, so collection reads no model and touches no device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from configspec.errors import RecordError
from configspec.profiling.current_setup import CurrentSetup
from configspec.pytest_plugin.plan import Case
from configspec.pytest_plugin.redaction import public
from configspec.pytest_plugin.run import AGAIN, RUN, TAKEN, Run
from configspec.pytest_plugin.sessions import session_of
from configspec.records.reader import open_row_file, record_of
from configspec.records.row import KEY, Row, from_record, serving_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """The rows of one file, by the test's node id; each says where it comes from."""

    path: Path
    rows: Mapping[str, dict[str, Any]]


def read_earlier(path: Path, cases: tuple[Case, ...]) -> EarlierRun:
    """All rows of a journal or results file, each checked to be whole.

    Raises:
        RecordError: The file or a row is damaged, or none of its rows is of a configuration of this run.
    """
    file = open_row_file(path)
    rows = {}
    found = set()
    for row in file.rows():
        record = record_of(row)
        if record is None:
            continue
        name = str(row.get("fullname"))
        it = from_record(record, f"{path}: {name}").configuration
        found.add(Case(it.device, it.family, it.draft, it.quant, it.k))
        origin = record.get("resumed") or {"file": path.name, "datetime": file.written}
        rows[name] = {**row, "extra_info": {**row["extra_info"], KEY: {**record, "resumed": origin}}}
    if not found & set(cases):
        some = next(iter(found)).id if found else "none that configspec wrote"
        raise RecordError(
            f"--resume {path}: none of its {len(rows)} rows is of a configuration of this run (it has {some}). "
            "Name another file, or the devices and families that it is of."
        )
    return EarlierRun(path=path, rows=rows)


def earlier_row(item: pytest.Item, case: Case, *, decoded: bool) -> Row | None:
    """The earlier row of `item` if it still holds; None if there is none, or if it must be measured again."""
    run = item.config.stash[RUN]
    found = None if run.earlier is None else run.earlier.rows.get(item.nodeid)
    if found is None:
        return None
    record = found["extra_info"][KEY]
    row = from_record(record, item.nodeid)
    present = _present(run, item.config)
    changed = present.change(case, record, decoded=decoded)
    if changed is not None:
        item.stash[AGAIN] = changed
        return None
    row = replace(row, serving=present.serving(case, row))
    item.stash[TAKEN] = {**record, "serving": serving_to_json(row.serving)}
    item.user_properties.append(("configspec", f"resumed from {record['resumed']['file']}: not measured now"))
    return row


def _present(run: Run, config: pytest.Config) -> CurrentSetup:
    if run.present is None:
        run.present = CurrentSetup(
            run.plan,
            session_of(run, config),
            separate_k=run.asked.separate_k,
            public=lambda value: public(run, value),
        )
    return run.present
