"""From when on the earlier runs of a series count: since the last change of it that somebody accepted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from configspec.histories.baseline import Sides
from configspec.regression.accepted import AcceptedChange
from configspec.regression.series import SeriesKey


def accepted_since_s(series: SeriesKey, found: Sides, changes: Sequence[AcceptedChange]) -> float:
    """When the last accepted change of a series began, up to the newest run; minus infinity where there is none.

    A date is one; a commit begins with the first run, of either side, that was made with it.
    """
    dated = [(run.at_s, run.commit or "") for run in (*found.base, *found.new) if run.at_s is not None]
    newest = max((at_s for at_s, _ in dated), default=-math.inf)
    return max((begin for begin in _begins(series, dated, changes) if begin <= newest), default=-math.inf)


def _begins(
    series: SeriesKey, dated: Sequence[tuple[float, str]], changes: Sequence[AcceptedChange]
) -> Iterator[float]:
    for change in changes:
        if change.concerns(series):
            if change.since_s is not None:
                yield change.since_s
            elif change.commit is not None:
                yield min((at_s for at_s, commit in dated if commit.startswith(change.commit)), default=math.inf)
