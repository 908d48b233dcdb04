"""One entry of a file of rows, taken or not: pytest-benchmark's own, with the row that configspec put into it.

Every reader takes entries here, so that a bad one has the same words whoever reads the file, and whichever way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configspec.records.codec import NotARow, row_of
from configspec.records.json_stream import Unreadable
from configspec.records.row import KEY, Row
from configspec.records.shared import DanglingFacts, record_of, resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a file: pytest-benchmark's `raw` one, whole, and configspec's row in it.

    `row` is None where configspec did not write it: another benchmark of the same suite. `number` is its place among
    all entries of the file, those that cannot be taken included.
    """

    fullname: str
    row: Row | None
    raw: dict[str, object]
    number: int


class BadEntry(Exception):  # noqa: N818 (it is a property of the entry)
    """An entry that cannot be taken: by which name, if it has one, and why."""

    def __init__(self, name: str | None, why: str) -> None:
        super().__init__(why)
        self.name = name
        self.why = why


def entry_of(value: object, shared: Mapping[str, object], number: int) -> Entry:
    """The entry that a file holds as `value`; `shared` is what rows of the file refer to.

    Raises:
        BadEntry: It is none, or its record is no row that can be.
    """
    if isinstance(value, Unreadable):
        raise BadEntry(None, value.why)
    if not isinstance(value, dict):
        raise BadEntry(None, "it is no object, and an entry is one")
    name, fullname = named(value), value.get("fullname")
    if not isinstance(fullname, str) or not fullname:
        raise BadEntry(name, "it has no fullname, by which rows are told apart")
    _check_extra(value, name)
    try:
        raw = resolved(value, shared)
        record = record_of(raw)
        row = None if record is None else row_of(record)
    except (DanglingFacts, NotARow) as problem:
        raise BadEntry(name, str(problem)) from problem
    return Entry(fullname=fullname, row=row, raw=raw, number=number)


def named(raw: Mapping[str, object]) -> str | None:
    """The name of an entry, for messages; None where it has none."""
    found = raw.get("name") or raw.get("fullname")
    return found if isinstance(found, str) else None


def _check_extra(value: Mapping[str, object], name: str | None) -> None:
    """A record in a place where it cannot be seen would be a row lost in silence."""
    extra = value.get("extra_info")
    if extra is None or (isinstance(extra, dict) and KEY not in extra):
        return
    if not isinstance(extra, dict):
        raise BadEntry(name, "extra_info is no object, and pytest-benchmark writes one")
    if not isinstance(extra[KEY], dict):
        raise BadEntry(name, f"extra_info.{KEY} is no object, and a record is one")
