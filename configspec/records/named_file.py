"""A file that a person named to be written: whole in its place, through links, or passed on where it is a stream."""

from __future__ import annotations

import os
from pathlib import Path

from configspec.atomic import write_whole
from configspec.errors import UsageError
from configspec.records.results_file import is_stream


def write_named(path: Path, content: bytes) -> None:
    """Make the file, or leave what is there as it was.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        if is_stream(path):
            with path.open("ab") as file:
                file.write(content)
        else:
            write_whole(Path(os.path.realpath(path)), content)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror or problem}.") from problem
    except ValueError as problem:  # NUL in its name
        raise UsageError(f"{path}: no file can have this name.") from problem
