"""Reads a meter in a thread of its own, while the main thread drafts.

The moments of reading lie a little unevenly, by a fixed pattern: a load that repeats itself as often as the meter is
read would else be met at the same point each time, and a wrong mean would look sure.

llama.cpp computes without Python's lock, so the thread waits for the main one only between two tokens.

Whatever a meter does, an answer can be made of it: a value that no meter has is a failed reading, texts are cut, and
an error that nobody expected ends the reading with its name.
"""

from __future__ import annotations

import math
import threading
import time
from typing import List, Optional, Tuple

from ..protocol import JsonObject, shorten
from .meter import Meter, Reading, ReadingError

FASTEST_S = 0.05  # between two readings: 20 a second are plenty for every meter
GOLDEN = (math.sqrt(5) - 1) / 2
MOST_FAILURES = 20  # one after another; then the meter is given up: an old value would be invented energy
MOST_READINGS = 200_000  # that nobody has taken
TOLD_FAILURES = 20
REASON_LETTERS = 400
STAMP_LETTERS = 100
ABSURD = 1e18  # watts or joules: the answer holds no larger ones


class Sampler:
    """Readings of one meter from `start` to `stop`; `take` hands out what has come since the last time."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._readings: List[Reading] = []
        self._failures: List[Tuple[float, str]] = []
        self._failed = 0
        self._ended: Optional[str] = None
        self._cpu_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; the reading in hand is finished, but not waited for where it hangs."""
        self._ends.set()
        self._thread.join(2.0)

    def take(self) -> JsonObject:
        """What was read since the last time, as columns: `values` has one a channel, null where a channel failed."""
        with self._lock:
            readings, self._readings = self._readings, []
            failures, self._failures = self._failures, []
            failed, self._failed = self._failed, 0
        channels = range(len(self._meter.facts.channels))
        columns = [[reading.values[place] for reading in readings] for place in channels]
        stamps = [None if one.stamp is None else one.stamp[:STAMP_LETTERS] for one in readings]
        return {
            "t_s": [reading.t_s for reading in readings],
            "values": [[value if math.isfinite(value) else None for value in column] for column in columns],
            "stamps": None if all(stamp is None for stamp in stamps) else stamps,
            "failures": [[t_s, reason] for t_s, reason in failures],
            "failed": failed,
            "ended": self._ended,
            "cpu_s": self._cpu_s,
        }

    def _run(self) -> None:
        try:
            self._read_on()
        except Exception as problem:  # a bug in a meter: its values end here, and the reason is told
            self._ended = shorten(f"reading it failed with {type(problem).__name__}: {problem}", REASON_LETTERS)

    def _read_on(self) -> None:
        facts = self._meter.facts
        period_s = 0.0 if facts.waits else max(facts.period_s, FASTEST_S)
        begin_s = time.monotonic()
        due_s, in_a_row, number = begin_s, 0, 0
        while not self._ends.wait(max(0.0, due_s - time.monotonic())):
            in_a_row = 0 if self._read_once() else in_a_row + 1
            if self._ended is None and in_a_row >= MOST_FAILURES:
                self._ended = f"{in_a_row} readings failed one after another"
            if self._ended is not None:
                break
            number += 1
            now_s = time.monotonic()
            due_s = begin_s + moments(number, period_s)
            if due_s < now_s:  # a slow reading moves those behind it
                begin_s += now_s - due_s
                due_s = now_s
            if in_a_row and not period_s:  # a meter that waits for its next value fails at once where it is gone
                due_s = now_s + FASTEST_S
            self._cpu_s = time.thread_time()

    def _read_once(self) -> bool:
        """Whether it could be read."""
        try:
            reading = self._meter.read()
            _check(reading)
        except ReadingError as problem:
            with self._lock:
                self._failed += 1
                if len(self._failures) < TOLD_FAILURES:
                    self._failures.append((time.monotonic(), shorten(str(problem), REASON_LETTERS)))
            return False
        with self._lock:
            self._readings.append(reading)
            if len(self._readings) >= MOST_READINGS:
                self._ended = f"{MOST_READINGS} readings were not taken"
        return True


def _check(reading: Reading) -> None:
    """ReadingError where a value is no power and no energy; NaN is that of a channel which failed."""
    for value in reading.values:
        if abs(value) > ABSURD:
            raise ReadingError(f"it shows {value:.3g}, which no meter has")


def moments(number: int, period_s: float) -> float:
    """When reading `number` is due, seconds after reading 0: 0.62 or 1.62 periods after the one before.

    By the golden ratio, so that their places within a period cover it evenly, however many there are.
    """
    return period_s * (number + (number * GOLDEN) % 1.0)
