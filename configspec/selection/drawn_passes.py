"""The figure of each bootstrap resample where a cell was timed in several passes: first passes are drawn, then rounds.

    P       passes
    m[p]    the median of a resample of the rounds of pass p

A resample draws P of the passes, with replacement. Its figure is the mean of those m that are within `APART` of the
smallest, as the cell's own figure is of the passes that agree with the fastest. So the draws spread by how much passes
differ, and not only by how much rounds do within one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_medians import drawn_medians
from configspec.theory.passes import APART


def drawn_over_passes(
    passes: Sequence[NDArray[np.float64]], *, resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The figure of each resample, (lists, resamples); of each pass the samples of every list, (lists, n of the pass).

    Every resample draws the same passes and places of every list.
    """
    medians = np.stack([drawn_medians(one, resamples=resamples, rng=rng) for one in passes])  # (P, lists, resamples)
    picks = rng.integers(len(passes), size=(len(passes), 1, resamples))
    drawn = np.take_along_axis(medians, np.broadcast_to(picks, (len(passes), *medians.shape[1:])), axis=0)
    near = drawn <= drawn.min(axis=0) * (1 + APART)
    figures: NDArray[np.float64] = np.where(near, drawn, 0.0).sum(axis=0) / near.sum(axis=0)
    return figures
