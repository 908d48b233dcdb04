"""Where and when a row was measured, as its file said it before the row came into another file.

A results file says so once, in its head: of which machine, commit and pytest-benchmark all its rows are. A file that is
made of several has one head, so there each row keeps what the head of its own file said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from configspec.records.bounds import TEXT_LETTERS, Text, encodable


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The file that a row came from; what its head did not say is None.

    `node` and `cpu` are of the host that ran the suite, and not of a board.
    """

    node: Text | None = None
    cpu: Text | None = None
    datetime: Text | None = None  # when the file was written
    commit: Text | None = None
    pytest_benchmark: Text | None = None  # its version


NOWHERE = Origin()


def origin_of(head: Mapping[str, object]) -> Origin | None:
    """What the head of a results file says of its rows; None where it says nothing.

    Args:
        head: The keys of pytest-benchmark's file beside its rows; of a journal `RowFile.head` has the same ones.
    """
    found = Origin(
        node=_text(head, "machine_info", "node"),
        cpu=_text(head, "machine_info", "cpu", "brand_raw"),
        datetime=_text(head, "datetime"),
        commit=_text(head, "commit_info", "id"),
        pytest_benchmark=_text(head, "version"),
    )
    return None if found == NOWHERE else found


def _text(value: object, *keys: str) -> str | None:
    """The text at the end of these keys; None where there is none that a record could hold."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    is_one = isinstance(value, str) and 0 < len(value) <= TEXT_LETTERS and encodable(value)
    return str(value) if is_one else None
