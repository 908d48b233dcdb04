"""When and of which commit a file of rows is, without reading its rows a second time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from configspec.records.bounded_file import bounded_lines, open_bounded

_LINES = 16  # of the head of a results file, as configspec writes it: one a key
_BEGIN = b'{"configspec_journal":'
_ROWS = b'"benchmarks":'


class _Commit(msgspec.Struct):
    id: str | None = None
    branch: str | None = None


class Head(msgspec.Struct, frozen=True):
    """What a file says once of all its rows; None where it does not, or says what cannot be."""

    datetime: str | None = None
    commit_info: _Commit | None = None

    @property
    def commit(self) -> str | None:
        """Of the project that was measured with."""
        return None if self.commit_info is None else _text(self.commit_info.id)

    @property
    def branch(self) -> str | None:
        """Its branch, where git said."""
        return None if self.commit_info is None else _text(self.commit_info.branch)


def head_of_run(path: Path) -> Head:
    """The head of a results file or a journal that was read; empty where it cannot be read any more."""
    try:
        return _from_lines(path)
    except (ValueError, OSError, RecursionError):  # msgspec's errors are ValueErrors
        from configspec.records.opening import head_of  # with the general reader: most files have no need of it

        return _from(head_of(path))


def _from_lines(path: Path) -> Head:
    """Of the layout that configspec writes; ValueError of any other."""
    found: list[bytes] = []
    with open_bounded(path) as file:
        for line, _ in zip(bounded_lines(file), range(_LINES), strict=False):
            if line.startswith(_BEGIN):
                return msgspec.json.decode(line, type=Head)
            if line.startswith(_ROWS):
                break
            # What rows share is much of the head, and nothing of it is asked for here.
            if line.startswith((b'{"datetime"', b'{"commit_info"', b'"datetime"', b'"commit_info"')):
                found.append(line.removeprefix(b"{").rstrip().removesuffix(b","))
        else:
            raise ValueError("not laid out as configspec writes it")
    if len(found) < 2:
        raise ValueError("not laid out as configspec writes it")
    return msgspec.json.decode(b"{" + b",".join(found) + b"}", type=Head)


def _from(head: Mapping[str, object]) -> Head:
    commit, date = head.get("commit_info"), head.get("datetime")
    known = commit if isinstance(commit, Mapping) else {}
    return Head(
        datetime=date if isinstance(date, str) else None,
        commit_info=_Commit(id=_text(known.get("id")), branch=_text(known.get("branch"))),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 1000 else None
