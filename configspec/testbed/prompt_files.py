"""The JSON values of a prompt file, each with its place: of JSON lines, or of one JSON array, packed by gzip or not.

A file is read a piece at a time, so no more than one value is held, whatever the file's length, and however much a
small packed file unpacks to.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from configspec.errors import UsageError
from configspec.untrusted import NotJson, open_unpacked, parse_json, parse_json_at

MAX_VALUE_BYTES = 16 << 20  # a prompt for the longest contexts has a few millions
MAX_FILE_BYTES = 1 << 30  # unpacked
MAX_LINES = 1_000_000  # blank ones included
PIECE_BYTES = 1 << 20
FORMS = "Write one JSON object a line, or a JSON array of objects"
# How files begin that hold prompts in another form, and what makes JSON of them.
OTHER_FORMS = (
    (b"PAR1", "a Parquet file", "Convert it: pandas.read_parquet(FILE).to_json(NEW, orient='records', lines=True)"),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "Unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "packed by xz", "Unpack it, or pack it with gzip"),
    (b"BZh", "packed by bzip2", "Unpack it, or pack it with gzip"),
    (codecs.BOM_UTF32_LE, "in UTF-32", "Save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "in UTF-32", "Save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "in UTF-16", "Save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "in UTF-16", "Save it as UTF-8"),
)
_WHITE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of a prompt file. `number` is its line, or its place in the array, from 1; `where` names both."""

    value: object
    number: int
    where: str


def read_entries(path: Path) -> Iterator[Entry]:
    """The values of a file, one after another.

    Raises:
        UsageError: It cannot be read, is in another form, holds what is no JSON, or goes beyond a bound.
    """
    try:
        with open_unpacked(path) as file:
            begin = file.peek(PIECE_BYTES)
            _refuse_other_forms(begin, path)
            is_array = begin.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n").startswith(b"[")
            yield from _Array(file, path).entries() if is_array else _lines(file, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}. {FORMS}.") from None


def _refuse_other_forms(begin: bytes, path: Path) -> None:
    for mark, form, remedy in OTHER_FORMS:
        if begin.startswith(mark):
            raise UsageError(f"{path} is {form}. {remedy}.")
    if b"\0" in begin[:4]:
        raise UsageError(f"{path} holds zero bytes, as UTF-16 does. Save it as UTF-8 text.")


def _lines(file: BufferedReader, path: Path) -> Iterator[Entry]:
    """Of JSON lines: those that are not blank, with their numbers from 1."""
    read_bytes = 0
    # By bytes, and not by what Python takes for a line: JSON text may hold U+2028 as it is.
    for number, line in enumerate(iter(lambda: file.readline(MAX_VALUE_BYTES + 1), b""), start=1):
        where = f"{path}: line {number}"
        if len(line) > MAX_VALUE_BYTES:
            raise UsageError(f"{where} goes beyond {MAX_VALUE_BYTES:,} bytes. {FORMS}.")
        _check_size(read_bytes + len(line), path)
        if number > MAX_LINES:
            raise UsageError(f"{path} has more than {MAX_LINES:,} lines. Keep as many prompts as a run can measure.")
        try:
            text = line.decode("utf-8" if read_bytes else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise _not_utf8(path, read_bytes + error.start + 1) from None
        read_bytes += len(line)
        if text.strip():
            yield Entry(value=_value(text, where), number=number, where=where)


def _value(line: str, where: str) -> object:
    try:
        return parse_json(line, unique_keys=True)
    except NotJson as problem:
        reason = str(problem).replace(" at line 1, column", " at column")
        raise UsageError(f"{where} is not JSON: {reason}. {FORMS}.") from None


def _check_size(read_bytes: int, path: Path) -> None:
    if read_bytes > MAX_FILE_BYTES:
        raise UsageError(f"{path} holds more than {MAX_FILE_BYTES:,} bytes. Keep as many prompts as a run can measure.")


def _not_utf8(path: Path, byte: int) -> UsageError:
    return UsageError(f"{path}: byte {byte} is not UTF-8. Save the file as UTF-8.")


class _Array:
    """The entries of one JSON array, in whatever lines it is written.

    `_text` is what was read and is not behind us; `_at` is the place in it. It begins in line `_line`, behind
    `_columns` letters of that line.
    """

    def __init__(self, file: BufferedReader, path: Path) -> None:
        self._path = path
        self._pieces = _pieces(file, path)
        self._text = ""
        self._at = 0
        self._line = 1
        self._columns = 0

    def entries(self) -> Iterator[Entry]:
        self._next_sign()
        self._at += 1  # its opening bracket
        number = 0
        while number or self._next_sign() != "]":
            number += 1
            self._next_sign()
            where = f"{self._path}: entry {number} (line {self._line_now()})"
            yield Entry(value=self._value(where), number=number, where=where)
            sign = self._next_sign()
            if sign == "]":
                break
            if sign != ",":
                found = "the file ends" if not sign else f"{sign!r} stands"
                raise UsageError(
                    f"{self._path}: line {self._line_now()}: {found} where a comma or the array's end is due. {FORMS}."
                )
            self._at += 1
        self._at += 1
        if self._next_sign():
            line = self._line_now()
            raise UsageError(f"{self._path}: line {line}: something stands behind the array's end. {FORMS}.")

    def _value(self, where: str) -> object:
        while True:
            try:
                value, end = parse_json_at(self._text, self._at)
            except NotJson as problem:  # as it is where the piece ends within the value
                if len(self._text) - self._at > MAX_VALUE_BYTES:
                    raise UsageError(f"{where} is not JSON, or goes beyond {MAX_VALUE_BYTES:,} letters.") from None
                complaint = self._in_file(problem)
                if not self._read_on():
                    raise UsageError(f"{where} is not JSON: {complaint}. {FORMS}.") from None
            else:
                self._at = end
                return value

    def _next_sign(self) -> str:
        """The next letter that is not white space, at `_at`; nothing at the file's end."""
        while True:
            self._at = _WHITE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _read_on(self) -> bool:
        """Another piece behind what is not yet behind us; False at the file's end."""
        piece = next(self._pieces, "")
        gone = self._text[: self._at]
        self._line += gone.count("\n")
        self._columns = len(gone) - gone.rfind("\n") - 1 if "\n" in gone else self._columns + len(gone)
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def _line_now(self) -> int:
        return self._line + self._text.count("\n", 0, self._at)

    def _in_file(self, problem: NotJson) -> str:
        """The complaint with its place in the file, in place of that in the text at hand."""

        def moved(found: re.Match[str]) -> str:
            line, column = int(found[1]), int(found[2])
            return f"line {self._line + line - 1}, column {column + self._columns if line == 1 else column}"

        return re.sub(r"line (\d+), column (\d+)$", moved, str(problem))


def _pieces(file: BufferedReader, path: Path) -> Iterator[str]:
    """The file as text, a piece at a time, none of them empty."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    read_bytes = 0
    while True:
        piece = file.read(PIECE_BYTES)
        kept = len(decoder.getstate()[0])  # of a letter that the piece before has the first bytes of
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise _not_utf8(path, read_bytes - kept + error.start + 1) from None
        read_bytes += len(piece)
        _check_size(read_bytes, path)
        if text:
            yield text
        if not piece:
            return
