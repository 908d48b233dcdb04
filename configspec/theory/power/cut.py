"""A window cut out of what a meter showed: all that its figures are made of, found once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configspec.theory.power.doubts import Doubt, doubt
from configspec.theory.power.integrate import Points, points_around, points_energy_j, points_within
from configspec.theory.power.samples import MeterTraits, Samples, Window

PARTS = 4  # more would be shorter, and a load with a memory makes short ones too alike
RENEWALS = 4  # of a counter: between fewer of them its power comes in bursts
LEAST_SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A window of samples.

    Attributes:
        samples: What the meter showed.
        window: What is asked about.
        inside: Which readings were made in it, (n,).
        around: The values of the rails in it, and one more on each side; of a counter from 0 on.
        within: The same, with the window's own edges.
        powers: The power of the rails; of a counter between its values.

    """

    samples: Samples
    window: Window
    inside: NDArray[np.bool_]
    around: Points
    within: Points
    powers: Points

    @property
    def counts(self) -> bool:
        """Whether the meter is a counter."""
        return self.samples.shows == "joules"

    @property
    def energy_j(self) -> float:
        """What the meter shows of the window's energy."""
        return points_energy_j(self.within, counts=self.counts)

    @property
    def longest_gap_s(self) -> float:
        """The longest time between two samples in and around the window."""
        return float(np.diff(self.around.t_s).max())


def cut(samples: Samples, window: Window, meter: MeterTraits) -> Cut | Doubt:
    """The window, or why the samples say nothing about it."""
    around = points_around(samples, window)
    if isinstance(around, Doubt):
        return around
    inside = samples.inside(window)
    if np.count_nonzero(inside) < LEAST_SAMPLES:
        return doubt("no_samples", samples=int(np.count_nonzero(inside)), needed=LEAST_SAMPLES)
    return Cut(
        samples=samples,
        window=window,
        inside=inside,
        around=around,
        within=points_within(around, window),
        powers=powers_of(samples, around, meter),
    )


def powers_of(samples: Samples, around: Points, meter: MeterTraits) -> Points:
    """The power at each time; of a counter between its values, some of its renewals apart."""
    if samples.shows == "watts":
        return around
    apart = _thinned(around, RENEWALS * meter.period_s)
    steps_s = np.diff(apart.t_s)
    real = steps_s > 0
    watts = np.diff(apart.values, axis=1)[:, real] / steps_s[real]
    return Points((apart.t_s[1:] + apart.t_s[:-1])[real] / 2, watts)


def renewed(points: Points, period_s: float) -> Points:
    """About one point for each new value of the meter: one that is read again tells nothing new."""
    return _thinned(points, period_s)


def parts_w(found: Cut) -> tuple[float, ...]:
    """The mean power of each of the window's equal parts."""
    pieces = found.window.parts(PARTS)
    return tuple(
        points_energy_j(points_within(found.around, one), counts=found.counts) / one.length_s for one in pieces
    )


def _thinned(points: Points, apart_s: float) -> Points:
    """Every so many points that those left are about `apart_s` apart; the first and the last one, and one between."""
    count = len(points.t_s)
    pace_s = float(points.t_s[-1] - points.t_s[0]) / (count - 1)
    every = min(max(round(apart_s / pace_s), 1), max((count - 1) // 2, 1))
    if every == 1:
        return points
    places = np.unique(np.append(np.arange(0, count, every), count - 1))
    return Points(points.t_s[places], points.values[:, places])
