"""The reviewed file of changes that somebody has looked at and accepted: a series' history begins again there.

[[accepted]]
series = "dev:orin:-*/goodput"      a pattern, as a shell matches file names
since = 2026-11-03                  or commit = "0a1b2c3d"
reason = "power mode 15W, on purpose"
author = "Kim"
"""

from __future__ import annotations

from pathlib import Path

from configspec.errors import UsageError
from configspec.histories.check_file import Entry, read_entries
from configspec.regression.accepted import AcceptedChange

KIND = "accepted"
KEYS = ("series", "since", "commit", "reason", "author")


def read_changes(path: Path) -> tuple[AcceptedChange, ...]:
    """The accepted changes of the file, in its order; an empty file has none.

    Raises:
        UsageError: It says something else; with file, entry, key, what was found and what would do.
    """
    return tuple(map(_change, read_entries(path, KIND, KEYS)))


def _change(entry: Entry) -> AcceptedChange:
    try:
        return AcceptedChange(
            pattern=entry.text("series"),
            reason=entry.text("reason"),
            author=entry.text("author"),
            since_s=entry.optional_moment_s("since"),
            commit=entry.optional_text("commit"),
        )
    except UsageError as problem:
        if str(problem).startswith(entry.where):
            raise
        raise UsageError(f"{entry.where}: {problem}") from None
