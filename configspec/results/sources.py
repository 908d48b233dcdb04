"""Where results come from: a file that was read, a run that somebody has read already, or the run that is going on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, final

from configspec.content_hash import file_sha256
from configspec.errors import RecordError, UsageError
from configspec.histories.compact import is_compact
from configspec.histories.run import Run
from configspec.histories.sources import file_of, read_sources
from configspec.printable import printable
from configspec.records.left_out import LeftOutList
from configspec.reporting.rows_to_rank import RankedRow, read_to_rank


class Source(Protocol):
    """What was measured, of a device and family at least; None asks for all."""

    def run(self, device: str | None, family: str | None) -> Run:
        """As one run, with its choices."""

    def rows(self, device: str | None, family: str | None) -> Sequence[RankedRow]:
        """Row by row, to be ranked under other assumptions."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """What could not be read, a line each."""


@final
class RecordedSource:
    """A file, looked through at once; it is ranked, and its rows are kept, when somebody asks."""

    def __init__(self, name: str | Path) -> None:
        self._name, self._left_out = str(name), LeftOutList()
        found = read_runs(name, choices=False)
        if len(found) > 1:
            raise UsageError(f"{printable(self._name)} holds {len(found)} runs, and one is asked for. Name its file.")
        self._read = found[0]

    def run(self, device: str | None, family: str | None) -> Run:
        """The whole file."""
        return self._with_choices

    def rows(self, device: str | None, family: str | None) -> Sequence[RankedRow]:
        """All of the file."""
        if self._rows is None:
            raise UsageError(
                f"{printable(self._name)}: a compact run file has values and choices, and no rows that could be "
                "ranked. Read the results file that it was made of."
            )
        return self._rows

    @cached_property
    def _with_choices(self) -> Run:
        (found,) = read_runs(self._name, choices=True)
        self._check(found.sha256)
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """Entries of the file, and rows of a configuration that has a later one."""
        return self._read.left_out if self._rows is None else tuple(map(str, self._left_out.named))

    @cached_property
    def _rows(self) -> Sequence[RankedRow] | None:
        """None where the file has none."""
        with file_of(self._read) as path:
            if is_compact(path):
                return None
            self._check(file_sha256(path))
            return read_to_rank(path, self._left_out)

    def _check(self, sha256: str) -> None:
        if sha256 != self._read.sha256:
            raise RecordError(f"{printable(self._name)}: another file than the one that was read. Read it again.")


@final
class GivenSource:
    """A run that was read already, with its choices; its rows are not there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.left_out = run.left_out

    def run(self, device: str | None, family: str | None) -> Run:
        """It."""
        return self._run

    def rows(self, device: str | None, family: str | None) -> Sequence[RankedRow]:
        """An error."""
        raise UsageError(f"{printable(self._run.source)}: its rows are not there. Results.read reads a file with them.")


def read_runs(source: str | Path, *, choices: bool = True) -> tuple[Run, ...]:
    """The runs that a name leads to, at least one.

    Raises:
        UsageError: It leads nowhere.
        RecordError: What it leads to cannot be read.
    """
    found = read_sources([str(source)], choices=choices)
    if found.runs:
        return found.runs
    if found.unread.skipped:
        first = found.unread.skipped[0]
        raise RecordError(f"{first.file}: {first.why}")
    raise UsageError(f"{printable(str(source))}: no run of configspec in it. pytest --benchmark-json=FILE writes one")
