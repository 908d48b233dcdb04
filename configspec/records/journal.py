"""The journal: one JSON line a finished row, on the disk before the next row begins.

A run that is killed keeps all that it had finished; `configspec recover` makes a results file of it.

    {"configspec_journal": 1, "machine_info": {...}, "commit_info": {...}, "command": [...]}      the first line
    {"row": {...one entry of pytest-benchmark's "benchmarks"...}}                                  then one a row
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from configspec.errors import RecordError, UsageError
from configspec.records.results import read_text

VERSION = 1


class Journal:
    """An open journal. `append` returns when the row is on the disk."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        self.rows = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("x", encoding="utf-8")
        except OSError as problem:
            raise UsageError(
                f"{path}: the journal cannot be written: {problem.strerror}. "
                "Choose another folder: configspec_journal in the pytest configuration."
            ) from problem
        self._write({"configspec_journal": VERSION, **header})

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one finished row."""
        self._write({"row": row})
        self.rows += 1

    def close(self) -> None:
        """Close the file; a journal without rows is removed."""
        self._file.close()
        if not self.rows:
            self.path.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, allow_nan=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def recover(path: Path) -> tuple[dict[str, Any], int]:
    """A results document from a journal, and how many lines at its end could not be read.

    The last attempt of a test stands for it. A line cut by a kill is left out and counted.

    Raises:
        RecordError: The file is missing, is not a journal, is of a newer version, or has no finished row.
    """
    lines = read_text(path).splitlines()
    header = _parse(lines[0]) if lines else None
    if header is None or "configspec_journal" not in header:
        raise RecordError(
            f"{path}: not a journal of configspec: its first line is no header. "
            "Journals lie in .configspec/journal, one a run."
        )
    if header["configspec_journal"] != VERSION:
        raise RecordError(
            f"{path}: a journal of version {header['configspec_journal']!r}; this configspec reads {VERSION}. "
            "Use the configspec that wrote it, or a newer one."
        )
    rows: dict[str, Any] = {}
    unread = 0
    for line in lines[1:]:
        entry = _parse(line)
        row = entry.get("row") if entry else None
        if isinstance(row, dict):
            rows[str(row.get("fullname"))] = row
        else:
            unread += 1
    if not rows:
        raise RecordError(f"{path}: the run ended before its first row was finished; there is nothing to recover.")
    document = {
        "machine_info": header.get("machine_info", {}),
        "commit_info": header.get("commit_info", {}),
        "benchmarks": list(rows.values()),
        "datetime": header.get("datetime"),
        "version": header.get("pytest_benchmark"),
    }
    return document, unread


def _parse(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
