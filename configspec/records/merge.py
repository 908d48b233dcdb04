"""Several files of rows -> one results file, every row once. A row at a time: memory does not grow with the rows.

The same test in several files: the newest file's row stands. The same name for different things (another board,
another llama.cpp, another model file, other prompts) is a conflict: such figures may not stand in one table.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configspec.errors import RecordError, UsageError
from configspec.records.plain import dumps
from configspec.records.reader import ROWS, RowFile, open_row_file, record_of
from configspec.records.setup import difference, named_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the rows."""

    rows: int
    repeated: int  # of a test that a newer file has too
    left_out: Mapping[str, int]  # rows that a newer file contradicts, by what it says
    unread: int  # lines of journals


def merge(paths: Sequence[Path], out: Path, *, prefer_newest: bool = False, salvage: bool = False) -> Merged:
    """Write the rows of `paths` into `out`.

    Args:
        paths: Results files and journals.
        out: The results file to make; it must not exist.
        prefer_newest: Leave out rows that a newer file contradicts, instead of refusing.
        salvage: Take what can be read of damaged journals.

    Raises:
        RecordError: A file cannot be read, or two of them contradict each other.
        UsageError: `out` is there already, or cannot be written.
    """
    facts = _Facts()
    files = [open_row_file(path, salvage=salvage, note=facts.of) for path in paths]
    newest_first = sorted(range(len(files)), key=lambda place: files[place].written, reverse=True)
    chosen, repeated, left_out = _choose(files, newest_first, prefer_newest)
    head = {key: value for key, value in files[newest_first[0]].head.items() if key != "configspec"}
    head["configspec"] = {"merged": [file.path.name for file in files]}
    _write(out, head, _texts(files, set(chosen.values())))
    unread = sum(len(file.index.damaged) + file.index.cut for file in files if file.index)
    return Merged(rows=len(chosen), repeated=repeated, left_out=left_out, unread=unread)


Place = tuple[int, int]  # of a row: which file, and which of its rows
Thing = tuple[str, ...]  # its kind and names
Said = tuple[tuple[Thing, dict[str, Any]], ...]  # what a row says of each thing that it is about


class _Facts:
    """What rows say, each different saying kept once: ten thousand rows are of few boards and drafts."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Thing, dict[str, Any]]] = {}

    def of(self, row: Mapping[str, Any]) -> Said:
        """Nothing where configspec did not write the row."""
        record = record_of(row)
        said = () if record is None else named_facts(record)
        return tuple(self._kept.setdefault(repr(one), one) for one in said)


def _choose(
    files: Sequence[RowFile], newest_first: Sequence[int], prefer_newest: bool
) -> tuple[dict[str, Place], int, dict[str, int]]:
    """Which rows stand: by the test's name, how many were repeated, and how many a newer file contradicts."""
    known: dict[Thing, tuple[dict[str, Any], RowFile]] = {}
    chosen: dict[str, Place] = {}
    repeated, left_out = 0, Counter[str]()
    for place in newest_first:
        for number, (name, said) in enumerate(files[place].entries):
            conflict = _conflict(said, files[place], known)
            if conflict is not None:
                if not prefer_newest:
                    raise RecordError(
                        f"{conflict} Such rows may not stand in one table: --prefer newest leaves these out."
                    )
                left_out[conflict] += 1
                continue
            if name in chosen:
                repeated += 1
            if name not in chosen or chosen[name][0] == place:  # in one file the last attempt counts
                chosen[name] = (place, number)
    return chosen, repeated, dict(left_out)


def _conflict(said: Said, file: RowFile, known: dict[Thing, tuple[dict[str, Any], RowFile]]) -> str | None:
    """What a row says otherwise than a newer file; what it says first is `known` from then on."""
    for thing, found in said:
        other, newer = known.get(thing, (found, file))
        differs = None if found is other else difference(found, other)
        if differs is not None:
            path, here, there = differs
            return (
                f"{file.path} and {newer.path} mean different things by the {' '.join(thing)}: "
                f"{path} is {here} in the first, {there} in the second."
            )
    for thing, found in said:
        known.setdefault(thing, (found, file))
    return None


def _texts(files: Sequence[RowFile], chosen: set[Place]) -> Iterator[str]:
    for place, file in enumerate(files):
        for number, text in enumerate(file.texts()):
            if (place, number) in chosen:
                yield text


def _write(out: Path, head: Mapping[str, Any], rows: Iterator[str]) -> None:
    """A results file, a row a line: whole, or not there."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    if out.exists():
        raise UsageError(f"{out}: is there already. Choose another name with -o.")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write("{" + "".join(f"{dumps(key)}: {dumps(value)},\n" for key, value in head.items()))
            file.write(f"{dumps(ROWS)}: [\n")
            separator = ""
            for row in rows:
                file.write(separator + row)
                separator = ",\n"
            file.write("\n]}\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    except OSError as problem:
        raise UsageError(f"{out}: cannot be written: {problem.strerror}.") from problem
    finally:
        partial.unlink(missing_ok=True)
