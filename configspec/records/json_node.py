"""A value of a JSON file that knows the way to itself, so that a complaint names file, key and what was found."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from configspec.errors import RecordError, did_you_mean
from configspec.printable import printable
from configspec.records.bounds import NAME_LETTERS, check_names, encodable
from configspec.untrusted import NotJson, parse_json, read_bounded

FILE_BYTES = 64 << 20
TEXT_LETTERS = 10_000
FAR = 1e9  # a bound that no figure comes near
SHOWN = 60  # letters of what was found

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of `file`, at `key` (dotted, "" at the top)."""

    file: Path
    key: str
    value: object

    def fields(self, *required: str, optional: Iterable[str] = ()) -> dict[str, Self]:
        """The parts of an object that has all `required` keys, and no others than these and `optional` ones."""
        nodes = self.entries()
        known = (*required, *optional)
        for name in required:
            if name not in nodes:
                raise self.wrong(f"it has no {name!r}; an object with {', '.join(required)} is needed here")
        for name in nodes:
            if name not in known:
                raise nodes[name].wrong(f"this key is not known here. {did_you_mean(name, known)}")
        return nodes

    def entries(self) -> dict[str, Self]:
        """The parts of an object with keys of its own choosing."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"found {self.found()}; an object, {{...}}, is needed here")
        shown = {name: printable(name, at_most=SHOWN) for name in self.value}
        return {name: self._part(f"{self.key}.{shown[name]}".lstrip("."), of) for name, of in self.value.items()}

    def named(self) -> dict[str, Self]:
        """The parts of an object whose keys are names."""
        entries = self.entries()
        for name in entries:
            self._part(f"a key of {self.key}", name).name()
        return entries

    def items(self) -> list[Self]:
        """The parts of a list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"found {self.found()}; a list, [...], is needed here")
        return [self._part(f"{self.key}[{index}]", of) for index, of in enumerate(self.value)]

    def text(self) -> str:
        """A text that is not empty, and no longer than a person reads."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong(f'found {self.found()}; a string, "...", is needed here')
        if len(self.value) > TEXT_LETTERS or not encodable(self.value):
            raise self.wrong(f"found {self.found()}; a text of at most {TEXT_LETTERS:,} letters is needed here")
        return self.value

    def name(self) -> str:
        """A text that can be part of an id."""
        text = self.text()
        try:
            check_names(it=text)
        except ValueError:
            words = f"a name of at most {NAME_LETTERS} letters, none of them NUL, is needed here"
            raise self.wrong(f"found {self.found()}; {words}") from None
        return text

    def one_of(self, *words: Word) -> Word:
        """One of the words that are known here."""
        text = self.text()
        for word in words:
            if word == text:
                return word
        raise self.wrong(f"found {self.found()}. {did_you_mean(text, words)}")

    def number(self, *, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        value = self.value
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if least <= number <= most:
            return float(number)
        raise self.wrong(f"found {self.found()}; {_wanted(number, least, most)} is needed here")

    def count(self, *, most: int) -> int:
        """A whole number from 1 to `most`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not 1 <= self.value <= most:
            many = isinstance(self.value, int) and self.value > most
            wanted = f"a whole number of at most {most}" if many else "a whole number from 1"
            raise self.wrong(f"found {self.found()}; {wanted} is needed here")
        return self.value

    def found(self) -> str:
        """The value as the file writes it, cut short."""
        written = json.dumps(self.value, ensure_ascii=False)
        return printable(written, at_most=SHOWN)

    def wrong(self, complaint: str) -> RecordError:
        """The error that says so, and where."""
        return RecordError(f"{self.file}: {self.key or 'the top of the file'}: {complaint}")

    def _part(self, key: str, value: object) -> Self:
        return type(self)(self.file, key, value)


def read_json(file: Path) -> Node:
    """The top of a JSON file.

    Raises:
        RecordError: The file cannot be read, is no regular file, too large, not JSON, or ends too early.
    """
    try:
        content = read_bounded(file, at_most_bytes=FILE_BYTES)
    except OSError as problem:
        raise RecordError(f"{file}: it cannot be read: {problem.strerror}. Check the path.") from problem
    try:
        # Python's NaN is told with its key, by whoever needs a number there.
        return Node(file, "", parse_json(content, constants=True, surrogates=True, unique_keys=True))
    except NotJson as problem:
        what, _, place = str(problem).rpartition(" at ")
        if problem.cut_short:
            raise RecordError(f"{file}: the JSON ends too early, at {place}: fetch or write it again.") from problem
        words = f"it is not JSON: {problem}" if what else str(problem)
        raise RecordError(f"{file}: {words}.") from problem


def _wanted(found: float, least: float, most: float) -> str:
    """The bounds in words; one that nobody comes near is named to those who do."""
    if found > most or most < FAR:
        return f"a number at least {least:g} and at most {most:g}"
    if 0 < found < least or least == 0:
        return f"a number at least {least:g}"
    return "a number above 0"
