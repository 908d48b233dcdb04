"""An open file of rows: its head, and its entries one after another, whichever kind of file it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from configspec.errors import RecordError
from configspec.records.codec import HELP
from configspec.records.entry import BadEntry, Entry, entry_of
from configspec.records.journal import JournalIndex, journal_lines
from configspec.records.json_stream import Unreadable, stream
from configspec.records.left_out import LeftOutList
from configspec.records.shared import DanglingFacts, resolved

ROWS = "benchmarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """One file; `head` is all that a results file holds beside its rows, without what the rows share."""

    path: Path
    head: Mapping[str, object]
    shared: Mapping[str, object]
    index: JournalIndex | None  # None: a results file

    @property
    def written(self) -> str:
        """When, as the file has it: an ISO date, or empty."""
        return str(self.head.get("datetime") or "")

    @property
    def instant(self) -> datetime | None:
        """When; files are compared by it. None where the file's date cannot be read. Without a zone it is UTC."""
        try:
            found = datetime.fromisoformat(self.written)
        except ValueError:
            return None
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

    @property
    def unread(self) -> int:
        """How many lines of a journal could not be read."""
        return 0 if self.index is None else len(self.index.unread)

    def raw_rows(self) -> Iterator[dict[str, object]]:
        """Every entry of pytest-benchmark's, whole, in the file's order; of a journal the last one of each test.

        Raises:
            RecordError: One is no entry, or what it shares with others is not in the file's head.
        """
        for _, place, value in self._values():
            yield self._whole(place, value)

    def numbered_rows(self, wanted: Set[int]) -> Iterator[dict[str, object]]:
        """Those of them with these numbers (`Entry.number`).

        Raises:
            RecordError: As for `raw_rows`.
        """
        for number, place, value in self._values():
            if number in wanted:
                yield self._whole(place, value)

    def entries(self, left_out: LeftOutList | None = None) -> Iterator[Entry]:
        """The same, each with configspec's row in it.

        Raises:
            RecordError: One cannot be taken, and there is no list for it, or a strict one.
        """
        left = left_out or LeftOutList(refuse=HELP)
        for number, place, value in self._values(unique_keys=True):
            try:
                yield entry_of(value, self.shared, number)
            except BadEntry as problem:
                left.add(self.path, problem.name or place, problem.why, broken=True)

    def _values(self, *, unique_keys: bool = False) -> Iterator[tuple[int, str, object]]:
        """Number, place and value of each entry, whatever it is."""
        if self.index is not None:
            for number, (line, value) in enumerate(journal_lines(self.path, self.index, unique_keys=unique_keys)):
                yield number, f"line {line}", value
            return
        number = 0
        for key, value in stream(self.path, ROWS, unique_keys=unique_keys):
            if key is None:
                yield number, f"{ROWS}[{number}]", value
                number += 1

    def _whole(self, place: str, value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            why = value.why if isinstance(value, Unreadable) else "it is no object, and an entry is one"
            raise RecordError(f"{self.path}: {place}: {why}.")
        try:
            return resolved(value, self.shared)
        except DanglingFacts as problem:
            raise RecordError(f"{self.path}: {place}: {problem}.") from problem
