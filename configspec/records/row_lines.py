"""Rows straight from the lines of a file that is laid out as configspec writes it, without a dict in between.

    results file    {"KEY": VALUE,      one line a key of the head, the first one after a brace
                    "benchmarks": [
                    {...},              one line a row
                    ]}
    journal         {"row": {...}}      one line a row, of which the index says which count

Here is no word for what is wrong with a file: where anything at all is not as expected `OtherLayoutError` is raised,
and the general reader, which takes several times as long, finds the words or the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from configspec.records.row import KEY, VERSION, Environment, Models, Row, Verification

ROWS_BEGIN = b'"benchmarks": [\n'
ROWS_END = b"]}\n"
NO_RECORD = msgspec.Raw(b"")


class OtherLayoutError(Exception):
    """The file is not laid out as configspec writes it, or damaged."""


class _Record(msgspec.Struct):
    """What is looked at before a record is read as a row."""

    version: int
    shared: dict[str, str] = {}


class _Extra(msgspec.Struct, rename={"record": KEY}):
    record: msgspec.Raw = NO_RECORD


class _Entry(msgspec.Struct):
    """One entry of pytest-benchmark's."""

    extra_info: _Extra


class _Line(msgspec.Struct):
    """One line of a journal."""

    row: _Entry


class _Shared(msgspec.Struct):
    shared: dict[str, msgspec.Raw] = {}


class _Head(msgspec.Struct, rename={"ours": KEY}):
    ours: _Shared = msgspec.field(default_factory=_Shared)


_row = msgspec.json.Decoder(Row)
_record = msgspec.json.Decoder(_Record)
_entry = msgspec.json.Decoder(_Entry)
_line = msgspec.json.Decoder(_Line)


class _Facts:
    """What rows share: each is read once, however many rows refer to it."""

    def __init__(self, head: Mapping[str, msgspec.Raw]) -> None:
        self._head = head
        self._found: dict[tuple[str, str], Environment | Models | Verification] = {}

    def of(self, key: str, sha256: str) -> Environment | Models | Verification:
        """The facts of that hash."""
        if (key, sha256) not in self._found:
            kinds: Mapping[str, type[Environment | Models | Verification]]
            kinds = {"environment": Environment, "models": Models, "verification": Verification}
            self._found[key, sha256] = msgspec.json.decode(self._head[sha256], type=kinds[key])
        return self._found[key, sha256]


def rows_of_results(path: Path) -> Iterator[Row | None]:
    """Each entry of a results file; None where configspec did not write it.

    Raises:
        OtherLayoutError: It is not as configspec writes it; before the first row, or after some.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        try:
            facts = _Facts(_shared(file))
            for line in _row_lines(file):
                yield _row_of(_entry.decode(line), facts)
        except (ValueError, LookupError, TypeError, RecursionError) as problem:  # msgspec's errors are ValueErrors
            raise OtherLayoutError from problem


def rows_of_journal(path: Path, wanted: Collection[int]) -> Iterator[Row | None]:
    """The row of each of the `wanted` lines, counted from 1; None where configspec did not write it.

    Raises:
        OtherLayoutError: One of them is not as configspec writes it.
        OSError: It cannot be read.
    """
    none = _Facts({})
    with path.open("rb") as file:
        try:
            for number, line in enumerate(file, start=1):
                if number in wanted:
                    yield _row_of(_line.decode(line).row, none)
        except (ValueError, LookupError, TypeError, RecursionError) as problem:
            raise OtherLayoutError from problem


def _row_of(entry: _Entry, facts: _Facts) -> Row | None:
    raw = entry.extra_info.record
    if raw is NO_RECORD:
        return None
    record = _record.decode(raw)
    if record.version != VERSION:
        raise OtherLayoutError
    row = _row.decode(raw)
    return replace(row, **{key: facts.of(key, sha256) for key, sha256 in record.shared.items()})


def _shared(file: BinaryIO) -> Mapping[str, msgspec.Raw]:
    """What rows share, from the head; the file is then where the rows begin."""
    head: list[bytes] = []
    for line in file:
        begins = line == (ROWS_BEGIN if head else b"{" + ROWS_BEGIN)
        if begins:
            text = b"".join([*head, line]).removesuffix(ROWS_BEGIN).rstrip().removesuffix(b",") + b"}"
            return msgspec.json.decode(text, type=_Head).ours.shared
        if not line.endswith(b",\n"):
            break
        head.append(line)
    raise OtherLayoutError


def _row_lines(file: BinaryIO) -> Iterator[bytes]:
    """The text of each row; the last one has no comma, and behind it the file ends."""
    more = True
    for line in file:
        if line == ROWS_END:
            if more or file.read(1):
                break
            return
        if not more:
            break
        text = line.removesuffix(b"\n")
        more = text.endswith(b",")
        yield text.removesuffix(b",")
    raise OtherLayoutError
