"""Looks at a board's heat about once a second while it is measured, from a thread of its own.

A look is a few small files: far less than a thousandth of one processor. What a program has to be asked for is asked
rarely.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, final

from ..protocol import JsonObject
from .description import read_text
from .thermal import PROCESSORS, Run, pi_bits, read_bits, read_celsius, thermal_zones, throttled_file

PI_NOW = 0xF  # bits that speak of this moment
ASK_EVERY = 5  # looks, where the firmware's state takes a program; its lasting bits tell what was between
PERIOD_S = 1.0
PATIENCE_S = 5.0  # with a sensor that does not answer


@dataclass(frozen=True)
class Glance:
    """One look: the hottest zone, and the bits of the firmware; None where there is none, or it was not asked."""

    temperature_c: Optional[float]
    pi_bits: Optional[int]


@final
class Thermometer:
    """Looks again and again at what was found once: the zones of processors, where there are any, as `heat.py` does."""

    def __init__(self, root: Path, run: Run) -> None:
        self._root = root
        self._run = run
        zones = thermal_zones(root)
        ours = [zone for zone, name in zones if PROCESSORS.search(name) and read_celsius(zone) is not None]
        self._zones = ours or [zone for zone, _ in zones]
        self._file = throttled_file(root)
        self._looks = 0
        self._answers = True

    def __call__(self) -> Glance:
        """How it is now."""
        found = [celsius for celsius in map(read_celsius, self._zones) if celsius is not None]
        return Glance(max(found, default=None), self._bits())

    def _bits(self) -> int | None:
        if self._file is not None:
            return read_bits(read_text(self._file))
        self._looks += 1
        if not self._answers or self._looks % ASK_EVERY != 1:
            return None
        bits = pi_bits(self._root, self._run)
        self._answers = bits is not None  # elsewhere than on a Raspberry Pi, nothing is started again
        return bits


@dataclass(frozen=True)
class Watched:
    """The highest of so many readings of the temperature, and the firmware's bits of now that were seen set."""

    max_c: Optional[float] = None
    max_readings: int = 0
    pi_bits_seen: Optional[int] = None

    def and_then(self, seen: Glance) -> Watched:
        """With one look more."""
        max_c, readings, bits = self.max_c, self.max_readings, self.pi_bits_seen
        if seen.temperature_c is not None:
            max_c = seen.temperature_c if max_c is None else max(max_c, seen.temperature_c)
            readings += 1
        if seen.pi_bits is not None:
            bits = (bits or 0) | (seen.pi_bits & PI_NOW)
        return Watched(max_c, readings, bits)

    def as_json(self) -> JsonObject:
        """As an answer has it."""
        return {"max_c": self.max_c, "max_readings": self.max_readings, "pi_bits_seen": self.pi_bits_seen}


@final
class HeatWatch:
    """Looks at once and then every second, from `start` to `stop`; each is called once.

    `look` is a `Thermometer`. `wait` waits for so many seconds and says whether to end; the usual one returns at once
    where `stop` was called.
    """

    def __init__(self, look: Callable[[], Glance], wait: Optional[Callable[[float], bool]] = None) -> None:
        self._look = look
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait
        self._watched = Watched()
        self._thread = threading.Thread(target=self._watch, name="heat", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> Watched:
        """End it, and tell what was seen."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        return self._watched

    def _watch(self) -> None:
        while True:
            self._watched = self._watched.and_then(self._look())
            if self._wait(PERIOD_S):
                return
