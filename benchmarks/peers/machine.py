"""The machine that all of this runs on: its processors, and whether they had anything else to do.

/proc/pressure/cpu, "some", `total`: microseconds, since boot, in which at least one task wanted a processor and had
none (https://docs.kernel.org/accounting/psi.html). A benchmark that uses no more threads than there are processors
makes next to none of it by itself, so what there is of it is somebody else's. Linux only; elsewhere it cannot be told.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")


def waited_us(text: str) -> int:
    """The `total` of the "some" line.

    >>> waited_us("some avg10=0.00 avg60=0.12 avg300=0.00 total=1234")
    1234
    """
    found = re.search(r"^some .*\btotal=(\d+)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{PRESSURE} has no 'some' line with a total: {text!r}")
    return int(found[1])


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Watch:
    """Time since it was made, and the share of it in which something waited for a processor."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._began_us = _read_us()

    def elapsed_s(self) -> float:
        """Seconds since the watch was made."""
        return time.monotonic() - self._began_s

    def waited(self) -> float | None:
        """The share, from 0 to 1, or None where this kernel does not say."""
        now_us = _read_us()
        if now_us is None or self._began_us is None:
            return None
        return min(1.0, (now_us - self._began_us) * 1e-6 / max(self.elapsed_s(), 1e-9))


def _read_us() -> int | None:
    try:
        return waited_us(PRESSURE.read_text(encoding="ascii"))
    except OSError:  # another system, or a kernel built or started without it
        return None
