"""Which earlier runs a new one may be compared with.

Left out are: runs from before the last accepted change, of another setup, disturbed, or of a night that was judged as
changed against the history that goes on. A night counts once, by its first run: the others were made because that one
looked odd, and to prefer them would cut off the very tail that the spread is estimated from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.regression.accepted import AcceptedChange, history_begins
from configspec.regression.series import Difference, Measured, first_difference, nights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The earlier nights that compare with a run, oldest first, each with all of its runs.

    `newest` is the newest earlier run, whether it compares or not; None where there was none.
    """

    nights: tuple[tuple[Measured, ...], ...]
    newest: Measured | None
    begins_s: float

    @property
    def first_logs(self) -> tuple[float, ...]:
        """The log value of each night's first run."""
        return tuple(night[0].log for night in self.nights)

    def difference(self, now: Measured) -> Difference | None:
        """How the setup of the newest earlier run differs from that of `now`."""
        return None if self.newest is None else first_difference(self.newest.setup, now.setup)


def history_of(
    now: Measured, earlier: Sequence[Measured], *, changes: Sequence[AcceptedChange] = (), most: int = 30
) -> History:
    """The last `most` nights before that of `now` which compare with it; runs of other series are left out."""
    runs = [one for one in earlier if one.series == now.series and one.at_s < now.at_s and one.night != now.night]
    begins_s = history_begins(now.series, [*runs, now], changes)
    changed = {one.night for one in runs if one.changed_since_s is not None and one.changed_since_s >= begins_s}
    comparable = [one for one in runs if one.night not in changed and _compares(one, now, begins_s)]
    return History(
        nights=nights_of(comparable)[-most:],
        newest=max(runs, key=lambda one: one.at_s, default=None),
        begins_s=begins_s,
    )


def _compares(one: Measured, now: Measured, begins_s: float) -> bool:
    return one.at_s >= begins_s and one.setup == now.setup and not one.disturbed
