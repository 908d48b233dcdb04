"""A value of a JSON file that knows the way to itself, so that a complaint names file, key and what was found."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from configspec.errors import RecordError, did_you_mean

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
        return {name: self._part(f"{self.key}.{name}" if self.key else name, of) for name, of in self.value.items()}

    def items(self) -> list[Self]:
        """The parts of a list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"found {self.found()}; a list, [...], is needed here")
        return [self._part(f"{self.key}[{index}]", of) for index, of in enumerate(self.value)]

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong(f'found {self.found()}; a string, "...", is needed here')
        return self.value

    def one_of(self, *words: Word) -> Word:
        """One of the words that are known here."""
        text = self.text()
        for word in words:
            if word == text:
                return word
        raise self.wrong(f"found {self.found()}. {did_you_mean(text, words)}")

    def number(self, *, least: float = -math.inf, above: float = -math.inf, most: float = math.inf) -> float:
        """A finite number, at least `least`, above `above` and at most `most`."""
        value = self.value
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if _finite(number) and least <= number <= most and number > above:
            return float(number)
        raise self.wrong(f"found {self.found()}; {_wanted(least, above, most)} is needed here")

    def count(self) -> int:
        """A whole number from 1."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 1:
            raise self.wrong(f"found {self.found()}; a whole number from 1 is needed here")
        return self.value

    def found(self) -> str:
        """The value as the file writes it, cut short."""
        written = json.dumps(self.value, ensure_ascii=False)
        return written if len(written) <= 60 else f"{written[:57]}..."

    def wrong(self, complaint: str) -> RecordError:
        """The error that says so, and where."""
        return RecordError(f"{self.file}: {self.key or 'the top of the file'}: {complaint}")

    def _part(self, key: str, value: object) -> Self:
        return type(self)(self.file, key, value)


def read_json(file: Path) -> Node:
    """The top of a JSON file.

    Raises:
        RecordError: The file cannot be read, is not JSON, or ends too early.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as problem:
        raise RecordError(f"{file}: it cannot be read: {problem.strerror}. Check the path.") from problem
    except UnicodeDecodeError as problem:
        raise RecordError(f"{file}: it is not UTF-8 text, so not JSON ({problem.reason}). Check the path.") from problem
    try:
        return Node(file, "", json.loads(text))
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated"):
            raise RecordError(f"{file}: the JSON ends too early, at {place}: fetch or write it again.") from problem
        raise RecordError(f"{file}: it is not JSON: {problem.msg} at {place}.") from problem


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def _wanted(least: float, above: float, most: float) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", least), ("above", above), ("at most", most))
        if math.isfinite(bound)
    ]
    return " ".join(["a number", " and ".join(bounds)]).strip()
