"""pytest-benchmark's timer for a test whose times are known already: the seconds that were reported so far."""

from __future__ import annotations

import math
from typing import Literal

from configspec.errors import TestbedError, UsageError

ClockName = Literal["device_clock", "recorded_figures", "host_clock"]


class ReportedClock:
    """Stands still until a time is reported, so the host, the link and the protocol add nothing to a time.

    `name` says whose seconds they are: the device's, of a profile file, or this host's around real decoding.
    """

    def __init__(self, name: ClockName) -> None:
        self.__name__ = name  # pytest-benchmark writes options.timer by this name
        self._seconds = 0.0
        self._reporting = False

    def __call__(self) -> float:
        """Seconds reported so far.

        Raises:
            UsageError: Nothing is reported now: the test times something of its own, which this clock cannot.
        """
        if not self._reporting:
            raise UsageError(
                "The times of this test are its device's, so its fixture `benchmark` can time nothing else: "
                "make two tests of it."
            )
        return self._seconds

    def begin(self) -> None:
        """Times are reported from now on."""
        self._reporting = True

    def advance(self, seconds: float) -> None:
        """Add one reported time.

        Raises:
            TestbedError: Not a time that can have passed: zero, negative or not finite.
        """
        if not math.isfinite(seconds) or seconds <= 0:
            raise TestbedError(
                f"The device reported {seconds!r} s for a round; a clock that does not move times nothing."
            )
        self._seconds += seconds
