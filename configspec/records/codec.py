"""Rows to JSON and back. The record is the row's own fields, so that a file is read strictly and nothing is cast.

Version 1 is read through `version_1.py`. Keys that a reader does not know are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from configspec.errors import RecordError
from configspec.records.row import VERSION, Row
from configspec.records.version_1 import row_of_version_1

HELP = "docs/record.md lists what a record holds."


def to_record(row: Row) -> dict[str, object]:
    """The row as plain, finite JSON values."""
    record: dict[str, object] = msgspec.to_builtins(row)
    return record


def from_record(record: Mapping[str, object], where: str) -> Row:
    """Read one record back; `where` names the file and row for messages.

    Raises:
        RecordError: A newer version, a missing key or a value that cannot be.
    """
    version = record.get("version")
    if isinstance(version, bool) or version not in (1, VERSION):
        raise RecordError(_version_message(where, version))
    try:
        return row_of_version_1(record) if version == 1 else msgspec.convert(record, Row)
    except msgspec.ValidationError as problem:
        raise RecordError(f"{where}: the record cannot be read: {in_words(problem)}. {HELP}") from problem
    except OverflowError:  # an integer that no float can hold
        raise RecordError(f"{where}: the record cannot be read: a number in it is too large. {HELP}") from None


def in_words(problem: msgspec.ValidationError) -> str:
    """What a strict reader found, with the key first.

    >>> in_words(msgspec.ValidationError("Expected `int`, got `str` - at `$.drafting.rounds`"))
    'drafting.rounds: expected int, got str'
    >>> in_words(msgspec.ValidationError("Object missing required field `k` - at `$`"))
    'it has no key k'
    """
    what, _, path = str(problem).partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    what = what.replace("Object missing required field", "it has no key").replace("`", "")
    return f"{key}: {what[:1].lower()}{what[1:]}" if key else f"{what[:1].lower()}{what[1:]}"


def _version_message(where: str, version: object) -> str:
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        return (
            f"{where}: the record is of version {version}; this configspec reads up to {VERSION}. "
            "Use the configspec that wrote it, or a newer one: pip install -U configspec"
        )
    return f"{where}: the record's version is {version!r}, which configspec never wrote (1 to {VERSION})."
