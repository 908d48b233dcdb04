"""Quantiles of Student's t distribution: how far the mean of few runs may lie by chance.

    degrees    degrees of freedom; infinite is the normal distribution
    tail       P(T > t)

P(T > t) = I(x; degrees/2, 1/2) / 2 with x = degrees / (degrees + t^2), for t >= 0: https://dlmf.nist.gov/8.17, whose
continued fraction is 8.17.22. The quantile is found by halving, since the tail falls in t.
"""

from __future__ import annotations

import math
from functools import lru_cache

NEARLY_NORMAL = 1e7  # degrees of freedom from which the t distribution is the normal one to seven digits
_TERMS = 10_000
_TINY = 1e-300


def t_tail(t: float, degrees: float) -> float:
    """P(T > t), for any t."""
    if not degrees > 0:
        raise ValueError(f"degrees of freedom are above 0, not {degrees}")
    if t < 0:
        return 1.0 - t_tail(-t, degrees)
    if degrees >= NEARLY_NORMAL:
        return 0.5 * math.erfc(t / math.sqrt(2))
    return 0.5 * _incomplete_beta(degrees / (degrees + t * t), t * t / (degrees + t * t), degrees / 2, 0.5)


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees: float) -> float:
    """The t that a T of these degrees of freedom stays below with `probability`, which lies between 0 and 1."""
    if not 0 < probability < 1:
        raise ValueError(f"a probability lies between 0 and 1, not at {probability}")
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    tail, low, high = 1 - probability, 0.0, 1.0
    while t_tail(high, degrees) > tail:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, degrees) > tail else (low, middle)
    return (low + high) / 2


def two_sided(confidence: float, degrees: float) -> float:
    """The t that |T| does not exceed with probability `confidence`."""
    return t_quantile((1 + confidence) / 2, degrees)


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """I(x; a, b), the regularised incomplete beta function; `rest` is 1 - x with all its digits, also for x near 1."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # beyond it the fraction converges slowly
        return 1.0 - _incomplete_beta(rest, x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    return math.exp(front) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, from the front (the modified method of Lentz)."""
    value, c, d = 1.0, 1.0, 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            part = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            part = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _away_from_zero(1.0 + part * d)
        c = _away_from_zero(1.0 + part / c)
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value


def _away_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
