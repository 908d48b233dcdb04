"""What is hardly plausible of a run's figures, as plain values to be read by attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.reporting.flag_words import flag_words
from configspec.reporting.plausibility import implausible
from configspec.reporting.rows_to_rank import RankedRow
from configspec.theory.ids import ConfigurationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One warning of plausibility.

    Attributes:
        code: Its name, such as far_below_memory: docs/plausibility.md has all of them.
        words: The same as a sentence, with its figures.
        numbers: The figures by name, in base units.
        configurations: Those that it is about, at least one.
    """

    code: str
    words: str
    numbers: tuple[tuple[str, int | float | str], ...]
    configurations: tuple[ConfigurationId, ...]


def doubts_of(rows: Sequence[RankedRow]) -> tuple[Doubt, ...]:
    """What the rules find in these rows, in the order of the commands."""
    ids = tuple(dict.fromkeys(row.id for row in rows))
    return tuple(
        Doubt(
            code=one.flag.code,
            words=flag_words(one.flag),
            numbers=one.flag.numbers,
            configurations=tuple(each for each in ids if one.is_about(each)),
        )
        for one in implausible(rows)
    )
