"""Rows to JSON and back. The record is the row's own fields, so that a file is read strictly and nothing is cast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from configspec.errors import RecordError
from configspec.records.row import VERSION, Row

HELP = "docs/record.md lists what a record holds."


def to_record(row: Row) -> dict[str, object]:
    """The row as plain, finite JSON values."""
    return cast(dict[str, object], msgspec.to_builtins(row))


def from_record(record: Mapping[str, object], where: str) -> Row:
    """Read one record back; `where` names the file and row for messages.

    Raises:
        RecordError: A newer version, a missing key or a value that cannot be.
    """
    version = record.get("version")
    if version != VERSION:
        raise RecordError(f"{where}: the record is of version {version!r}; this configspec reads {VERSION}.")
    try:
        return msgspec.convert(record, Row)
    except msgspec.ValidationError as problem:
        raise RecordError(f"{where}: the record cannot be read: {problem}. {HELP}") from problem
