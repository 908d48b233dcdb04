"""Ratios as people say them."""

from __future__ import annotations


def change_words(ratio: float | None) -> str:
    """A ratio as people say it: `-5.2%`."""
    return "" if ratio is None else f"{ratio - 1:+.1%}"


def interval_words(low: float | None, high: float | None) -> str:
    """Both ends of a ratio: `-8.1% to -2.2%`."""
    return "" if low is None or high is None else f"{change_words(low)} to {change_words(high)}"
