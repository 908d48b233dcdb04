"""How long cells and real decodings took in earlier runs, by the rows of their journals.

A cell's time is that of its rounds, warm-up included, and of evaluating its prompt; what comes before them, such as
opening the draft, is in no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from configspec.errors import RecordError
from configspec.records.left_out import LeftOutList
from configspec.records.reader import read_each
from configspec.records.row import Row
from configspec.theory.ids import Cell, ConfigurationId


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTimes:
    """Seconds by cell and by configuration that was decoded for real, and the files that they are from."""

    cells: dict[Cell, float] = field(default_factory=dict)
    decodings: dict[ConfigurationId, float] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Time:
    """What one row tells; a cell's rounds are in the rows whose K they were timed with."""

    id: ConfigurationId
    rounds_s: float | None
    prompts_s: float  # the same in all rows of a cell
    decoding_s: float | None


def earlier_times(newest_first: Iterable[Path]) -> EarlierTimes:
    """Of each cell and configuration what the newest of these files says; one that cannot be read says nothing."""
    found = EarlierTimes()
    for path in newest_first:
        with suppress(RecordError):
            if _add(found, read_each(path, _time_of, LeftOutList())):
                found.files.append(path)
    return found


def _add(found: EarlierTimes, times: Iterable[_Time]) -> bool:
    """Add what is not known yet; whether there was anything."""
    cells: dict[Cell, float] = {}
    before = len(found.cells) + len(found.decodings)
    for one in times:
        if one.rounds_s is not None:
            cells[one.id.cell] = cells.get(one.id.cell, one.prompts_s) + one.rounds_s
        if one.decoding_s is not None:
            found.decodings.setdefault(one.id, one.decoding_s)
    for cell, seconds in cells.items():
        found.cells.setdefault(cell, seconds)
    return len(found.cells) + len(found.decodings) > before


def _time_of(row: Row) -> _Time:
    drafting, decoded = row.drafting, row.end_to_end
    counts = drafting.rounds is not None and drafting.timed_k == row.k and decoded is None
    passes = [len(one.round_samples_s) for one in drafting.passes or ()] or [drafting.rounds or 0]
    rounds = sum(passes) + len(passes) * (drafting.warmup_rounds or 0)
    return _Time(
        row.id,
        rounds * drafting.round_s.value if counts else None,
        0.0 if drafting.prefill is None else sum(drafting.prefill.samples_s),
        sum(decoded.repeats_s) if decoded is not None else None,
    )
