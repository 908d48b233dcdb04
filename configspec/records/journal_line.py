"""One line of a journal: a row, a test that was dropped, or what neither of them is, with why.

A kill cuts the last line. A power cut leaves zero bytes, or lines that were never written. Whatever else there is was
put there by somebody else. And whether a file is a journal, by its first lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from configspec.errors import RecordError
from configspec.printable import printable
from configspec.records.bounded_file import open_bounded
from configspec.records.plain import dumps, loads
from configspec.untrusted import NotJson, parse_json

VERSION = 1
START = b'{"configspec_journal":'
KEY = "configspec_journal"
BEGINNING = 1 << 20  # bytes that are looked at to know a journal by
LINES = (b'{"row":', b'{"dropped":')
CUT = "it is cut short, as a kill leaves it"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLine:
    """A finished row: an entry of pytest-benchmark's, with the test's full name."""

    fullname: str
    row: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedLine:
    """A test whose earlier row no longer holds."""

    fullname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLine:
    """A line that cannot be taken."""

    why: str
    broken: bool  # it was once a whole line, perhaps of a row; not what a kill or a power cut leaves, nor a header


def read_line(text: bytes, *, unique_keys: bool = False) -> RowLine | DroppedLine | UnreadLine:
    """What a line behind the header says."""
    if not text.strip(b"\0 \t\r\n"):
        return UnreadLine(why=_emptiness(text), broken=False)
    try:
        value = _loads_strictly(text) if unique_keys else loads(text)
    except NotJson as problem:
        return UnreadLine(why=_damage(text, problem), broken=_was_whole(text))
    if not isinstance(value, dict):
        return UnreadLine(why="it is no object, and a line of a journal is one", broken=True)
    if "row" in value:
        row = value["row"]
        if not isinstance(row, dict):
            return UnreadLine(why="its row is no object", broken=True)
        fullname = row.get("fullname")
        if not isinstance(fullname, str) or not fullname:
            return UnreadLine(why="its row has no fullname, by which rows are told apart", broken=True)
        return RowLine(fullname=fullname, row=row)
    dropped = value.get("dropped")
    if isinstance(dropped, str):
        return DroppedLine(fullname=dropped)
    if KEY in value:
        why = "a second journal begins here; what follows was read as rows of the first"
        return UnreadLine(why=why, broken=False)
    return UnreadLine(why="it holds neither a row nor a dropped test", broken=True)


def _loads_strictly(text: bytes) -> object:
    """The value of a line in which no object has a key twice."""
    value = loads(text)
    # As long as configspec writes it: then nothing in it was passed over. Else the slower parser has the word.
    if len(dumps(value)) == len(text.removesuffix(b"\n")):
        return value
    return parse_json(text, constants=True, surrogates=True, unique_keys=True)


def read_header(text: bytes, path: Path) -> dict[str, object] | str:
    """The first line; why it is none, where it is damaged.

    Raises:
        RecordError: The journal is of a version that this configspec does not know.
    """
    try:
        header = loads(text)
    except NotJson as problem:
        return _damage(text, problem)
    if not isinstance(header, dict) or KEY not in header:
        return "it is missing"
    version = header[KEY]
    if isinstance(version, bool) or version != VERSION:
        found = printable(repr(version), at_most=40)
        raise RecordError(
            f"{path}: a journal of version {found}; this configspec reads version {VERSION}. "
            "Use the configspec that wrote it, or a newer one."
        )
    return header


def _emptiness(text: bytes) -> str:
    zeros = text.count(0)
    if zeros:
        return f"{zeros} zero byte{'' if zeros == 1 else 's'}, as a power cut leaves them"
    return "it is empty; no run writes such a line, but a power cut may leave one"


def _damage(text: bytes, problem: NotJson) -> str:
    if 0 in text:
        return f"zero bytes in it, as a power cut leaves them ({problem})"
    if problem.cut_short and not text.endswith(b"\n"):
        return CUT
    return f"it is damaged: {problem}"


def _was_whole(text: bytes) -> bool:
    """Whether a line that is no JSON was written to its end: no kill cut it, and no power cut left zeros in it."""
    return text.endswith(b"\n") and 0 not in text


def is_journal(path: Path) -> bool:
    """Whether the file begins as a journal does, or goes on as one where its beginning is damaged.

    Raises:
        OSError: It cannot be read.
    """
    left = BEGINNING
    with open_bounded(path) as file:
        for number in range(3):
            line = file.readline(left)
            if (number == 0 and line.startswith(START)) or line.lstrip(b"\0 ").startswith(LINES):
                return True
            left -= len(line)
    return False
