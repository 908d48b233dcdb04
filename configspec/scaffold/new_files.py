"""New files in a folder: never over one that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configspec.atomic import replacing
from configspec.errors import UsageError
from configspec.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Which files were made, and which had been there before and are as they were; by their paths in the folder."""

    made: tuple[str, ...]
    kept: tuple[str, ...]


def write_new(folder: Path, files: Mapping[str, bytes]) -> Written:
    """Make the files that are not there, and the folders that they need.

    Args:
        folder: Where they go; made where it is missing.
        files: The content of each, by its path in the folder.

    Raises:
        UsageError: One cannot be written. Those before it are there.
    """
    made: list[str] = []
    kept: list[str] = []
    for name, content in files.items():
        (made if _made(folder / name, content) else kept).append(name)
    return Written(made=tuple(made), kept=tuple(kept))


def _made(path: Path, content: bytes) -> bool:
    try:
        if path.is_symlink() or path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, new=True) as partial:
            partial.write_bytes(content)
    except FileExistsError:
        if not path.parent.is_dir():
            raise UsageError(f"{printable(str(path.parent))} is no folder, and files go into it.") from None
        return False
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise UsageError(f"{printable(str(path))} cannot be written: {why}") from None
    return True
