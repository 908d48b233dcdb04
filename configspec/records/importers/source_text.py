"""A file of another tool, as text, and the errors that name it with its line.

Such files come through redirections and pipes: with a byte order mark, in UTF-16 (`>` of Windows PowerShell), with
bytes of progress bars between the lines. None of it may end in a traceback, and no size in a full memory.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import RecordError
from configspec.printable import printable
from configspec.untrusted import NotJson, parse_json, read_bounded

FILE_BYTES = 64 << 20
SHOWN = 60  # letters of what was found
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?\Z", re.ASCII)
_LOCAL = re.compile(
    r"[+-]?\d[\d.'\u2019\u00a0\u202f ]*,\d*\Z|[+-]?\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+(?:[.,]\d+)?\Z"
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file and its text."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The file's name without its folder, fit to be shown and kept."""
        return printable(self.path.name, at_most=SHOWN)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Its lines, numbered from 1, without their ends."""
        return enumerate(self.text.splitlines(), 1)

    def wrong(self, complaint: str, line: int | None = None) -> RecordError:
        """The error that says so, and where."""
        place = "" if line is None else f"line {line}: "
        return RecordError(f"{self.path}: {place}{complaint}")

    def number(self, text: str, what: str, line: int | None = None, *, least: float = 0.0, most: float = 1e15) -> float:
        """The number that a text is, from `least` to `most`; nothing that is read is negative, endless or no number."""
        stripped = text.strip()
        value = float(stripped) if _NUMBER.match(stripped) else math.nan
        if least <= value <= most:
            return value
        local = ": write it with a decimal point, and without marks between thousands" if _LOCAL.match(stripped) else ""
        raise self.wrong(
            f"{what} is '{printable(stripped, at_most=SHOWN)}'; a number from {least:g} to {most:g} is needed{local}",
            line,
        )

    def json_values(self) -> list[object]:
        """The values of JSON text, JSON Lines, or a list of values; what a program printed before them is passed over.

        Raises:
            RecordError: It is not JSON, or ends too early.
        """
        text, first = _from_first_bracket(self.text)
        try:
            value = parse_json(text, constants=True, unique_keys=True)
        except NotJson as problem:
            if problem.cut_short or text.lstrip().startswith("["):
                raise self._not_json(problem) from problem
            return self._json_lines(text, first)
        return value if isinstance(value, list) else [value]

    def _json_lines(self, text: str, first: int) -> list[object]:
        values = []
        for number, line in enumerate(text.splitlines(), first):
            if line.strip():
                try:
                    values.append(parse_json(line, constants=True, unique_keys=True))
                except NotJson as problem:
                    raise self._not_json(problem, number) from problem
        return values

    def _not_json(self, problem: NotJson, line: int | None = None) -> RecordError:
        if problem.cut_short:
            return self.wrong("the JSON ends too early: the program was stopped, or the file copied in part", line)
        return self.wrong(f"it is not JSON: {problem}", line)


def read_source(path: Path) -> SourceText:
    """Read a file of at most 64 MiB.

    Raises:
        RecordError: It cannot be read, is no regular file, too large, or empty.
    """
    try:
        content = read_bounded(path, at_most_bytes=FILE_BYTES)
    except OSError as problem:
        large = " Keep the lines that count, as with grep." if "bytes" in str(problem.strerror) else ""
        raise RecordError(f"{path}: it cannot be read: {problem.strerror}.{large}") from problem
    encoding = "utf-16" if content.startswith(UTF_16) else "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    if not text.strip("\0 \t\r\n"):
        raise RecordError(f"{path}: the file is empty.")
    return SourceText(path, text)


def as_text(value: object) -> str:
    """A value of JSON as the other forms of a tool write it; an empty text for what has no such form."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, str | int | float) else ""


def fields_of(value: object) -> Mapping[str, object] | None:
    """The fields of a JSON object; None of anything else."""
    return value if isinstance(value, dict) else None


def _from_first_bracket(text: str) -> tuple[str, int]:
    """The text from the first line on that begins with a bracket, and that line's number."""
    found = re.search(r"^[ \t]*[\[{](?=\s*[\]\"{\[]|\s*$)", text, re.MULTILINE)
    if found is None:
        return text, 1
    return text[found.start() :], text.count("\n", 0, found.start()) + 1
