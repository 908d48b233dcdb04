"""What of the rows is ranked."""

from __future__ import annotations

from collections.abc import Sequence

from configspec.records.row import Row
from configspec.theory.ids import ConfigurationId
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


def rows_to_rank(rows: Sequence[Row]) -> tuple[tuple[Configuration, Serving], ...]:
    """Each row's configuration and assumptions, in the rows' order.

    A row of real decoding holds the profile of an earlier one, with doubts that are of the decoding: it does not
    replace the profiled configuration.
    """
    found: dict[ConfigurationId, Configuration] = {}
    pairs = []
    for row in rows:
        if row.end_to_end is None or row.id not in found:
            found[row.id] = row.configuration
        pairs.append((found[row.id], row.serving))
    return tuple(pairs)
