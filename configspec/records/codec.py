"""Rows to JSON and back. The record is the row's own fields, so that a file is read strictly and nothing is cast.

Version 1 is read through `version_1.py`. Keys that a reader does not know are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from configspec.errors import RecordError
from configspec.printable import printable
from configspec.records.row import VERSION, Row
from configspec.theory.flags import check_numbers
from configspec.theory.serving.charges import Prices
from configspec.theory.serving.request import ServedRequest

HELP = "docs/record.md lists what a record holds."
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")  # of a path as msgspec writes it: `$.acceptance.by_prompt[0][1]`


class NotARow(ValueError):  # noqa: N818 (it is a property of the record)
    """The record is no row that can be; the message continues its name."""


def to_record(row: Row) -> dict[str, object]:
    """The row as plain, finite JSON values; prices that nobody declared, and a speed that nobody knows, are no keys."""
    record: dict[str, object] = msgspec.to_builtins(row)
    record["serving"] = {
        **msgspec.to_builtins(row.serving),
        "prices": _declared(row.serving.prices),
        "request": _declared(row.serving.request),
    }
    return record


def _declared(assumed: Prices | ServedRequest) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(assumed)
    return {name: value for name, value in found.items() if value is not None}


def row_of(record: Mapping[str, object]) -> Row:
    """The row that a record describes.

    Raises:
        NotARow: A newer version, a missing key or a value that cannot be.
    """
    version = record.get("version")
    if isinstance(version, bool) or version not in (1, VERSION):
        raise NotARow(_version_complaint(version))
    try:
        msgspec.json.encode(record)  # half a surrogate pair can be read, and never be written again
        return _checked(_row_of_version_1(record) if version == 1 else msgspec.convert(record, Row))
    except msgspec.ValidationError as problem:
        raise NotARow(f"the record cannot be read: {in_words(problem, record)}") from problem
    except UnicodeEncodeError:
        raise NotARow("the record cannot be read: in a text of it, half of a surrogate pair stands alone") from None
    except OverflowError:  # an integer that no float can hold
        raise NotARow("the record cannot be read: a number in it is too large") from None
    except RecursionError:
        raise NotARow("the record cannot be read: it is nested too deeply") from None


def _row_of_version_1(record: Mapping[str, object]) -> Row:
    from configspec.records.version_1 import row_of_version_1  # with all that it imports: such records are old

    return row_of_version_1(record)


def _checked(row: Row) -> Row:
    for number, one in enumerate(row.flags):
        try:
            check_numbers(one)
        except ValueError as problem:
            raise NotARow(f"the record cannot be read: flags[{number}]: {problem}") from problem
    if row.end_to_end is not None:
        try:
            row.end_to_end.check_goodput()
        except ValueError as problem:
            raise NotARow(f"the record cannot be read: end_to_end: {problem}") from problem
    return row


def from_record(record: Mapping[str, object], where: str) -> Row:
    """Read one record back; `where` names the file and row for messages.

    Raises:
        RecordError: A newer version, a missing key or a value that cannot be.
    """
    try:
        return row_of(record)
    except NotARow as problem:
        raise RecordError(f"{where}: {problem}. {HELP}") from problem


def in_words(problem: msgspec.ValidationError, record: object = None) -> str:
    """What a strict reader wanted, with the key first, and what it found in the record, if that is given.

    >>> in_words(msgspec.ValidationError("Expected `int`, got `str` - at `$.drafting.rounds`"))
    'drafting.rounds: expected int, got str'
    >>> in_words(msgspec.ValidationError("Expected `int` >= 1 - at `$.k`"), {"k": 0})
    'k: expected int >= 1, found 0'
    >>> in_words(msgspec.ValidationError("Object missing required field `k` - at `$`"))
    'it has no key k'
    """
    what, _, path = str(problem).partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    what = what.replace("Object missing required field", "it has no key").replace("`", "")
    words = f"{what[:1].lower()}{what[1:]}"
    if words.startswith("expected") and ", got" not in words:
        words += _found(record, path.rstrip("`"))
    return f"{key}: {words}" if key else words


def _found(value: object, path: str) -> str:
    """The value at the path, cut short; nothing where the path leads nowhere."""
    for key, index in STEP.findall(path):
        if key and isinstance(value, Mapping) and key in value:
            value = value[key]
        elif index and isinstance(value, list | tuple) and int(index) < len(value):
            value = value[int(index)]
        else:
            return ""
    return "" if isinstance(value, Mapping | list) else f", found {printable(repr(value), at_most=40)}"


def _version_complaint(version: object) -> str:
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        return (
            f"the record is of version {printable(str(version), at_most=24)}; this configspec reads up to {VERSION}. "
            "Use the configspec that wrote it, or a newer one: pip install -U configspec"
        )
    return (
        f"the record's version is {printable(repr(version), at_most=40)}, which configspec never wrote (1 to {VERSION})"
    )
