"""A large JSON document read a piece at a time: its outer keys, and the entries of one list one after another."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from configspec.errors import RecordError
from configspec.records.bounded_file import open_bounded
from configspec.untrusted import unique

CHUNK = 1 << 20  # letters
VALUE_LETTERS = 256 << 20  # of one value; the facts that 50,000 rows share take a tenth of it
LITERAL_LETTERS = 16  # what a piece may cut in half without being text: `-Infinity`, `\\ud83d`
WHITE = re.compile(r"[ \t\n\r]*")
DELIMITED = re.compile(r"[ \t\n\r]*[,:\]}]")
_plainly = json.JSONDecoder().raw_decode
_strictly = json.JSONDecoder(object_pairs_hook=unique).raw_decode
_loosely = json.JSONDecoder(parse_int=float).raw_decode  # whatever there is, to know where it ends


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a value that is JSON, and cannot be taken; why."""

    why: str


def stream(
    path: Path, key: str, *, unique_keys: bool = False, chunk: int = CHUNK
) -> Iterator[tuple[str | None, object]]:
    """Each outer key of the document with its value. The list at `key` comes as `(key, [])`, then `(None, entry)` each.

    An entry that holds a number without end is `Unreadable`; with `unique_keys` one that has a key twice is, too.

    Raises:
        RecordError: The file is not one JSON object and nothing else, or is cut short, or a value has no end.
        OSError: It cannot be read.
    """
    with open_bounded(path) as content:
        scanner = _Scanner(io.TextIOWrapper(content, encoding="utf-8-sig"), chunk, strict=unique_keys)
        try:
            yield from _members(scanner, key)
            scanner.end()
        except json.JSONDecodeError as problem:
            raise RecordError(f"{path}: {scanner.complaint(problem)}") from None
        except UnicodeDecodeError as problem:
            raise RecordError(f"{path}: not text ({problem.reason}), so not JSON.") from None
        except RecursionError:
            raise RecordError(f"{path}: JSON nested too deeply to be a results file.") from None
        except _NotOneDocumentError as problem:
            raise RecordError(f"{path}: {problem}") from None


class _NotOneDocumentError(Exception):
    """It is JSON up to here, and not what a results file is."""


def _members(scanner: _Scanner, key: str) -> Iterator[tuple[str | None, object]]:
    scanner.expect("{")
    if scanner.take("}"):
        return
    seen: set[str] = set()
    while True:
        name = scanner.name()
        if name in seen:
            raise _NotOneDocumentError(f"the key {name[:40]!r} stands twice in it, and only one of them can be meant.")
        seen.add(name)
        scanner.expect(":")
        if name == key and scanner.take("["):
            yield key, []
            if not scanner.take("]"):
                yield None, scanner.value()
                while scanner.take(","):
                    yield None, scanner.value()
                scanner.expect("]")
        else:
            yield name, _readable(name, scanner.value())
        if not scanner.take(","):
            scanner.expect("}")
            return


def _readable(name: str, value: object) -> object:
    if isinstance(value, Unreadable):
        raise _NotOneDocumentError(f"{name[:40]!r} cannot be read: {value.why}.")
    return value


class _Scanner:
    """Values of a text file, of which no more is in memory than the value that is being read needs."""

    def __init__(self, file: TextIO, chunk: int, *, strict: bool) -> None:
        self._file = file
        self._chunk = chunk
        self._decode = _strictly if strict else _plainly
        self._text = ""
        self._at = 0
        self._ended = False

    def take(self, sign: str) -> bool:
        """Go past `sign` if it is what comes next."""
        if self._next() != sign:
            return False
        self._at += 1
        return True

    def expect(self, sign: str) -> None:
        """Go past `sign`, which must come next."""
        if not self.take(sign):
            raise json.JSONDecodeError(f"{sign!r} is missing", self._text, self._at)

    def end(self) -> None:
        """Nothing may come next."""
        sign = self._next()
        if sign == "{":
            raise _NotOneDocumentError(
                "a second JSON document begins behind the first. Make two files of it, and one of their rows: "
                "configspec merge FIRST SECOND -o BOTH"
            )
        if sign == "\0":
            raise _NotOneDocumentError("zero bytes follow the JSON, as a power cut leaves them. Cut them off.")
        if sign:
            raise _NotOneDocumentError(
                f"something follows the JSON: {self._text[self._at : self._at + 20]!r}. Cut it off."
            )

    def name(self) -> str:
        """The text that comes next, which must be one."""
        if self._next() == '"':
            found = self.value()
            if isinstance(found, str):
                return found
        raise json.JSONDecodeError("a key is missing", self._text, self._at)

    def value(self) -> object:
        """The value that comes next; `Unreadable` where it is none that can be held."""
        self._next()
        while True:
            try:
                found, end = self._decoded()
            except json.JSONDecodeError as problem:
                if self._ended or not self._may_be_cut(problem):
                    raise
            else:
                # A number may continue in the next chunk, if it is the last of this one.
                if self._ended or len(self._text) - end > LITERAL_LETTERS or DELIMITED.match(self._text, end):
                    self._at = end
                    return found
            if len(self._text) - self._at > VALUE_LETTERS:
                raise _NotOneDocumentError(f"a value in it is longer than {VALUE_LETTERS >> 20} million letters.")
            self._more()

    def complaint(self, problem: json.JSONDecodeError) -> str:
        """What is wrong, for people."""
        at_its_end = problem.pos >= len(self._text.rstrip()) - 1 or problem.msg.startswith("Unterminated")
        if self._ended and at_its_end:
            return (
                "the JSON is cut short: the run was killed while it wrote, or the copy was. "
                "What had been finished is in the run's journal: configspec recover JOURNAL"
            )
        return f"not JSON, or not a JSON object: {problem.msg} at {self._text[problem.pos : problem.pos + 20]!r}."

    def _decoded(self) -> tuple[object, int]:
        try:
            return self._decode(self._text, self._at)
        except json.JSONDecodeError:
            raise
        except ValueError as problem:  # a key that stands twice; a whole number of more digits than Python converts
            _, end = _loosely(self._text, self._at)
            return Unreadable(str(problem).split(";")[0]), end

    def _may_be_cut(self, problem: json.JSONDecodeError) -> bool:
        """Whether more text may mend it: else a mistake at the beginning would be read up to the file's end."""
        return problem.msg.startswith("Unterminated") or problem.pos >= len(self._text) - LITERAL_LETTERS

    def _next(self) -> str:
        while True:
            found = WHITE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._more()

    def _more(self) -> None:
        # At least as much again as there is: a value of many pieces is not begun anew with each of them.
        chunk = self._file.read(max(self._chunk, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + chunk, 0
        self._ended = not chunk
