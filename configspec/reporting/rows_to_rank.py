"""What of the rows is ranked, and what else a ranking shows of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from configspec.records.decoded import EndToEnd
from configspec.records.row import Row
from configspec.theory.ids import ConfigurationId
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedRow:
    """What a ranking needs of a row: a third of it."""

    configuration: Configuration
    serving: Serving
    end_to_end: EndToEnd | None

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
    """Takes from each row what is ranked; rows with equal assumptions hold them once."""
    servings: dict[Serving, Serving] = {}

    def taken(row: Row) -> RankedRow:
        serving = servings.setdefault(row.serving, row.serving)
        return RankedRow(configuration=row.configuration, serving=serving, end_to_end=row.end_to_end)

    return taken


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
