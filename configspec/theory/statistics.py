"""Medians with an interval that assumes no distribution, and whether a machine was disturbed.

    n       samples
    X(i)    the i-th smallest of them

The interval is [X(r), X(n+1-r)]: it holds the true median with probability 1 - 2 * P(Bin(n, 1/2) < r), whatever
the distribution (David and Nagaraja, Order Statistics, 3rd ed., section 7.1). Times on a machine that others
use are skewed, a run may be ten times slow, and nothing here is moved far by it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configspec.theory.figures import Estimate
from configspec.theory.flags import Flag, Part, flag

# Repetitions on a quiet board spread by 1-3 %; one that throttles, or is shared, by far more.
DISTURBED_SPREAD = 0.10
# A pause of the whole machine. A median shrugs off a rare one; more than one in ten begin to move its interval.
SLOW_TIMES = 2.0
SLOW_SHARE = 0.10

_MAD_TO_SIGMA = 1.4826  # of a normal distribution: 1 / quantile(3/4)
_EXACT = 1000  # samples up to which ways are counted in whole numbers, which grow by a bit a sample


def median_estimate(samples: Sequence[float], confidence: float = 0.95) -> Estimate:
    """The median of `samples` with the narrowest symmetric order-statistic interval that has `confidence`.

    The estimate's own `confidence` is what the interval attains, which moves in steps with n: 0.979 for ten samples.
    Where n is too small for what was asked, the interval is min..max, and the attained confidence says how little
    that is: 0.9375 for five samples, 0.5 for two, 0 for one.
    """
    ordered = np.sort(_checked(samples))
    n = len(ordered)
    coverages = _coverages(n)
    # They fall as the interval narrows; where even min..max is too little, min..max it is.
    r = max(int(np.count_nonzero(coverages >= confidence)), 1)
    return Estimate(
        value=float(np.median(ordered)),
        low=float(ordered[r - 1]),
        high=float(ordered[n - r]),
        confidence=float(coverages[r - 1]),
        n=n,
    )


def samples_needed(confidence: float = 0.95) -> int:
    """The fewest samples whose min..max holds the true median with `confidence`: six for 95 %."""
    if not 0 <= confidence < 1:
        raise ValueError(f"a confidence is at least 0 and below 1, not {confidence}")
    return next(n for n in itertools.count(1) if 1.0 - 2.0 ** (1 - n) >= confidence)


def relative_spread(samples: Sequence[float]) -> float:
    """A robust spread as a share of the median: 1.4826 * MAD / median, near the relative standard deviation."""
    values = _checked(samples)
    median = float(np.median(values))
    if median <= 0:
        raise ValueError(f"a spread relative to a median of {median} says nothing")
    return _MAD_TO_SIGMA * float(np.median(np.abs(values - median))) / median


def disturbed(samples: Sequence[float], part: Part = "profile") -> Flag | None:
    """Whether these durations look like those of a disturbed machine; `part` says what they time.

    Disturbed means: the robust spread is above 10 % of the median, or more than one in ten samples took over twice
    the median. With fewer than three samples nothing can be said.
    """
    values = _checked(samples)
    n = len(values)
    if n < 3:
        return None
    spread = relative_spread(samples)
    if spread > DISTURBED_SPREAD:
        return flag("spread", part, samples=n, spread=spread, limit=DISTURBED_SPREAD)
    slow = int(np.count_nonzero(values > SLOW_TIMES * np.median(values)))
    if slow > SLOW_SHARE * n:
        return flag("pauses", part, samples=n, slow=slow, times=SLOW_TIMES)
    return None


def too_few(samples: Sequence[float], part: Part = "profile", *, confidence: float = 0.95) -> Flag | None:
    """Whether a median of these samples has less than the confidence asked for; `part` says what they time."""
    n, needed = len(samples), samples_needed(confidence)
    return flag("few_samples", part, samples=n, needed=needed, confidence=confidence) if n < needed else None


def typical(samples: Sequence[float]) -> float:
    """The mean of the middle eight tenths: what the sum of many such times is made of, without rare pauses.

    A median of skewed times is below their mean, so a sum of medians is too small; a plain mean follows every pause.
    """
    ordered = np.sort(_checked(samples))
    cut = len(ordered) // 10
    return float(ordered[cut : len(ordered) - cut].mean())


def resample_weights(n: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each of `n` replicates is drawn in each bootstrap resample, shape (resamples, n); rows sum to n.

    Drawn one by one and counted: five times as fast as `Generator.multinomial`, which draws a binomial a replicate.
    """
    drawn = rng.integers(n, size=(resamples, n))
    drawn += np.arange(resamples)[:, None] * n  # a range of its own for each resample, so that one count does for all
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)


def row_quantiles(rows: NDArray[np.float64], *shares: float) -> list[NDArray[np.float64]]:
    """The quantiles of each row, (N, n) of finite numbers: an array (N,) for each share, from 0 to 1.

    Definition 7 of Hyndman and Fan (1996), to the last bit as `numpy.quantile`, in a third of its time where rows have
    hundreds of numbers.
    """
    ordered = np.sort(rows, axis=1)
    last = rows.shape[1] - 1
    found: list[NDArray[np.float64]] = []
    for share in shares:
        place = share * last
        below = min(int(place), last)
        part = place - below
        low, high = ordered[:, below], ordered[:, min(below + 1, last)]
        apart = high - low
        found.append(low + apart * part if part < 0.5 else high - apart * (1.0 - part))
    return found


def _coverages(n: int) -> NDArray[np.float64]:
    """The probability that X(r)..X(n+1-r) holds the true median, for r = 1, 2, ... up to the middle."""
    return np.array(_exact_coverages(n)) if n <= _EXACT else _float_coverages(n)


def _exact_coverages(n: int) -> list[float]:
    """From C(n, i+1) = C(n, i) * (n-i) / (i+1), in whole numbers; rounded once, at the end."""
    found = []
    ways, below = 1, 0
    for i in range((n + 1) // 2):
        below += ways
        found.append(1.0 - 2 * below / 2**n)
        ways = ways * (n - i) // (i + 1)
    return found


def _float_coverages(n: int) -> NDArray[np.float64]:
    """The same recurrence downwards from the middle, in units of C(n, n//2): no number overflows.

    The unit is known since all ways together are 2**n, of which one half is below the middle and one above it.
    """
    i = np.arange(n // 2, 0, -1, dtype=np.float64)
    ways = np.cumprod(i / (n - i + 1))[::-1]  # C(n, 0) .. C(n, n//2 - 1); far from the middle they are 0 to a float
    if n % 2:
        below = np.cumsum(np.append(ways, 1.0))
        total = 2 * below[-1]
    else:
        below = np.cumsum(ways)
        total = 2 * below[-1] + 1.0
    coverages: NDArray[np.float64] = 1.0 - 2 * below / total
    return coverages


def _checked(samples: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(samples, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"samples are one or more finite numbers, not {samples!r:.80}")
    return values
