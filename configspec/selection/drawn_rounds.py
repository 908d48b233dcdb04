"""The time of a round in each bootstrap resample: over the rounds of a cell, or first over its passes, then rounds.

    P       passes
    m[p]    the median of a resample of the rounds of pass p

A resample draws P of the passes, with replacement. Its figure is the mean of those m that are within `APART` of the
smallest, as the cell's own figure is of the passes that agree with the fastest. So the draws spread by how much passes
differ, and not only by how much rounds do within one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from configspec.selection.drawn_medians import MedianDraws
from configspec.theory.passes import APART

Floats: TypeAlias = NDArray[np.float64]


def drawn_rounds(cells: Sequence[Sequence[Floats]], *, resamples: int, rng: np.random.Generator) -> Floats:
    """The figure of each resample, (lists of all cells, resamples).

    Of each cell its passes, or the one that has all its rounds; of each pass the samples of every list of the cell,
    (lists, n of the pass). Every resample draws the same passes and places of every list of a cell.
    """
    draws = MedianDraws(resamples)
    picks = []
    for passes in cells:
        for one in passes:
            draws.draw(one, rng)
        several = len(passes) > 1
        picks.append(rng.integers(len(passes), size=(len(passes), 1, resamples)) if several else None)
    medians = iter(draws.medians())
    found = [_figures([next(medians) for _ in passes], picked) for passes, picked in zip(cells, picks, strict=True)]
    return found[0] if len(found) == 1 else np.concatenate(found)


def _figures(of_passes: Sequence[Floats], picks: NDArray[np.int64] | None) -> Floats:
    """Of the medians of each pass, (lists, resamples), and of which passes each resample has drawn."""
    if picks is None:
        return of_passes[0]
    medians = np.stack(of_passes)  # (P, lists, resamples)
    drawn = np.take_along_axis(medians, np.broadcast_to(picks, medians.shape), axis=0)
    near = drawn <= drawn.min(axis=0) * (1 + APART)
    figures: Floats = np.where(near, drawn, 0.0).sum(axis=0) / near.sum(axis=0)
    return figures
