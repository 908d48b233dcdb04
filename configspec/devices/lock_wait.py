"""How long a run waits for a board: for another run that holds it, and for it to cool."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from configspec.devices.faults import DeviceBusy
from configspec.progress import Progress, silent

POLL_S = 2.0
PROGRESS_EVERY_S = 30.0
COOL_DOWN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a board, in words, and the lock that says so."""

    who: str
    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, and waiting for it; a test passes one of its own."""

    now_s: Callable[[], float] = time.monotonic
    sleep_s: Callable[[float], None] = time.sleep


CLOCK = Clock()


class LockWait:
    """Waits up to `wait_s` for a board that is busy, and up to `cool_down_s` for one that is hot.

    `progress` is called with what is waited for. A board that was waited for in vain is not waited for again.
    """

    def __init__(
        self,
        *,
        wait_s: float = 0.0,
        cool_down_s: float = COOL_DOWN_S,
        poll_s: float = POLL_S,
        progress: Progress = silent,
        clock: Clock = CLOCK,
    ) -> None:
        self.clock = clock
        self._wait_s = wait_s
        self._cool_down_s = cool_down_s
        self._poll_s = poll_s
        self._progress = progress
        self._ends_s: dict[str, float] = {}  # by device: when its wait is over, for all of its locks together

    def until_taken(self, device: str, take: Callable[[], Holder | None]) -> None:
        """Call `take` until it no longer names a holder.

        Raises:
            DeviceBusy: Another run holds it, and the wait is over.
        """
        next_s = self.clock.now_s()
        while (holder := take()) is not None:
            now_s = self.clock.now_s()
            left_s = self._ends_s.setdefault(device, now_s + self._wait_s) - now_s
            if left_s <= 0:
                tried = f"Waited {self._wait_s:g} s for it" if self._wait_s else "pytest --device-wait waits for it"
                raise DeviceBusy(f"{device}: busy: {holder.who} holds it ({holder.lock}). {tried}.")
            if now_s >= next_s:
                self._progress(f"{device}: busy: {holder.who} holds it. Waiting for it, at most {left_s:.0f} s more")
                next_s = now_s + PROGRESS_EVERY_S
            self.clock.sleep_s(min(self._poll_s, left_s))

    def taken(self, device: str) -> None:
        """The board was taken: if it is busy again later, its wait starts over."""
        self._ends_s.pop(device, None)

    def until_cool(self, device: str, is_cool: Callable[[], bool], why: str) -> None:
        """Wait until `is_cool`, or the time for cooling down is over."""
        if self._cool_down_s <= 0:
            return
        self._progress(f"{device}: {why}. Waiting for it to cool, at most {self._cool_down_s:g} s")
        end_s = self.clock.now_s() + self._cool_down_s
        while (left_s := end_s - self.clock.now_s()) > 0:
            self.clock.sleep_s(min(self._poll_s, left_s))
            if is_cool():
                return
