"""Where a value that only rises or only falls with a factor reaches another one."""

from __future__ import annotations

from collections.abc import Callable

FARTHEST = 1e6  # so many times longer or shorter is looked at


def crossing(value_at: Callable[[float], float], wanted: float, low: float, high: float) -> float | None:
    """The factor between two at which a monotone function has a value, to the last digit; None where it has not.

    Args:
        value_at: Only rises, or only falls, from `low` to `high`.
        wanted: The value.
        low: The least factor, 0 or more.
        high: The largest one, above `low`.
    """
    rises = value_at(high) > value_at(low)
    least, most = (low, high) if rises else (high, low)
    if not value_at(least) <= wanted <= value_at(most) or value_at(least) == value_at(most):
        return None
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if (value_at(middle) < wanted) == rises:
            low = middle
        else:
            high = middle
    return high
