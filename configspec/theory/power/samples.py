"""The samples of a meter, what is known of the meter, and the window that is asked about.

t_s      on one monotonic clock, that of whoever read the meter; windows are on the same one
watts    what a meter of power shows
joules   what a counter shows, since a moment that nobody knows
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Shows = Literal["watts", "joules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when to when; ValueError where that is no time at all."""

    begin_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.begin_s) and math.isfinite(self.end_s) and self.begin_s < self.end_s):
            raise ValueError(f"a window begins before it ends, not {self.begin_s} to {self.end_s} s")

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end_s - self.begin_s

    def parts(self, count: int) -> tuple[Window, ...]:
        """As many windows of one length, that follow one another."""
        edges = np.linspace(self.begin_s, self.end_s, count + 1).tolist()
        return tuple(Window(begin_s=a, end_s=b) for a, b in itertools.pairwise(edges))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTraits:
    """What a meter says of itself, as far as the arithmetic asks.

    Attributes:
        period_s: How often a new value appears; 0 where nobody says.
        lag_s: The mean delay of its averaging, which is the time constant of a low-pass; 0 where it has none.
        step: The smallest difference that the sum can show, in W or J; 0 where nobody says.
        supply_w: What the supply gives at most; None where nobody says.

    """

    period_s: float = 0.0
    lag_s: float = 0.0
    step: float = 0.0
    supply_w: float | None = None

    def __post_init__(self) -> None:
        named = {"period_s": self.period_s, "lag_s": self.lag_s, "step": self.step, "supply_w": self.supply_w or 0.0}
        for name, number in named.items():
            if not (math.isfinite(number) and number >= 0):
                raise ValueError(f"{name} of a meter is 0 or more, not {number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a meter showed, reading by reading. ValueError where the parts do not fit together.

    Attributes:
        t_s: When each reading was made, (n,).
        values: By channel, and in it by reading: (channels, n). NaN where that channel failed.
        shows: Watts, or joules of a counter.
        adds: Which channels make up the sum; all of them where it is empty.
        range_j: A counter begins again at 0 there; None where it does not, or nobody says.
        stamps: The service's own time of each value, where it tells one: (n,), or empty.
        failures: When a reading failed, and why.

    """

    t_s: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    shows: Shows = "watts"
    adds: tuple[bool, ...] = ()
    range_j: float | None = None
    stamps: tuple[str | None, ...] = ()
    failures: tuple[tuple[float, str], ...] = ()

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.t_s)):
            raise ValueError("the time of a sample is a finite number")
        if any(len(channel) != len(self.t_s) for channel in self.values):
            raise ValueError("each channel has a value for each time")
        if self.stamps and len(self.stamps) != len(self.t_s):
            raise ValueError("there is a stamp for each time, or none at all")
        if self.adds and len(self.adds) != len(self.values):
            raise ValueError("adds says of each channel whether it adds up")
        if not self.values or (self.adds and not any(self.adds)):
            raise ValueError("one channel at least adds up")
        if self.range_j is not None and not (math.isfinite(self.range_j) and self.range_j > 0):
            raise ValueError(f"the range of a counter is above 0, not {self.range_j}")

    @property
    def added(self) -> NDArray[np.float64]:
        """The channels that add up, shape (channels, n)."""
        adds = self.adds or (True,) * len(self.values)
        chosen = [channel for channel, counts in zip(self.values, adds, strict=True) if counts]
        return np.array(chosen, dtype=np.float64).reshape(len(chosen), len(self.t_s))

    def inside(self, window: Window) -> NDArray[np.bool_]:
        """Which readings were made in the window, shape (n,)."""
        t_s = np.array(self.t_s, dtype=np.float64)
        return (t_s >= window.begin_s) & (t_s <= window.end_s)
