"""The folder for what a run has timed of cells without rows: beside its journal, and gone with it.

`profiling/visit_log.py` says what is in it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

FOLDER = "configspec-passes"


def visits_folder(journal: Path) -> Path:
    """That of a journal's run."""
    return journal.parent / FOLDER / journal.name.removesuffix(".jsonl")


def has_visits(journal: Path) -> bool:
    """Whether the run has timed anything."""
    return any(_files(visits_folder(journal)))


def begin_visits(journal: Path, earlier: Path | None) -> Path:
    """The folder of a run with this journal, with what the run that it resumes has in its own, and nothing else.

    Folders of journals that are gone go too.

    Raises:
        OSError: It cannot be written.
    """
    folder = visits_folder(journal)
    before = None if earlier is None else visits_folder(earlier)
    if before is None or before.resolve() != folder.resolve():
        _remove(folder)
        for path in () if before is None else _files(before):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path.name)
    with suppress(OSError):  # no such folder yet, or another account's
        for other in folder.parent.iterdir():
            if other != folder and not (_journal_of(other).exists() or _journal_of(other, suffix="").exists()):
                _remove(other)
    return folder


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.jsonl") if path.is_file() and not path.is_symlink())


def _journal_of(folder: Path, suffix: str = ".jsonl") -> Path:
    return folder.parent.parent / f"{folder.name}{suffix}"


def _remove(folder: Path) -> None:
    """What is in it of ours, and the folder if that was all."""
    for path in _files(folder):
        path.unlink()
    with suppress(OSError):
        folder.rmdir()
