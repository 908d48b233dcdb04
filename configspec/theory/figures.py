"""A figure never travels alone: its interval, where it came from, and what to know before using it go with it.

measured    timed or counted here
derived     computed from somebody's printed figures, with the arithmetic shown
declared    stated by the user, in `devices.yaml` or on the command line
modelled    predicted by a model fitted to other cells
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:  # the formulas take arrays, and need nothing of numpy for it
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number", float, "NDArray[np.float64]")
Provenance = Literal["measured", "derived", "declared", "modelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure and how sure we are of it; `low` and `high` bound it at `confidence`.

    `n` counts the samples behind it; 0 where nothing was sampled here (a derived or declared figure).
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int

    @property
    def holds(self) -> bool:
        """Whether it can be: finite, low <= value <= high, a confidence of 0 to 1, no negative count."""
        finite = all(map(math.isfinite, (self.value, self.low, self.high)))
        return finite and self.low <= self.value <= self.high and 0 <= self.confidence <= 1 and self.n >= 0
