"""A large JSON document read a piece at a time: its outer keys, and the entries of one list one after another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from configspec.errors import RecordError

CHUNK = 1 << 20  # characters
WHITE = re.compile(r"[ \t\n\r]*")
DELIMITED = re.compile(r"[ \t\n\r]*[,:\]}]")
decode = json.JSONDecoder().raw_decode


def stream(path: Path, key: str, *, chunk: int = CHUNK) -> Iterator[tuple[str | None, object]]:
    """Each outer key of the document with its value. The list at `key` comes as `(key, [])`, then `(None, entry)` each.

    Raises:
        RecordError: The file is not a JSON object, or is cut short.
    """
    with path.open(encoding="utf-8-sig") as file:
        scanner = _Scanner(file, chunk)
        try:
            yield from _members(scanner, key)
        except json.JSONDecodeError as problem:
            raise RecordError(f"{path}: {scanner.complaint(problem)}") from None
        except UnicodeDecodeError as problem:
            raise RecordError(f"{path}: not text ({problem.reason}), so not JSON.") from None
        except RecursionError:
            raise RecordError(f"{path}: JSON nested too deeply to be a results file.") from None


def _members(scanner: _Scanner, key: str) -> Iterator[tuple[str | None, object]]:
    scanner.expect("{")
    if scanner.take("}"):
        return
    while True:
        name = scanner.name()
        scanner.expect(":")
        if name == key and scanner.take("["):
            yield key, []
            if not scanner.take("]"):
                yield None, scanner.value()
                while scanner.take(","):
                    yield None, scanner.value()
                scanner.expect("]")
        else:
            yield name, scanner.value()
        if not scanner.take(","):
            scanner.expect("}")
            return


class _Scanner:
    """Values of a text file, of which no more is in memory than the value that is being read needs."""

    def __init__(self, file: TextIO, chunk: int) -> None:
        self._file = file
        self._chunk = chunk
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

    def name(self) -> str:
        """The text that comes next, which must be one."""
        if self._next() == '"':
            found = self.value()
            if isinstance(found, str):
                return found
        raise json.JSONDecodeError("a key is missing", self._text, self._at)

    def value(self) -> object:
        """The value that comes next."""
        self._next()
        while True:
            try:
                found, end = decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._ended:
                    raise
            else:
                if self._ended or DELIMITED.match(self._text, end):  # else a number may continue in the next chunk
                    self._at = end
                    return found
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

    def _next(self) -> str:
        while True:
            found = WHITE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._more()

    def _more(self) -> None:
        chunk = self._file.read(self._chunk)
        self._text, self._at = self._text[self._at :] + chunk, 0
        self._ended = not chunk
