"""Rows straight from the lines of a file that is laid out as configspec writes it, without a dict in between.

    results file    {"KEY": VALUE,      one line a key of the head, the first one after a brace
                    "benchmarks": [
                    {...},              one line a row
                    ]}
    journal         {"row": {...}}      one line a row, of which the last one of each test counts

Here is no word for what is wrong with a file: where anything at all is not as expected `OtherLayoutError` is raised,
and the general reader, which takes several times as long, finds the words or the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import msgspec

from configspec.records.plain import loads
from configspec.records.row import KEY, VERSION, Environment, Models, Row, Verification

Fact = TypeVar("Fact")
Kept = TypeVar("Kept")
ROWS_BEGIN = b'"benchmarks": [\n'
ROWS_END = b"]}\n"
NO_RECORD = msgspec.Raw(b"")


class OtherLayoutError(Exception):
    """The file is not laid out as configspec writes it, or damaged."""


class _References(msgspec.Struct, forbid_unknown_fields=True):
    """The hashes of what a record shares with others."""

    environment: str | None = None
    models: str | None = None
    verification: str | None = None


class _Record(msgspec.Struct):
    """What is looked at before a record is read as a row."""

    version: int
    shared: _References | None = None


class _Extra(msgspec.Struct, rename={"record": KEY}):
    record: msgspec.Raw = NO_RECORD


class _Entry(msgspec.Struct):
    """One entry of pytest-benchmark's."""

    extra_info: _Extra


class _NamedEntry(_Entry):
    fullname: str


class _Header(msgspec.Struct):
    configspec_journal: Literal[1]


class _Line(msgspec.Struct):
    """One line of a journal behind its header."""

    row: _NamedEntry | None = None
    dropped: str | None = None


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
        self._environment = _read_once(head, Environment)
        self._models = _read_once(head, Models)
        self._verification = _read_once(head, Verification)

    def added(self, row: Row, refs: _References) -> Row:
        """The row with the facts that it refers to; LookupError where one is not there."""
        return replace(
            row,
            environment=row.environment if refs.environment is None else self._environment(refs.environment),
            models=row.models if refs.models is None else self._models(refs.models),
            verification=row.verification if refs.verification is None else self._verification(refs.verification),
        )


def _read_once(head: Mapping[str, msgspec.Raw], kind: type[Fact]) -> Callable[[str], Fact]:
    return cache(lambda sha256: msgspec.json.decode(head[sha256], type=kind))


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


def kept_of_journal(path: Path, kept: Callable[[Row], Kept]) -> tuple[Kept, ...]:
    """What is kept of each row that counts, in the order in which they were finished.

    Args:
        path: The journal.
        kept: Is asked about every row, also of one that a later line takes the place of.

    Raises:
        OtherLayoutError: A line is not as configspec writes it, but for the last one, which a kill may have cut.
        OSError: It cannot be read.
    """
    none = _Facts({})
    found: dict[str, Kept | None] = {}  # by the test's full name
    with path.open("rb") as file:
        try:
            msgspec.json.decode(file.readline(), type=_Header)
            for text in file:
                if not text.endswith(b"\n") and _cut(text):
                    continue
                line = _line.decode(text)
                if line.row is not None:
                    found.pop(line.row.fullname, None)  # so that the later line's place counts
                    row = _row_of(line.row, none)
                    found[line.row.fullname] = None if row is None else kept(row)
                elif line.dropped is not None:
                    found.pop(line.dropped, None)
                else:
                    raise OtherLayoutError
        except (ValueError, LookupError, TypeError, RecursionError) as problem:
            raise OtherLayoutError from problem
    return tuple(one for one in found.values() if one is not None)


def _cut(text: bytes) -> bool:
    try:
        loads(text.decode("utf-8", errors="replace"))
    except ValueError:
        return True
    return False


def _row_of(entry: _Entry, facts: _Facts) -> Row | None:
    raw = entry.extra_info.record
    if raw is NO_RECORD:
        return None
    record = _record.decode(raw)
    if record.version != VERSION:
        raise OtherLayoutError
    row = _row.decode(raw)
    return row if record.shared is None else facts.added(row, record.shared)


def _shared(file: BinaryIO) -> Mapping[str, msgspec.Raw]:
    """What rows share, from the head; the file is then where the rows begin."""
    head: list[bytes] = []
    for line in file:
        begins = line == (ROWS_BEGIN if head else b"{" + ROWS_BEGIN)
        if begins:
            text = b"".join([*head, line]).removesuffix(ROWS_BEGIN).rstrip().removesuffix(b",") + b"}"
            return msgspec.json.decode(text.decode("utf-8"), type=_Head).ours.shared
        if not line.endswith(b",\n"):
            break
        head.append(line)
    raise OtherLayoutError


def _row_lines(file: BinaryIO) -> Iterator[bytes]:
    """The text of each row; the last one has no comma, and behind it the file ends."""
    more = True
    for line in file:
        if not line.isascii():
            line.decode("utf-8")  # what nobody looks at is text too
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
