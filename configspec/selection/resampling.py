"""What each configuration's figures might have been: bootstrap draws, in common where luck is in common.

Two kinds of doubt are kept apart:

    sampled    counts by prompt, or timed rounds, are there: they are resampled
    bounded    only an interval is known (a derived or declared figure, or a single sample): it stays at an end

Prompts are drawn in common for all configurations that share a prompt set, and rounds in common for all K of one cell,
whose rounds are beginnings of the same rounds. A difference of two configurations is then free of what they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import FigureName, Figures
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import resample_weights

End = Literal["point", "low", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One figure of N configurations: its points (N,), and its draws (resamples, N) with bounded figures at either end.

    Where a figure is sampled, `low` and `high` are the same draws.
    """

    point: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def at(self, end: End) -> NDArray[np.float64]:
        """Its points, or its draws with bounded figures at one end."""
        return {"point": self.point, "low": self.low, "high": self.high}[end]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigures:
    """All that objectives are computed from, of N configurations, with the draws of what is in doubt."""

    k: NDArray[np.float64]  # (N,)
    verify_s: NDArray[np.float64]  # (N,)
    alpha: Draws
    round_s: Draws
    power_w: Draws

    def at(self, ends: Mapping[FigureName, End]) -> Figures[NDArray[np.float64]]:
        """The figures, each at the end that is named for it; at its point where none is."""
        return Figures(
            k=self.k,
            verify_s=self.verify_s,
            alpha=self.alpha.at(ends.get("alpha", "point")),
            round_s=self.round_s.at(ends.get("round_s", "point")),
            power_w=self.power_w.at(ends.get("power_w", "point")),
        )


def resampled_figures(
    configurations: Sequence[Configuration], serving: Serving, *, resamples: int, rng: np.random.Generator
) -> DrawnFigures:
    """Draw the figures of all configurations together, so that what they share is drawn once."""
    return DrawnFigures(
        k=np.array([c.k for c in configurations], dtype=np.float64),
        verify_s=np.array([serving.verify_s_at(c.k) for c in configurations], dtype=np.float64),
        alpha=_acceptance(configurations, resamples, rng),
        round_s=_rounds(configurations, resamples, rng),
        power_w=_power(configurations),
    )


def _acceptance(configurations: Sequence[Configuration], resamples: int, rng: np.random.Generator) -> Draws:
    """Draws of the acceptance rate; the replicate is the prompt."""
    draws = _bounded([c.acceptance.rate for c in configurations], resamples)
    for columns in _groups(_prompt_set(i, c) for i, c in enumerate(configurations)):
        # (prompts, columns, 2): rounds and accepted
        counts = np.array([configurations[i].acceptance.by_prompt for i in columns], dtype=np.float64).swapaxes(0, 1)
        drawn = np.tensordot(resample_weights(len(counts), resamples, rng), counts, axes=1)
        k = np.array([configurations[i].k for i in columns], dtype=np.float64)
        # At least one round: a record may hold prompts that the target answered with nothing.
        rates = drawn[..., 1] / (k * np.maximum(drawn[..., 0], 1.0))
        draws.low[:, columns] = draws.high[:, columns] = rates
    return draws


def _rounds(configurations: Sequence[Configuration], resamples: int, rng: np.random.Generator) -> Draws:
    """Draws of the median time of a round, seconds."""
    draws = _bounded([c.round_s for c in configurations], resamples)
    for columns in _groups(_rounds_of_cell(c) for c in configurations):
        samples = np.array([configurations[i].round_samples_s for i in columns], dtype=np.float64)  # (columns, rounds)
        rounds = samples.shape[1]
        drawn = rng.integers(rounds, size=(resamples, rounds))
        for i, of_configuration in zip(columns, samples, strict=True):
            draws.low[:, i] = draws.high[:, i] = np.median(of_configuration[drawn], axis=1)
    return draws


def _power(configurations: Sequence[Configuration]) -> Draws:
    """The power, bounded: no samples of it are kept. NaN where it was not measured."""
    unknown = Estimate(value=np.nan, low=np.nan, high=np.nan, confidence=0.0, n=0)
    return _bounded([c.power_w or unknown for c in configurations], 1)


def _bounded(estimates: Sequence[Estimate], resamples: int) -> Draws:
    return Draws(
        point=np.array([e.value for e in estimates], dtype=np.float64),
        low=np.tile(np.array([e.low for e in estimates], dtype=np.float64), (resamples, 1)),
        high=np.tile(np.array([e.high for e in estimates], dtype=np.float64), (resamples, 1)),
    )


def _prompt_set(index: int, configuration: Configuration) -> Hashable:
    """What is drawn in common: the prompt set. One that carries no hash is its own; one prompt cannot be resampled."""
    acceptance = configuration.acceptance
    if len(acceptance.by_prompt) < 2:
        return None
    return acceptance.prompts_sha256 or index, len(acceptance.by_prompt)


def _rounds_of_cell(configuration: Configuration) -> Hashable:
    rounds = len(configuration.round_samples_s)
    return (configuration.cell, rounds) if rounds > 1 else None


def _groups(keys: Iterable[Hashable]) -> list[list[int]]:
    """The positions of each key, in the order of first appearance; None belongs to no group."""
    positions: dict[Hashable, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        if key is not None:
            positions[key].append(position)
    return list(positions.values())
