"""What a command reads stays as it is: no output takes its place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from configspec.errors import UsageError
from configspec.printable import printable


def check_no_input(output: Path, inputs: Iterable[str | Path | None]) -> None:
    """Before anything is written.

    Args:
        output: The file to write.
        inputs: What the command line names to be read; None and what is no file are passed over.

    Raises:
        UsageError: It is one of these files, by whatever path.
    """
    if any(one is not None and _same(output, one) for one in inputs):
        raise UsageError(f"{printable(str(output))}: the file that is read. Name another one to write.")


def _same(path: Path, other: str | Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):  # one of them is missing, or can have no file: told where it is used
        return False
