"""The smallest loss that the rules see in 80 % of cases, by drawing nights and releases from a Gaussian spread.

Each drawn case has a loss from which on it is found: every rule asks for the measured loss to be beyond some bound, and
the measured loss grows with the true one. The quantile of these over many cases is the answer; nothing is searched.
A history drawn here has one run a night, and the last nights are not compared together: what is shown is for the first
night of a loss. Without a floor of the rules' own it is that of most metrics.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from configspec.regression.metrics import GOODPUT
from configspec.regression.nightly import NightlyRules
from configspec.regression.ranks import critical_pairs
from configspec.regression.release import ReleaseRules
from configspec.regression.spread import Spread
from configspec.theory.student import t_quantile

POWER = 0.8
CASES = 4000


def visible_nightly(
    spread: Spread, history: int, rules: NightlyRules, rng: np.random.Generator, *, series: int = 1, known: bool = False
) -> float:
    """The loss, as a share, that is REGRESSED on its first night in 80 % of cases, with `history` earlier nights.

    `known`: the rules are given this spread beforehand; else they have the history's own.
    """
    floor_log = -math.log1p(-_floor(rules.floor))
    night, runs = rng.standard_normal(CASES), rng.standard_normal((CASES, 1 + rules.again))
    share, k = rules.night_share, 1 + rules.again
    new = spread.log_sd * (math.sqrt(share) * night[:, None] + math.sqrt(1 - share) * runs)
    base = spread.log_sd * rng.standard_normal((CASES, history))
    own, degrees = base.std(axis=1, ddof=1), history - 1.0
    if known:
        own, degrees = _joined(own, degrees, spread)
    needed = [
        _needed(new[:, 0], base, own * t_quantile(rules.suspect, degrees) * math.sqrt(1 + 1 / history), floor_log),
        _needed(
            new.mean(axis=1),
            base,
            own * t_quantile(rules.confirmed_at(series), degrees) * math.sqrt(share + (1 - share) / k + 1 / history),
            floor_log,
        ),
    ]
    return _seen(np.maximum(*needed))


def visible_release(
    spread: Spread, runs_a_side: int, rules: ReleaseRules, rng: np.random.Generator, *, series: int = 1
) -> float:
    """The loss, as a share, that is REGRESSED in 80 % of cases, when one of `series` declared ones has it.

    1 where so few runs show nothing among so many.
    """
    pairs = critical_pairs(runs_a_side, runs_a_side, rules.level / series)
    if pairs is None:
        return 1.0
    drawn = spread.log_sd * rng.standard_normal((2, CASES, runs_a_side))
    differences = np.sort((drawn[1][:, :, None] - drawn[0][:, None, :]).reshape(CASES, -1), axis=1)
    # At most `pairs` of the differences may stay above the base: the next smaller one has to be brought down to it.
    significant = differences[:, -1 - pairs]
    beyond_floor = np.median(differences, axis=1) - math.log1p(-_floor(rules.floor))
    return _seen(np.maximum(significant, beyond_floor))


def _needed(
    new: NDArray[np.float64], base: NDArray[np.float64], chance_log: NDArray[np.float64], floor_log: float
) -> NDArray[np.float64]:
    """The true loss of each case, in log values, from which on the measured one is beyond chance and floor."""
    needed: NDArray[np.float64] = new - base.mean(axis=1) + np.maximum(chance_log, floor_log)
    return needed


def _joined(own: NDArray[np.float64], degrees: float, spread: Spread) -> tuple[NDArray[np.float64], float]:
    if math.isinf(spread.degrees):
        return np.full_like(own, spread.log_sd), math.inf
    both = degrees + spread.degrees
    return np.sqrt((degrees * own**2 + spread.degrees * spread.log_sd**2) / both), both


def _seen(needed_log: NDArray[np.float64]) -> float:
    return max(0.0, -math.expm1(-float(np.quantile(needed_log, POWER))))


def _floor(floor: float | None) -> float:
    return GOODPUT.floor if floor is None else floor
