"""Writing results files: pytest-benchmark's JSON, a compact row a line, what rows share once in its head.

A file is whole or as it was before, whenever the process is killed. One row is in memory at a time.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from configspec.atomic import beside, replacing
from configspec.errors import UsageError
from configspec.records.plain import dumps
from configspec.records.row import KEY
from configspec.records.row_file import ROWS
from configspec.records.shared import SHARED, SharedFacts
from configspec.untrusted import KINDS

PROBE_BYTES = 4096


def write_results(
    out: Path,
    head: Mapping[str, object],
    rows: Callable[[], Iterable[Mapping[str, object]]],
    *,
    new: bool = False,
) -> None:
    """Write a results file.

    Args:
        out: The file; an older one is replaced. Of a link, the file that it leads to.
        head: All its keys beside the rows.
        rows: Gives the rows, whole; asked twice, since what they share is written before them.
        new: An older one is not replaced.

    Raises:
        OSError: It cannot be written.
        FileExistsError: It was to be `new`, and there is one.
    """
    facts = SharedFacts()
    for row in rows():
        facts.refer(row)
    with _opened(out, new=new) as file:
        file.write("{" + "".join(f"{dumps(key)}: {dumps(value)},\n" for key, value in _head(head, facts).items()))
        file.write(f"{dumps(ROWS)}: [\n")
        separator = ""
        for row in rows():
            file.write(separator + dumps(facts.refer(row)))
            separator = ",\n"
        file.write("\n]}\n")


def is_stream(path: Path) -> bool:
    """Whether what is written here passes on and nothing is replaced: `/dev/null`, `/dev/stdout`, `>(gzip)`."""
    descriptors = os.path.realpath("/dev/fd")
    where = Path(os.path.abspath(path))
    for _ in range(40):  # as many links as the system follows
        if str(where) == os.devnull or os.path.realpath(where.parent) == descriptors:
            return True
        if not where.is_symlink():
            return False
        where = Path(os.path.abspath(where.parent / where.readlink()))
    return False


def check_results_can_be_written(path: Path, what: str = "the results") -> None:
    """Before anything is measured for it: the file can be put in place, and nothing else is in the way.

    Args:
        path: The file.
        what: What it is to hold, for the message.

    Raises:
        UsageError: What is in the way, and what would do.
    """
    try:
        problem = _obstacle(path)
    except OSError as refused:
        problem = refused.strerror or str(refused)
    except ValueError:  # NUL in its name
        problem = "no file can have this name"
    if problem is not None:
        raise UsageError(f"{path}: {what} cannot be written: {problem}. Name another file.")


def _obstacle(path: Path) -> str | None:
    """What is in the way of writing a results file; the system's own refusal is an OSError."""
    if is_stream(path):
        return None if path.exists() else "nothing is open there"
    real = Path(os.path.realpath(path))
    try:
        mode = real.stat().st_mode
    except FileNotFoundError:
        if not real.parent.is_dir():
            return f"its folder does not exist (mkdir -p {shlex.quote(str(real.parent))})"
    else:
        if not stat.S_ISREG(mode):
            kind = next((words for of_kind, words in KINDS if of_kind(mode)), "something else")
            return f"it is {kind} and not a regular file"
        if not os.access(real, os.W_OK):
            return "the file there is write-protected"
    _probe(real)
    return None


def _probe(path: Path) -> None:
    """Write what will be written: a file beside, which then takes the place."""
    partial = beside(path)
    try:
        partial.write_bytes(bytes(PROBE_BYTES))
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _opened(out: Path, *, new: bool) -> Iterator[TextIO]:
    if is_stream(out):
        # Appended: the program's own output may be a file, of which nothing is to be cut off.
        with out.open("a", encoding="utf-8") as file:
            yield file
        return
    with replacing(Path(os.path.realpath(out)), new=new) as partial, partial.open("w", encoding="utf-8") as file:
        yield file


def _head(head: Mapping[str, object], facts: SharedFacts) -> dict[str, object]:
    """The head with what rows share, as its last key before them."""
    rest = {key: value for key, value in head.items() if key not in (KEY, ROWS)}
    ours = head.get(KEY)
    if facts.values:
        ours = {**(ours if isinstance(ours, Mapping) else {}), SHARED: facts.values}
    return rest if ours is None else {**rest, KEY: ours}
