"""A file of rows read as a run: a value for each series, what it was measured with, and what was counted.

value     under the row's own serving assumptions. What has no value is not there: energy without a meter, cost
          without a price, and what is 0, since values are compared by their logarithms
at_s      the file's date: when a results file was written, and when a journal was begun. Without one, values have 0
night     the date (UTC) of the evening: what was measured before noon belongs to the evening before
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from configspec.content_hash import file_sha256
from configspec.histories.choosing import choose
from configspec.histories.columns import CountedColumns, MeasuredColumns, When
from configspec.histories.compact import is_compact, read_compact
from configspec.histories.fields import followed
from configspec.histories.heads import head_of_run
from configspec.histories.run import Choices, Run
from configspec.histories.taking import RowTaker, TakenRows
from configspec.records.left_out import LeftOutList
from configspec.records.reader import read_each
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES, usual

EVENING = timedelta(hours=12)  # from midnight to where the next night begins


def read_run(
    path: Path,
    *,
    choices: Choices = False,
    left_out: LeftOutList | None = None,
    source: str | None = None,
    objectives: Sequence[Objective] = OBJECTIVES,
) -> Run:
    """What a results file, a journal or a compact run file holds.

    Args:
        path: The file.
        choices: Whether to rank what was measured, which takes longer than to read it: `ties` without intervals, half
            as long. A compact file has its choices.
        left_out: Where entries that cannot be taken are put down, beside `Run.left_out`; if it is strict, the first
            one is an error.
        source: How the run is named; default: the path.
        objectives: Whose values are series; what is chosen is chosen by the usual of them.

    Raises:
        RecordError: The file cannot be read, or holds no row of configspec.
        UsageError: It is gone since it was opened.
    """
    name = str(path) if source is None else source
    if is_compact(path):
        return read_compact(path, source=name)
    left = LeftOutList() if left_out is None else left_out
    before = len(left.named)
    taker = RowTaker(followed(objectives), choices=bool(choices))
    taken = TakenRows(read_each(path, taker, left), taker)
    head, sha256 = head_of_run(path), file_sha256(path)
    when = moment(head.datetime)
    at_s = None if when is None else when.timestamp()
    night = sha256[:12] if when is None else night_of(when)
    common = When(at_s=at_s or 0.0, night=night, commit=head.commit)
    columns = tuple(taken.columns())
    return Run(
        source=name,
        sha256=sha256,
        at_s=at_s,
        night=night,
        measured=MeasuredColumns(taken.names, columns, taken.setups, common),
        counted=CountedColumns(taken.names, taken.setups, taken.counts, taken.counted()),
        chosen=choose(taken.ranked(), usual(objectives), intervals=choices != "ties") if choices else (),
        commit=head.commit,
        branch=head.branch,
        configspec=next((row.version for row in taken.rows if row.version), None),
        left_out=tuple(map(str, left.named[before:])),
        figures_sha256=taken.figures_sha256(columns, head.datetime or ""),
        findings=taken.findings(),
    )


def moment(text: str | None) -> datetime | None:
    """A date of a file; without a zone it is UTC. None where it cannot be read."""
    try:
        found = datetime.fromisoformat(text or "")
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        night_of(found)  # of the years 1 and 9999 there is none
    except (ValueError, OverflowError):
        return None
    return found


def night_of(when: datetime) -> str:
    """The night that a moment belongs to.

    >>> night_of(datetime(2026, 11, 4, 2, tzinfo=UTC)), night_of(datetime(2026, 11, 4, 22, tzinfo=UTC))
    ('2026-11-03', '2026-11-04')
    """
    return (when.astimezone(UTC) - EVENING).date().isoformat()
