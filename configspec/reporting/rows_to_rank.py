"""What of the rows is ranked, and what else a ranking shows of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from configspec.errors import RecordError
from configspec.records.decoded import EndToEnd
from configspec.records.known_setups import KnownSetups, NamedParts, PartsOfRows
from configspec.records.left_out import LeftOutList
from configspec.records.reader import read_each
from configspec.records.row import Row
from configspec.reporting.shown_facts import ShownFacts, facts_of_rows
from configspec.theory.ids import ConfigurationId
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Categories: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedRow:
    """What a ranking needs of a row: a third of it."""

    configuration: Configuration
    serving: Serving
    end_to_end: EndToEnd | None
    parts: NamedParts  # of what it was measured with
    facts: ShownFacts = field(compare=False)

    @property
    def id(self) -> ConfigurationId:
        """Its configuration, by name."""
        return self.configuration.id

    @property
    def device(self) -> str:
        """The device's name."""
        return self.configuration.device

    @property
    def family(self) -> str:
        """The family's name."""
        return self.configuration.family


def ranked_row() -> Callable[[Row], RankedRow]:
    """Takes from each row what is ranked; equal assumptions and equal categories are held once."""
    servings: dict[Serving, Serving] = {}
    categories: dict[Categories, Categories] = {}
    parts = PartsOfRows()
    facts_of = facts_of_rows()

    def taken(row: Row) -> RankedRow:
        serving = servings.setdefault(row.serving, row.serving)
        configuration = row.configuration
        own = configuration.acceptance.categories
        known = categories.setdefault(own, own)
        if known is not own:
            configuration = replace(configuration, acceptance=replace(configuration.acceptance, categories=known))
        return RankedRow(
            configuration=configuration,
            serving=serving,
            end_to_end=row.end_to_end,
            parts=parts.of(row),
            facts=facts_of(row),
        )

    return taken


def read_to_rank(file: Path, left_out: LeftOutList) -> list[RankedRow]:
    """What a results file or a journal has to be ranked: one row a configuration, and one of its decoding.

    Args:
        file: The file.
        left_out: Where what cannot be taken is put down.

    Raises:
        RecordError: It cannot be read, or rows of it contradict each other.
    """
    rows = last_of_each(read_each(file, ranked_row(), left_out), file, left_out)
    check_setups(rows, file)
    return rows


def check_setups(rows: Sequence[RankedRow], file: Path) -> None:
    """A RecordError where a row contradicts an earlier one: two boards under one name cannot be ranked together."""
    known = KnownSetups()
    found = [told for row in rows if (told := known.contradiction(row.parts, file, row.id.id)) is not None]
    if found:
        counted = f"{len(found)} of {len(rows)} rows contradict{'s' if len(found) == 1 else ''} an earlier one"
        raise RecordError(
            f"{found[0]} Such rows do not compare: {counted}. Rank the file of each run by itself, or leave the later "
            "ones out: configspec merge FILE -o NEW --prefer newest"
        )


def last_of_each(rows: Sequence[RankedRow], file: Path, left_out: LeftOutList) -> list[RankedRow]:
    """One row a configuration, and one of its decoding: the last. Others are put down where they say something else."""
    found: dict[tuple[ConfigurationId, bool], RankedRow] = {}
    for row in rows:
        place = row.id, row.end_to_end is not None
        earlier = found.get(place)
        if earlier is not None and earlier != row:
            left_out.add(file, row.id.id, "a later row of this configuration has other figures; the last one counts")
        found[place] = row
    return list(found.values())


def rows_to_rank(rows: Sequence[Row] | Sequence[RankedRow]) -> tuple[tuple[Configuration, Serving], ...]:
    """Each row's configuration and assumptions, in the rows' order.

    A row of real decoding holds the profile of an earlier one, with doubts that are of the decoding: it does not
    replace the profiled configuration.
    """
    found: dict[ConfigurationId, Configuration] = {}
    pairs = []
    for row in rows:
        configuration = row.configuration
        if row.end_to_end is None or configuration.id not in found:
            found[configuration.id] = configuration
        pairs.append((found[configuration.id], row.serving))
    return tuple(pairs)
