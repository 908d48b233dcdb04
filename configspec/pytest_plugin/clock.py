"""pytest-benchmark's timer for a test that a device times: the seconds that the device has reported so far."""

from __future__ import annotations

import math

from configspec.errors import TestbedError


class DeviceClock:
    """Stands still until told otherwise, so the host, the link and the protocol add nothing to a time."""

    __name__ = "device_clock"  # pytest-benchmark writes options.timer by this name

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        """Seconds reported so far."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Add what the device timed.

        Raises:
            TestbedError: Not a time that can have passed: zero, negative or not finite.
        """
        if not math.isfinite(seconds) or seconds <= 0:
            raise TestbedError(
                f"The device reported {seconds!r} s for a round; a clock that does not move times nothing."
            )
        self._seconds += seconds
