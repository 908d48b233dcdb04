"""Changes that somebody has looked at and accepted: a series' history begins again there.

A pattern is matched against the whole id of a series, as a shell matches file names: `dev:orin:-*/goodput`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.regression.series import Measured, SeriesKey

SHORTEST_COMMIT = 7  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedChange:
    """What was accepted, from when or which commit on, why and by whom. Exactly one of `since_s` and `commit` is set.

    Raises:
        UsageError: It says neither or both of these, or no pattern, reason or author.
    """

    pattern: str
    reason: str
    author: str
    since_s: float | None = None
    commit: str | None = None

    def __post_init__(self) -> None:
        where = f"accepted change of {printable(self.pattern, at_most=80)!r}"
        for name in ("pattern", "reason", "author"):
            if not getattr(self, name).strip():
                raise UsageError(f"{where}: {name} is empty; a change is accepted by somebody, for a reason")
        if (self.since_s is None) == (self.commit is None):
            raise UsageError(f"{where}: it needs a date or a commit, and not both")
        if self.since_s is not None and not math.isfinite(self.since_s):
            raise UsageError(f"{where}: {self.since_s} is no date")
        if self.commit is not None and len(self.commit) < SHORTEST_COMMIT:
            raise UsageError(f"{where}: commit {self.commit!r} is too short; {SHORTEST_COMMIT} letters or more tell it")

    def concerns(self, series: SeriesKey) -> bool:
        """Whether it is about this series."""
        return fnmatchcase(series.id, self.pattern)

    def begins(self, runs: Sequence[Measured]) -> float | None:
        """When it takes effect among these runs: its date, or the first run of its commit; None where none has it."""
        if self.commit is None:
            return self.since_s
        return min((one.at_s for one in runs if (one.commit or "").startswith(self.commit)), default=None)


def history_begins(series: SeriesKey, runs: Sequence[Measured], changes: Sequence[AcceptedChange]) -> float:
    """When the history of a series begins: at the last accepted change up to its newest run; 0 where there is none."""
    newest = max((one.at_s for one in runs), default=-math.inf)
    found = [change.begins(runs) for change in changes if change.concerns(series)]
    return max((begin for begin in found if begin is not None and begin <= newest), default=0.0)


def without_effect(changes: Sequence[AcceptedChange], runs: Sequence[Measured]) -> tuple[AcceptedChange, ...]:
    """The changes that concern none of these runs, or name a commit that none of them has: mistyped, or too old."""
    return tuple(
        change
        for change in changes
        if not (own := [run for run in runs if change.concerns(run.series)]) or change.begins(own) is None
    )
