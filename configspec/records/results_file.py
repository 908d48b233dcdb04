"""Writing results files: pytest-benchmark's JSON, a compact row a line, what rows share once in its head.

A file is whole or as it was before, whenever the process is killed. One row is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from configspec.atomic import replacing
from configspec.records.plain import dumps
from configspec.records.reader import ROWS, open_rows
from configspec.records.row import KEY
from configspec.records.shared import SHARED, SharedFacts


def write_results(out: Path, head: Mapping[str, object], rows: Callable[[], Iterable[Mapping[str, object]]]) -> None:
    """Write a results file.

    Args:
        out: The file; an older one is replaced.
        head: All its keys beside the rows.
        rows: Gives the rows, whole; asked twice, since what they share is written before them.

    Raises:
        OSError: It cannot be written.
    """
    facts = SharedFacts()
    for row in rows():
        facts.refer(row)
    with replacing(out) as partial, partial.open("w", encoding="utf-8") as file:
        file.write("{" + "".join(f"{dumps(key)}: {dumps(value)},\n" for key, value in _head(head, facts).items()))
        file.write(f"{dumps(ROWS)}: [\n")
        separator = ""
        for row in rows():
            file.write(separator + dumps(facts.refer(row)))
            separator = ",\n"
        file.write("\n]}\n")


def rewrite_results(path: Path) -> None:
    """Write a results file of pytest-benchmark's again, compactly; every key of its head and rows stays.

    Anything but a regular file, such as a pipe, is left alone.

    Raises:
        RecordError: It is not a results file.
        OSError: It cannot be written.
    """
    path = path.resolve()  # the file that a link leads to is written, and not the link
    if path.is_file():
        file = open_rows(path)
        write_results(path, file.head, file.raw_rows)


def _head(head: Mapping[str, object], facts: SharedFacts) -> dict[str, object]:
    """The head with what rows share, as its last key before them."""
    rest = {key: value for key, value in head.items() if key not in (KEY, ROWS)}
    ours = head.get(KEY)
    if facts.values:
        ours = {**(ours if isinstance(ours, Mapping) else {}), SHARED: facts.values}
    return rest if ours is None else {**rest, KEY: ours}
