"""Whether another serving scheme has another best: a ranking whose winner hangs on how one bills says so.

Each scheme of `theory/serving/schemes.py` that the assumptions have the figures of is tried on the point values of all
that is ranked. Its best is told where the ranking's best is worse by more than the indifference there. It is a matter
of assumptions and not of luck, so nothing is resampled; whether both are tied under the ranking's own is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from configspec.theory.objectives.objective import Figures, Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.serving.schemes import OtherScheme, other_schemes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBest:
    """The best under another scheme, with its value and how many times better than the ranking's best it is there.

    `tied_here`: the ranking's own assumptions do not show it to be worse.
    """

    scheme: OtherScheme
    configuration: Configuration
    value: float
    times_better: float
    tied_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What is ranked: figures (N, 1), the position of the best, and which are tied with it, (N,)."""

    configurations: Sequence[Configuration]
    figures: Figures[Floats]
    best: int
    tied: NDArray[np.bool_]


def other_bests(
    ranked: Ranked, objective: Objective, serving: Serving, *, indifference: float
) -> tuple[OtherBest, ...]:
    """Those of schemes under which the ranking's best is not the best, in the order of `ASPECTS`.

    Args:
        ranked: All that is ranked, at least one.
        objective: By what.
        serving: Under which assumptions.
        indifference: How much better is of interest, as a share.
    """
    found = (_under(ranked, objective, one) for one in _that_matter(ranked, objective, serving))
    return tuple(one for one in found if one is not None and one.times_better > 1 + indifference)


def _that_matter(ranked: Ranked, objective: Objective, serving: Serving) -> Iterator[OtherScheme]:
    """What changes no value of one configuration of each K changes none: an objective looks at no other assumption."""
    _, rows = np.unique(ranked.figures.k[:, 0], return_index=True)
    each_k = _only(ranked.figures, rows)
    now = objective.value(each_k, serving)
    for one in other_schemes(serving, int(ranked.figures.k[ranked.best, 0])):
        if objective.unavailable(one.serving) is None:
            then = _values(objective, each_k, one.serving)
            if not np.array_equal(now, then, equal_nan=True):
                yield one


def _under(ranked: Ranked, objective: Objective, scheme: OtherScheme) -> OtherBest | None:
    """The best under it; None where the ranking's best has no value under it."""
    if objective.lacks(ranked.configurations[ranked.best], scheme.serving) is not None:
        return None
    values = _values(objective, ranked.figures, scheme.serving)[:, 0]
    gain = values if objective.better == "higher" else -values
    for position in np.argsort(np.where(np.isnan(gain), np.inf, -gain), kind="stable").tolist():
        one = ranked.configurations[position]
        if position == ranked.best:
            return None
        if objective.lacks(one, scheme.serving) is None:
            break
    value, bests = float(values[position]), float(values[ranked.best])
    return OtherBest(
        scheme=scheme,
        configuration=one,
        value=value,
        times_better=value / bests if objective.better == "higher" else bests / value,
        tied_here=bool(ranked.tied[position]),
    )


def _values(objective: Objective, figures: Figures[Floats], serving: Serving) -> Floats:
    """Infinite or NaN where a figure is missing, or a round costs nothing: what lacks one is asked afterwards."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return objective.value(_timed(figures, serving), serving)


def _timed(figures: Figures[Floats], serving: Serving) -> Figures[Floats]:
    """With the seconds of verification under other assumptions."""
    ks, places = np.unique(figures.k, return_inverse=True)
    seconds = np.array([(serving.verify_s_at(int(k)), serving.server_s_at(int(k))) for k in ks])
    verify_s, server_s = seconds[places.reshape(figures.k.shape)].transpose(2, 0, 1)
    return replace(figures, verify_s=verify_s, server_s=server_s)


def _only(figures: Figures[Floats], rows: NDArray[np.intp]) -> Figures[Floats]:
    return Figures(**{one.name: getattr(figures, one.name)[rows] for one in fields(figures)})
