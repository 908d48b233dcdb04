"""Rows straight from the lines of a file that is laid out as configspec writes it, without a dict in between.

    results file    {"KEY": VALUE,      one line a key of the head, the first one after a brace
                    "benchmarks": [
                    {...},              one line a row
                    ]}
    journal         {"row": {...}}      one line a row, of which the last one of each test counts

A line on which anything is odd (`row_line.py`) is read as the general reader reads it: so both take the same rows, and
have the same words for what they leave out. Where the layout is another one, `OtherLayoutError` is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, Literal, TypeVar

import msgspec

from configspec.records.bounded_file import bounded_lines, open_bounded
from configspec.records.entry import BadEntry, entry_of
from configspec.records.journal_line import DroppedLine, RowLine, UnreadLine, read_header, read_line
from configspec.records.json_stream import Unreadable
from configspec.records.left_out import LeftOutList
from configspec.records.row import KEY, Row
from configspec.records.row_line import DROPPED, ODD, Facts, is_text, row_in_journal, row_in_results
from configspec.untrusted import NotJson, parse_json

Kept = TypeVar("Kept")
ROWS_BEGIN = b'"benchmarks": [\n'
ROWS_END = b"]}\n"


class OtherLayoutError(Exception):
    """The file is not laid out as configspec writes it."""


class _Shared(msgspec.Struct):
    shared: dict[str, msgspec.Raw] = {}


class _Head(msgspec.Struct, rename={"ours": KEY}):
    ours: _Shared = msgspec.field(default_factory=_Shared)


def kept_of_results(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList) -> tuple[Kept, ...]:
    """What is kept of each row of a results file, in the file's order.

    Args:
        path: The file.
        kept: Is asked about every row.
        left_out: Where entries that cannot be taken are put down.

    Raises:
        OtherLayoutError: It is not laid out as configspec writes it; perhaps after some rows.
        OSError: It cannot be read.
    """
    found: list[Kept] = []
    with open_bounded(path) as file:
        try:
            facts = Facts(_shared(file))
        except ODD as problem:
            raise OtherLayoutError from problem
        for number, line in enumerate(_row_lines(file)):
            try:
                row = _row_of_results(line, facts, number)
            except BadEntry as problem:
                left_out.add(path, problem.name or f"benchmarks[{number}]", problem.why, broken=True)
                continue
            if row is None:
                left_out.others += 1
            else:
                found.append(kept(row))
    return tuple(found)


def _row_of_results(line: bytes, facts: Facts, number: int) -> Row | None:
    try:
        return row_in_results(line, facts)
    except ODD:
        pass
    try:
        value = parse_json(line, constants=True, surrogates=True, unique_keys=True)
    except NotJson as problem:
        # JSON all the same where a key stands twice: that is one entry's, and not the file's.
        value = _once(line, problem)
    return entry_of(value, facts.plain, number).row


def _once(line: bytes, problem: NotJson) -> Unreadable:
    try:
        parse_json(line, constants=True, surrogates=True)
    except NotJson:
        raise OtherLayoutError from problem
    return Unreadable(str(problem))


@dataclass(frozen=True, slots=True)
class _Counted(Generic[Kept]):
    """The last line about a test: what is kept of its row, or its name and why it is bad. Neither: no row of ours."""

    kept: Kept | None = None
    bad: tuple[str, str] | None = None


def kept_of_journal(path: Path, kept: Callable[[Row], Kept], left_out: LeftOutList) -> tuple[Kept, ...]:
    """What is kept of each row that counts, in the order in which they were finished.

    Args:
        path: The journal.
        kept: Is asked about every row, also of one that a later line takes the place of.
        left_out: Where lines, and rows that count, are put down if they cannot be taken.

    Raises:
        OtherLayoutError: Its header is damaged.
        RecordError: It is of a version that this configspec does not know.
        OSError: It cannot be read.
    """
    facts = Facts({})  # in a journal each row is whole
    found: dict[str, _Counted[Kept]] = {}  # by the test's full name
    with open_bounded(path) as file:
        lines = bounded_lines(file)
        if isinstance(read_header(next(lines, b""), path), str):
            raise OtherLayoutError
        for number, text in enumerate(lines, start=2):
            try:
                fullname, row = row_in_journal(text, facts)
                bad = None
            except ODD:
                line = read_line(text)
                if isinstance(line, UnreadLine):
                    left_out.add(path, f"line {number}", line.why, broken=line.broken)
                    continue
                fullname, row, bad = _slow_line(line, text, number)
            found.pop(fullname, None)  # so that the later line's place counts
            if row != DROPPED:
                found[fullname] = _Counted(kept=None if row is None else kept(row), bad=bad)
    for one in found.values():
        if one.bad is not None:
            left_out.add(path, *one.bad, broken=True)
        elif one.kept is None:
            left_out.others += 1
    return tuple(one.kept for one in found.values() if one.kept is not None)


def _slow_line(
    line: RowLine | DroppedLine, text: bytes, number: int
) -> tuple[str, Row | Literal["dropped"] | None, tuple[str, str] | None]:
    """Test and row of a line; name and why, where it is a row that cannot be taken."""
    if isinstance(line, DroppedLine):
        return line.fullname, DROPPED, None
    whole = read_line(text, unique_keys=True)
    value = whole.row if isinstance(whole, RowLine) else Unreadable(whole.why if isinstance(whole, UnreadLine) else "")
    try:
        return line.fullname, entry_of(value, {}, number).row, None
    except BadEntry as problem:
        return line.fullname, None, (problem.name or f"line {number}", problem.why)


def _shared(file: IO[bytes]) -> Mapping[str, msgspec.Raw]:
    """What rows share, from the head; the file is then where the rows begin."""
    head: list[bytes] = []
    for line in bounded_lines(file):
        begins = line == (ROWS_BEGIN if head else b"{" + ROWS_BEGIN)
        if begins:
            keys = [of_key.removeprefix(b"{").partition(b'":')[0] for of_key in head]
            if len(set(keys)) < len(keys):
                break  # one of them stands there twice
            text = b"".join([*head, line]).removesuffix(ROWS_BEGIN).rstrip().removesuffix(b",") + b"}"
            return msgspec.json.decode(text.decode("utf-8"), type=_Head).ours.shared
        if not line.endswith(b",\n"):
            break
        head.append(line)
    raise OtherLayoutError


def _row_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The text of each row; the last one has no comma, and behind it the file ends."""
    more = True
    for line in bounded_lines(file):
        if not is_text(line):
            break
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
