"""Passes over one cell: the same rounds, timed at moments far apart, and which of them count.

Within seconds a machine that others use is evenly slow, so rounds that were timed one after another agree, and are
wrong together. What disturbs a program that drafts only adds time. So where passes disagree beyond their noise, those
count that agree with the fastest; the others stay in the interval, and the figure is flagged.

    m[p]    the median of pass p, with its order-statistic interval
    APART   two passes disagree where their intervals have nothing in common, and the slower m is above the faster by
            more than this share: opening a model anew moves its speed by some per cent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from configspec.theory.figures import Estimate
from configspec.theory.statistics import median_estimate

APART = 0.05


def disagree(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two passes differ by more than their noise; each is its samples, in seconds."""
    fast, slow = sorted((median_estimate(one), median_estimate(other)), key=lambda found: found.value)
    return slow.low > fast.high and slow.value > fast.value * (1 + APART)


def any_disagree(passes: Sequence[Sequence[float]]) -> bool:
    """Whether any two of them do."""
    return not all(counting(passes))


def counting(passes: Sequence[Sequence[float]]) -> tuple[bool, ...]:
    """Which passes count: those that agree with the fastest. One at least."""
    fastest = min(passes, key=median, default=())
    return tuple(not disagree(one, fastest) for one in passes)


def over_passes(counted: Estimate, passes: Sequence[Sequence[float]]) -> Estimate:
    """The estimate, its interval widened to the median of every pass, those that do not count among them."""
    medians = [median(one) for one in passes]
    return replace(counted, low=min([counted.low, *medians]), high=max([counted.high, *medians]))
