"""An append-only store of compact run files, for a folder that CI keeps, such as a branch that is checked out.

    STORE/2026/11/28-030512-1f0c9a2b.json.gz     a run by its date (UTC) and the hash of its figures

A file is never changed, and another run has another name: two branches of a store merge without a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from configspec.atomic import replacing
from configspec.errors import RecordError, UsageError
from configspec.histories.compact import packed, read_compact
from configspec.histories.run import Run

UNDATED = Path("undated")
HASH_LETTERS = 8
_TAIL = ".json.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Where a run is in the store; `new` is False where it was there before."""

    path: Path
    new: bool


def add_run(store: Path, run: Run) -> Added:
    """Put a run into the store; it is there whole or not at all.

    Raises:
        UsageError: The folder cannot be written.
    """
    path = store / place_of(run)
    try:
        for there in sorted(store.glob(f"**/*{path.name[-len(_TAIL) - HASH_LETTERS :]}")):
            if _holds(there, run):
                return Added(path=there, new=False)
        if path.exists():  # another run of the same moment whose hash begins alike, or a damaged file
            path = path.with_name(path.name.replace(_TAIL, f"-{run.sha256[:16]}{_TAIL}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, new=True) as partial:
            partial.write_bytes(packed(run))
    except FileExistsError:
        return Added(path=path, new=False)  # somebody else added it at this moment
    except OSError as problem:
        where = problem.filename or path
        raise UsageError(f"{where}: the run cannot be kept: {problem.strerror}. Name another store") from problem
    return Added(path=path, new=True)


def place_of(run: Run) -> Path:
    """Where a run stands in a store."""
    name = f"{(run.figures_sha256 or run.sha256)[:HASH_LETTERS]}{_TAIL}"
    if run.at_s is None:
        return UNDATED / name
    when = datetime.fromtimestamp(run.at_s, UTC)
    return Path(f"{when.year:04d}", f"{when.month:02d}", f"{when:%d-%H%M%S}-{name}")


def same_run(one: Run, other: Run) -> bool:
    """Whether two were read from one content, or from two files of one run, such as its journal and its results."""
    return one.sha256 == other.sha256 or "" != one.figures_sha256 == other.figures_sha256


def _holds(path: Path, run: Run) -> bool:
    try:
        return same_run(read_compact(path), run)
    except RecordError:
        return False
