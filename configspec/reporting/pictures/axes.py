"""Axes: from values to pixels, with ticks at round numbers.

Ticks stand at 1, 2 or 5 times a power of ten, as Heckbert's "nice numbers" do (Graphics Gems, 1990, p. 61). An axis
by ratio has its ticks there too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

MOST_TICKS = 7
FROM_ZERO = 0.5  # an axis whose least value is below this share of its largest begins at 0
DECADE = 10.0
LEAST_SPAN = 1e-9  # of the largest value: what differs by less is drawn as one value
SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from `low` to `high`, low < high, drawn from pixel `begin` to pixel `end`."""

    low: float
    high: float
    begin: float
    end: float
    by_ratio: bool = False

    def at(self, value: float) -> float:
        """Where a value is; what lies beyond an end is drawn at it."""
        low, high, one = self.low, self.high, min(max(value, self.low), self.high)
        if self.by_ratio:
            low, high, one = math.log(low), math.log(high), math.log(one)
        return self.begin + (self.end - self.begin) * (one - low) / (high - low)

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round values within it, ascending."""
        return _ratio_ticks(self.low, self.high) if self.by_ratio else _even_ticks(self.low, self.high)


def scale_for(values: Iterable[float], begin: float, end: float, *, by_ratio: bool = False) -> Scale:
    """A scale on which all of the values are, at least one; by ratio only where all are above 0.

    Its ends are round, so that a tick stands at each, or nearly. What is not far from 0 begins there.
    """
    known = list(values)
    low, high = min(known), max(known)
    if by_ratio and low > 0:
        wide = high / low >= 2
        return Scale(low=low / (1 if wide else 2), high=high * (1 if wide else 2), begin=begin, end=end, by_ratio=True)
    if 0 <= low < FROM_ZERO * high:
        low = 0.0
    if high - low <= LEAST_SPAN * max(abs(low), abs(high)):
        size = max(abs(low), abs(high)) or 1.0
        low, high = low - size / 2, high + size / 2
    step = _step(high - low)
    return Scale(
        low=math.floor(low / step + 1e-9) * step, high=math.ceil(high / step - 1e-9) * step, begin=begin, end=end
    )


def tick_words(value: float) -> str:
    """A tick's value, short.

    >>> tick_words(0.30000000000000004), tick_words(250), tick_words(1200000), tick_words(1e-05)
    ('0.3', '250', '1.2M', '1e-05')
    """
    for size, suffix in SUFFIXES:
        if abs(value) >= size:
            divisor = 1000 if suffix == "k" else size
            return f"{value / divisor:.6g}{suffix}"
    return f"{value:.6g}"


def _step(span: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten of which a span takes no more than there are ticks."""
    rough = span / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))


def _even_ticks(low: float, high: float) -> tuple[float, ...]:
    step = _step(high - low)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(place * step for place in range(first, last + 1))


def _ratio_ticks(low: float, high: float) -> tuple[float, ...]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = range(first, last + 1)
    for parts in ((1, 2, 5), (1, 3), (1,)):
        found = [part * 10.0**power for power in decades for part in parts]
        inside = [one for one in found if low * (1 - 1e-9) <= one <= high * (1 + 1e-9)]
        if len(inside) <= MOST_TICKS:
            break
    every = math.ceil(len(inside) / MOST_TICKS)
    return tuple(inside[::every]) or (low, high)
