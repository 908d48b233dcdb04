"""What of the files of a history was not taken, and why: nothing is passed over without a word."""

from __future__ import annotations

from dataclasses import dataclass, field

from configspec.histories.run import Run
from configspec.printable import printable
from configspec.records.left_out import WHY_LETTERS, LeftOut

WHOLE = "the whole file"


@dataclass(slots=True, kw_only=True)
class Unread:
    """What reading a history found beside its runs.

    Attributes:
        skipped: Files that cannot be read, or only in part: damaged, half-written, of another version.
        gone: Files that the index knows and that are no longer there.
        others: How many files were not configspec's: benchmarks of other projects, and other JSON.
        repeated: Files with a run that another file has too, as a message says it.
    """

    skipped: list[LeftOut] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    others: int = 0
    repeated: list[str] = field(default_factory=list)

    @property
    def lost(self) -> bool:
        """Whether something that may have been a run was not taken."""
        return bool(self.skipped or self.gone)

    def skip(self, file: str, why: str) -> None:
        """Put down a file that cannot be read."""
        name = printable(file)
        text = why.removeprefix(f"{file}: ")
        self.skipped.append(LeftOut(file=name, entry=WHOLE, why=printable(text, at_most=WHY_LETTERS)))

    def rows_of(self, run: Run) -> None:
        """Put down a file of which only some rows could be taken."""
        if run.left_out:
            first = run.left_out[0].removeprefix(f"{run.source}: ")
            why = f"{len(run.left_out)} of its rows left out; the first: {first}"
            self.skipped.append(
                LeftOut(file=printable(run.source), entry="some rows", why=printable(why, at_most=WHY_LETTERS))
            )


def without_repeated(runs: list[Run], unread: Unread) -> list[Run]:
    """The runs, each once and the oldest first; those without a date come before all others."""
    found: list[Run] = []
    contents: dict[str, Run] = {}
    figures: dict[str, Run] = {}
    for run in sorted(runs, key=lambda one: (one.at_s is not None, one.at_s or 0.0)):
        earlier = contents.get(run.sha256) or (figures.get(run.figures_sha256) if run.figures_sha256 else None)
        if earlier is not None:
            unread.repeated.append(f"{printable(run.source)} has the same run as {printable(earlier.source)}")
            continue
        contents[run.sha256] = figures[run.figures_sha256] = run
        found.append(run)
    return found
