"""Medians with an interval that assumes no distribution, and whether a machine was disturbed.

    n       samples
    X(i)    the i-th smallest of them

The interval is [X(r), X(n+1-r)]: it holds the true median with probability 1 - 2 * P(Bin(n, 1/2) < r), whatever
the distribution (David and Nagaraja, Order Statistics, 3rd ed., section 7.1). Times on a machine that others
use are skewed, a run may be ten times slow, and nothing here is moved far by it.
"""

from __future__ import annotations

import itertools
import math
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
    r = max(sum(coverage >= confidence for coverage in coverages), 1)
    return Estimate(
        value=float(np.median(ordered)),
        low=float(ordered[r - 1]),
        high=float(ordered[n - r]),
        confidence=coverages[r - 1],
        n=n,
    )


def samples_needed(confidence: float = 0.95) -> int:
    """The fewest samples whose min..max holds the true median with `confidence`: six for 95 %."""
    if not 0 <= confidence < 1:
        raise ValueError(f"a confidence is at least 0 and below 1, not {confidence}")
    return next(n for n in itertools.count(1) if _coverages(n)[0] >= confidence)


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
    """How often each of `n` replicates is drawn in each bootstrap resample, shape (resamples, n); rows sum to n."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=resamples).astype(np.float64)


def _coverages(n: int) -> tuple[float, ...]:
    """The probability that X(r)..X(n+1-r) holds the true median, for r = 1, 2, ... up to the middle."""
    below = itertools.accumulate(math.comb(n, i) for i in range((n + 1) // 2))
    return tuple(1.0 - 2 * ways / 2**n for ways in below)


def _checked(samples: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(samples, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"samples are one or more finite numbers, not {samples!r:.80}")
    return values
