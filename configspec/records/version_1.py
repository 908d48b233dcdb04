"""Records of version 1, as configspec wrote them until November 2026, read into today's row.

Version 1 held the seconds of every token in each row, flags as sentences, and how drafting was timed in words of its
own. All else is as in version 2; `environment` and `models` stood in every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from configspec.records.drafting import Method
from configspec.records.row import VERSION, Row
from configspec.records.samples import RoundTimes, TimeSamples
from configspec.theory.flags import flag

OldMethod = Literal[
    "the first K tokens of rounds of the largest K", "separate rounds of each K", "replay of a profile file"
]
METHODS: Mapping[OldMethod, Method] = {
    "the first K tokens of rounds of the largest K": "shared rounds",
    "separate rounds of each K": "separate rounds",
    "replay of a profile file": "replay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drafting:
    method: OldMethod
    token_samples_s: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quality:
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """What version 1 held otherwise."""

    k: int
    drafting: _Drafting
    quality: _Quality


def row_of_version_1(record: Mapping[str, object]) -> Row:
    """The row that a record of version 1 describes.

    Raises:
        msgspec.ValidationError: It lacks a key, or holds a value that cannot be.
    """
    old = msgspec.convert(record, _Changed)
    drafting = msgspec.convert(record["drafting"], dict[str, object])
    flags = [msgspec.to_builtins(flag("note", text=text)) for text in old.quality.flags]
    changed = {"version": VERSION, "drafting": {**drafting, "method": METHODS[old.drafting.method]}, "flags": flags}
    return msgspec.convert({**record, **changed}, Row)


def times_of_version_1(record: Mapping[str, object]) -> TimeSamples | None:
    """The seconds of every token, which version 2 keeps in a side file; None where no device was timed.

    Raises:
        msgspec.ValidationError: As for the row.
    """
    old = msgspec.convert(record, _Changed)
    token_s = old.drafting.token_samples_s
    return TimeSamples(rounds=(RoundTimes(k=old.k, token_s=token_s),)) if token_s else None
