"""Small reviewed files for a gate, in TOML: a list of entries, each with a few keys, and nothing that is not known.

    [[accepted]]
    series = "dev:orin:-*/goodput"
    since = 2026-11-03

TOML, because dates and text are told apart, a key that stands twice is an error, and Python reads it by itself:
https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.untrusted import read_bounded

MOST_BYTES = 4 << 20
MOST_ENTRIES = 10_000
SHOWN = 60  # characters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One table of the list; `where` is how a message names it."""

    where: str
    values: Mapping[str, object]

    def text(self, key: str) -> str:
        """A text that is there, and not empty."""
        found = self._needed(key, "a text in quotes")
        if not isinstance(found, str) or not found.strip():
            raise self.wrong(key, "a text in quotes, not empty")
        return found

    def optional_text(self, key: str) -> str | None:
        """A text, or None where the key is not there."""
        return self.text(key) if key in self.values else None

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        """A number of at least `least` and at most `most`, which may be infinite."""
        if default is not None and key not in self.values:
            return default
        found = self._needed(key, "a number")
        if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
            raise self.wrong(
                key, f"a number of at least {least:g}" + (f", at most {most:g}" if most < math.inf else "")
            )
        return float(found)

    def optional_moment_s(self, key: str) -> float | None:
        """A date, or a date with a time (UTC where it says nothing else), in seconds since 1970; None: not there."""
        if key not in self.values:
            return None
        found = self.values[key]
        if isinstance(found, datetime):
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()
        raise self.wrong(key, "a date without quotes, as in 2026-11-03")

    def wrong(self, key: str, wanted: str) -> UsageError:
        """What was found at a key, and what would do."""
        found = printable(repr(self.values[key]), at_most=SHOWN)
        return UsageError(f"{self.where}: {key} is {found}; it has to be {wanted}")

    def _needed(self, key: str, wanted: str) -> object:
        if key not in self.values:
            raise UsageError(f"{self.where}: {key} is missing; it is {wanted}")
        return self.values[key]


def read_entries(path: Path, kind: str, keys: Collection[str]) -> tuple[Entry, ...]:
    """The entries `[[kind]]` of the file, in their order, with no keys but these.

    Raises:
        UsageError: The file cannot be read, or says something else; where, what was found and what would do.
    """
    document = _document(path)
    for name in document:
        if name != kind:
            raise UsageError(f"{path}: {_shown(name)} is not known here; entries begin with [[{kind}]]")
    entries = document.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UsageError(f"{path}: {kind} has to be a list of entries, each beginning with [[{kind}]]")
    if len(entries) > MOST_ENTRIES:
        raise UsageError(f"{path}: {len(entries)} entries; at most {MOST_ENTRIES} are read")
    return tuple(_entry(f"{path}: {kind} {number}", one, keys) for number, one in enumerate(entries, 1))


def _entry(where: str, values: Mapping[str, object], keys: Collection[str]) -> Entry:
    for key in values:
        if key not in keys:
            raise UsageError(f"{where}: the key {_shown(key)} is not known. {did_you_mean(key, keys)}")
    return Entry(where=where, values=values)


def _document(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(read_bounded(path, at_most_bytes=MOST_BYTES).decode())
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: {_reason(problem)}") from None
    except RecursionError:
        raise UsageError(f"{path}: it is nested deeper than anything that it could say") from None


def _reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, OSError):
        return f"cannot be read: {problem.strerror or problem}. Name another file, or write this one."
    if isinstance(problem, UnicodeDecodeError):
        return f"byte {problem.start + 1} is not UTF-8. Save the file as UTF-8."
    return f"not TOML: {printable(str(problem), at_most=200)}"


def _shown(text: str) -> str:
    return repr(printable(text, at_most=SHOWN))
