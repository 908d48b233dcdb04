"""How often each configuration is the best: its share of bootstrap draws, whose values come a block at a time.

Equal values share a draw: two settings of one draft cost the same, whatever was drawn. So the shares add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
class Contest:
    """Keeps the best value of each draw so far, and who has it."""

    def __init__(self, *, higher_is_better: bool) -> None:
        self._higher = higher_is_better
        self._best: NDArray[np.float64] = np.full(1, -np.inf if higher_is_better else np.inf)  # (1 or draws,)
        self._leads: dict[int, NDArray[np.bool_]] = {}  # by position: the draws in which nobody is better

    def enter(self, positions: Sequence[int], values: NDArray[np.float64]) -> None:
        """The values of the configurations at these positions in each draw, (N, draws); (N, 1): the same in all."""
        of_block = values.max(axis=0) if self._higher else values.min(axis=0)
        raised = of_block > self._best if self._higher else of_block < self._best
        if raised.any():
            self._best = np.where(raised, of_block, self._best)
            kept = ((position, leads & ~raised) for position, leads in self._leads.items())
            self._leads = {position: leads for position, leads in kept if leads.any()}
        elif not np.any(of_block == self._best):
            return
        leads = values == self._best
        for row in np.flatnonzero(leads.any(axis=1)).tolist():
            self._leads[positions[row]] = leads[row]

    def shares(self) -> dict[int, float] | None:
        """The share of draws of each that is ever the best, by position; None where nothing was drawn."""
        if self._best.size == 1:
            return None
        shape = self._best.shape
        leads = {position: np.broadcast_to(one, shape) for position, one in self._leads.items()}
        equals = np.sum(list(leads.values()), axis=0)
        return {position: float(np.mean(one / equals)) for position, one in leads.items()}
