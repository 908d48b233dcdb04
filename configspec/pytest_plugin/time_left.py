"""How much of a run is left, and for about how long, measured on what it did so far. Pure, but for its clock.

    planned     the parts of a run by kind of work: a cell, a real decoding, a target's text, a draft
    left        of each part the share that is not over
    mean        of each kind of work on a device, what its parts took so far; of all devices where it has had none

The work of one device is done one part after another, and devices beside each other, as many as there are workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from configspec.progress import Finished, Work
from configspec.reporting.figure_words import duration

EVERY_S = 10.0
DONE = 1 - 1e-9
SHOWN: Mapping[Work, str] = {"cell": "cells", "decoding": "real decodings"}

Kind = tuple[Work, str | None]  # of a device; None: of the host


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The names of a run's parts, as `Finished` has them: those of each device, and those of the host."""

    cells: Mapping[str, frozenset[str]]
    decodings: Mapping[str, frozenset[str]]
    texts: frozenset[str] = frozenset()
    drafts: frozenset[str] = frozenset()

    def kinds(self) -> Iterator[tuple[Kind, frozenset[str]]]:
        """Each kind of work with its parts."""
        yield from ((("cell", device), names) for device, names in self.cells.items())
        yield from ((("decoding", device), names) for device, names in self.decodings.items())
        yield ("text", None), self.texts
        yield ("draft", None), self.drafts


@dataclass(slots=True)
class _Kind:
    """What is known of one kind of work."""

    left: dict[str, float]  # shares
    seconds: float = 0.0
    shares: float = 0.0  # that took them
    parts: int = field(init=False)

    def __post_init__(self) -> None:
        self.parts = len(self.left)

    @property
    def mean_s(self) -> float | None:
        return self.seconds / self.shares if self.shares else None

    @property
    def done(self) -> int:
        return sum(share <= 1 - DONE for share in self.left.values())

    @property
    def units_left(self) -> float:
        return sum(self.left.values())


class TimeLeft:
    """Told of what is finished, it says now and then what is left."""

    def __init__(self, planned: Planned, clock_s: Callable[[], float], *, workers: int = 1) -> None:
        self._kinds = {kind: _Kind(dict.fromkeys(names, 1.0)) for kind, names in planned.kinds()}
        self._clock_s = clock_s
        self._workers = workers
        self.said_s = clock_s()  # a run of a few seconds says nothing

    def finish(self, part: Finished) -> None:
        """Take note of it; what is over already, or was never planned, changes nothing that is left."""
        kind = self._kinds.get((part.work, part.device))
        left = None if kind is None else kind.left.get(part.name)
        if kind is None or left is None or left <= 1 - DONE:
            return
        kind.left[part.name] = 0.0 if part.seconds is None else left - min(left, part.share)
        if part.seconds is not None:
            kind.seconds += part.seconds
            kind.shares += part.share

    def is_over(self, part: Finished) -> bool:
        """Whether nothing of it is left; so it is of what was never planned."""
        kind = self._kinds.get((part.work, part.device))
        return kind is None or kind.left.get(part.name, 0.0) <= 1 - DONE

    def line(self) -> str | None:
        """What to say now; None where it is too soon, nothing is left, or nothing can be said yet."""
        left = self.seconds()
        if left is None or self._clock_s() - self.said_s < EVERY_S:
            return None
        self.said_s = self._clock_s()
        counts = [self._count(work, words) for work, words in SHOWN.items()]
        without = [words for work, words in SHOWN.items() if self._units(work) and self._mean_s(work) is None]
        but = f", without the {' and '.join(without)}" if without else ""
        about = "" if left < 10 else "about "  # else `duration` says "under" itself
        return f"{', '.join(filter(None, counts))}; {about}{duration(left)} left{but}"

    def seconds(self) -> float | None:
        """The time that is left, without work of a kind that has not been done yet; None where that is all, or none."""
        busy = [self._of_device(device) for device in dict.fromkeys(device for _, device in self._kinds)]
        known = [one for one in busy if one is not None]
        if not known:
            return None
        return max(*known, sum(known) / self._workers) if len(known) > 1 else known[0]

    def _of_device(self, device: str | None) -> float | None:
        times = [
            kind.units_left * mean_s
            for (work, of), kind in self._kinds.items()
            if of == device and kind.units_left
            for mean_s in (kind.mean_s if kind.mean_s is not None else self._mean_s(work),)
            if mean_s is not None
        ]
        return sum(times) if times else None

    def _mean_s(self, work: Work) -> float | None:
        of_all = [kind for (one, _), kind in self._kinds.items() if one == work]
        shares = sum(kind.shares for kind in of_all)
        return sum(kind.seconds for kind in of_all) / shares if shares else None

    def _units(self, work: Work) -> float:
        return sum(kind.units_left for (one, _), kind in self._kinds.items() if one == work)

    def _count(self, work: Work, words: str) -> str | None:
        of_work = [kind for (one, _), kind in self._kinds.items() if one == work]
        parts = sum(kind.parts for kind in of_work)
        return f"{sum(kind.done for kind in of_work)} of {parts} {words}" if parts else None
