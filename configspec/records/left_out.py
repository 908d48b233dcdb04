"""What of a file was not taken: each entry by its name or place, and why. Nothing is lost without a word.

A file is read as far as it can be. What cannot be taken is put down here; whoever reads says so at the end. A list that
refuses makes an error of the first such entry instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import RecordError, fitting
from configspec.printable import printable

NAMED = 100  # entries that are named; more are only counted
SHOWN = 10  # of them in a message
NAME_LETTERS = 120
WHY_LETTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One entry of a file that was not taken, on one line."""

    file: str
    entry: str  # its name, or its place: `line 4`, `benchmarks[3]`
    why: str

    def __str__(self) -> str:
        """As a message says it."""
        return f"{self.file}: {self.entry}: {self.why}"


class LeftOutList:
    """Every entry that was left out: the first of them by name, all of them counted."""

    def __init__(self, *, refuse: str | None = None) -> None:
        """Begin an empty list; with `refuse`, which says what would do, the first entry is an error."""
        self.count = 0
        self.named: list[LeftOut] = []
        self.broken = 0  # of `count`: records that cannot be, such as one with NaN, and damaged lines
        self.others = 0  # benchmarks of other tools that a reader of rows passed over
        self._refuse = refuse

    def add(self, file: Path, entry: str, why: str, *, broken: bool = False) -> None:
        """Put one down; `broken`: it is a record that cannot be, or was one before it was damaged.

        Raises:
            RecordError: The list refuses.
        """
        one = LeftOut(
            file=printable(str(file)),
            entry=printable(entry, at_most=NAME_LETTERS),
            why=printable(why, at_most=WHY_LETTERS),
        )
        if self._refuse is not None:
            raise RecordError(f"{one}. {self._refuse}")
        self.count += 1
        self.broken += broken
        if len(self.named) < NAMED:
            self.named.append(one)

    def clear(self) -> None:
        """Forget all, as where the file is read again from its beginning."""
        self.count = self.broken = self.others = 0
        self.named.clear()

    def lines(self) -> Iterator[str]:
        """A line for each of the first, then how many more there are."""
        shown = [str(one) for one in self.named[:SHOWN]]
        shown = shown[: fitting(shown)]
        yield from shown
        if self.count > len(shown):
            yield f"and {self.count - len(shown)} more"

    @property
    def counted(self) -> str:
        """How many, as a message says it."""
        return "1 entry was left out" if self.count == 1 else f"{self.count} entries were left out"

    def as_json(self) -> dict[str, object]:
        """Plain JSON: how many, and the first of them."""
        named = [{"file": one.file, "entry": one.entry, "why": one.why} for one in self.named]
        return {"count": self.count, "named": named}
