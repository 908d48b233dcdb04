"""The folder of the journals that nobody named: which is the newest, and which may go.

    20261124T042547123456-24979-000042.jsonl     when its run began, its process, its number
    20261124T042547123456-24979.jsonl            of an earlier configspec: older than all that have a number

The number orders them: it is one more than the largest in the folder, so a clock that was set back changes nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from configspec.errors import UsageError
from configspec.pytest_plugin.visits import has_visits
from configspec.records.journal import CHOOSE
from configspec.records.journal_lock import is_being_written, remove_unused
from configspec.records.samples import prune_samples, samples_folder
from configspec.untrusted import open_regular

KEPT = 20  # the newest, by each sign of their age
NAME = re.compile(r"([0-9]+T[0-9]+)-[0-9]+(?:-([0-9]+))?\.jsonl")
DATE = re.compile(r"[0-9]{8}T[0-9]{6}(?:[0-9]{6})?")
CLAIM = re.compile(r"\.([0-9]+)\.claim")
BLOCK_BYTES = 65536


@contextmanager
def new_name(folder: Path, began: datetime) -> Iterator[Path]:
    """A name for a journal, with a number that no other run takes; the journal is made inside the block.

    Raises:
        UsageError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claim, number = _claim(folder)
    except (OSError, ValueError) as problem:  # ValueError: NUL in its name
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError(f"{folder}: the journal cannot be written: {why}. {CHOOSE}") from problem
    try:
        yield folder / f"{began:%Y%m%dT%H%M%S%f}-{os.getpid()}-{number:06}.jsonl"
    finally:
        with suppress(OSError):
            claim.unlink()


def last_with_a_row(folder: Path) -> Path | None:
    """The newest journal with a finished line, or with cells that were timed: a run may be killed before its first row.

    Raises:
        UsageError: The folder cannot be read, or is none.
    """
    try:
        found = _oldest_first(folder)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:  # ValueError: NUL in its name
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError(
            f"--resume last: {folder}: the folder of the journals cannot be read: {why}. Name another with "
            "configspec_journal in the pytest configuration, or the journal itself: --resume FILE."
        ) from problem
    return next((path for path in reversed(found) if _has_row(path) or has_visits(path)), None)


def newest_first(folder: Path) -> list[Path]:
    """The journals of the folder; none where it cannot be read."""
    with suppress(OSError, ValueError):  # ValueError: NUL in its name
        return _oldest_first(folder)[::-1]
    return []


def prune(folder: Path, own: Path) -> None:
    """Delete what is old by every sign of age, and what killed runs left half made; `own` is the journal of this run.

    A journal stays that is among the newest by its number, by its name's date or by its file's, or that a run writes or
    resumes. Side files go with the last journal that refers to them.
    """
    found = _oldest_first(folder)
    newest = {path for sign in (_age, _named_date, _changed_ns) for path in sorted(found, key=sign)[-KEPT:]}
    gone = [path for path in found if path != own and path not in newest and remove_unused(path)]
    for path in folder.glob(".*.jsonl.*.partial"):
        remove_unused(path)
    for path in folder.glob(".*.claim"):
        claimed = CLAIM.fullmatch(path.name)
        if claimed is not None and int(claimed[1]) <= _largest_number(folder):
            with suppress(OSError):
                path.unlink()
    # A run that measures now has side files of rows that are not in its journal yet.
    if gone and not any(is_being_written(path) for path in folder.glob("*.jsonl") if path != own):
        with suppress(OSError):  # of a file that cannot be read, nobody knows what it refers to
            prune_samples(samples_folder(own), [path for path in folder.glob("*.json*") if path.is_file()])


def _claim(folder: Path) -> tuple[Path, int]:
    """A number for this run, and the file that keeps others from it until the journal of that name is there."""
    number = _largest_number(folder) + 1
    while True:
        claim = folder / f".{number:06}.claim"
        try:
            claim.touch(exist_ok=False)
        except FileExistsError:
            number += 1
            continue
        largest = _largest_number(folder)
        if largest < number:
            return claim, number
        claim.unlink()  # its run has made its journal meanwhile, and let it go
        number = largest + 1


def _oldest_first(folder: Path) -> list[Path]:
    # Not by glob, for which a folder that must not be read is an empty one.
    return sorted((folder / name for name in os.listdir(folder) if NAME.fullmatch(name)), key=_age)


def _largest_number(folder: Path) -> int:
    return max((_number(path) for path in _oldest_first(folder)), default=0)


def _age(path: Path) -> tuple[int, str, str]:
    return _number(path), _named_date(path), path.name


def _number(path: Path) -> int:
    match = NAME.fullmatch(path.name)
    return int(match[2] or 0) if match else 0


def _named_date(path: Path) -> str:
    """As text that orders as the date does; empty where the name holds none."""
    match = NAME.fullmatch(path.name)
    return match[1].ljust(21, "0") if match and DATE.fullmatch(match[1]) else ""


def _changed_ns(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _has_row(path: Path) -> bool:
    with suppress(OSError), open_regular(path) as file:  # in a shared folder, somebody else's
        lines = 0
        while lines < 2 and (block := file.read(BLOCK_BYTES)):
            lines += block.count(b"\n")
        return lines >= 2
    return False
