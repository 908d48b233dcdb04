"""What every name means, by the rows seen so far: figures under one name that mean different things do not compare.

Merging asks it of several files, and ranking of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from configspec.printable import printable
from configspec.records.row import Row
from configspec.records.setup import DeviceSetup, DrafterSetup, SetupPart, TargetSetup, difference, named_parts
from configspec.theory.ids import Cell

PARTS: Mapping[type, str] = {DeviceSetup: "device", TargetSetup: "target", DrafterSetup: "drafter"}
NAME_LETTERS = 120
NamedParts: TypeAlias = tuple[tuple[str, SetupPart], ...]


class PartsOfRows:
    """Each row's parts of its setup by name. Rows of one cell, which differ in K alone, hold them once."""

    def __init__(self) -> None:
        self._last: dict[Cell, tuple[object, NamedParts]] = {}

    def of(self, row: Row) -> NamedParts:
        """Those of one row."""
        cell, said = row.cell, _said(row)
        last = self._last.get(cell)
        if last is not None and last[0] == said:
            return last[1]
        parts = tuple(named_parts(row))
        self._last[cell] = said, parts
        return parts


@dataclass(frozen=True, slots=True)
class _Known:
    part: SetupPart
    file: Path
    entry: str  # the row that said so first


class KnownSetups:
    """The setup behind each name, from the first row that has it."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._agreed: NamedParts = ()  # of the row before, if it contradicted nothing

    def contradiction(self, parts: NamedParts, file: Path, entry: str) -> str | None:
        """What a row says otherwise than one before, in words; what it says first is known from then on."""
        if parts is self._agreed:
            return None
        for thing, part in parts:
            known = self._known.get(thing)
            found = None if known is None else difference(PARTS[type(part)], part, known.part)
            if known is not None and found is not None:
                return (
                    f"{_both(file, entry, known)} mean different things by {thing}: "
                    f"{found.what} is {found.then} in the first, {found.now} in the second."
                )
        for thing, part in parts:
            self._known.setdefault(thing, _Known(part, file, entry))
        self._agreed = parts
        return None


def _said(row: Row) -> object:
    """All that a setup is made of."""
    board, timed, counted = row.environment, row.drafting, row.acceptance
    return (
        (board.device, board.profile, board.source, row.models),
        (timed.depth_tokens, timed.rounds_asked, timed.seconds_allowed, timed.method),
        (row.sweep_prompts_sha256, counted.prompting, counted.new_tokens, counted.decoding),
    )


def _both(file: Path, entry: str, known: _Known) -> str:
    if file != known.file:
        return f"{file} and {known.file}"
    one, other = (printable(name, at_most=NAME_LETTERS) for name in (entry, known.entry))
    return f"{file}: {one} and {other}"
