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
        self._leaders: list[int] = []  # positions, each with the draws in which nobody is better
        self._leads: NDArray[np.bool_] = np.empty((0, 1), dtype=np.bool_)

    def enter(self, positions: Sequence[int], values: NDArray[np.float64]) -> None:
        """The values of the configurations at these positions in each draw, (N, draws); (N, 1): the same in all."""
        of_block = values.max(axis=0) if self._higher else values.min(axis=0)
        raised = of_block > self._best if self._higher else of_block < self._best
        if raised.any():
            self._best = np.where(raised, of_block, self._best)
            kept = self._leads & ~raised
            leading = np.flatnonzero(kept.any(axis=1))
            self._leaders, self._leads = [self._leaders[row] for row in leading.tolist()], kept[leading]
        elif not np.any(of_block == self._best):
            return
        leads = values == self._best
        rows = np.flatnonzero(leads.any(axis=1))
        draws = max(self._leads.shape[1], leads.shape[1])
        both = (self._leads, leads[rows])
        self._leads = np.concatenate([np.broadcast_to(some, (len(some), draws)) for some in both])
        self._leaders += [positions[row] for row in rows.tolist()]

    def shares(self) -> dict[int, float] | None:
        """The share of draws of each that is ever the best, by position; None where nothing was drawn."""
        if self._best.size == 1:
            return None
        leads = np.broadcast_to(self._leads, (len(self._leaders), self._best.size))
        shares: list[float] = (leads / leads.sum(axis=0)).mean(axis=1).tolist()
        return dict(zip(self._leaders, shares, strict=True))
