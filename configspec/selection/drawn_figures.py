"""The figures of some configurations with their bootstrap draws, as arrays: a row a configuration, a column a draw."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from configspec.theory.figures import Estimate
from configspec.theory.objectives.objective import FigureName, Figures

End = Literal["point", "low", "high"]
Rows: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One figure of N configurations: its points (N, 1), and its draws with bounded figures at either end.

    Draws are (N, resamples); (N, 1) where all are bounded. Where all are sampled, `low` and `high` are the same array.
    """

    point: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def sampled(self) -> bool:
        """Whether all of them are."""
        return self.high is self.low

    def at(self, end: End) -> NDArray[np.float64]:
        """Its points, or its draws with bounded figures at one end."""
        return {"point": self.point, "low": self.low, "high": self.high}[end]

    def only(self, rows: Rows) -> Draws:
        """Those of some of the configurations."""
        point = self.point[rows]
        low = point if self.low is self.point else self.low[rows]
        return Draws(point=point, low=low, high=low if self.sampled else self.high[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigures:
    """All that objectives are computed from, of N configurations, with the draws of what is in doubt."""

    k: NDArray[np.float64]  # (N, 1)
    verify_s: NDArray[np.float64]  # (N, 1)
    server_s: NDArray[np.float64]  # (N, 1)
    alpha: Draws
    round_s: Draws
    power_w: Draws
    idle_w: Draws
    prompt_tokens_per_s: Draws

    def at(self, ends: Mapping[FigureName, End]) -> Figures[NDArray[np.float64]]:
        """The figures, each at the end that is named for it; at its point where none is."""
        return Figures(
            k=self.k,
            verify_s=self.verify_s,
            server_s=self.server_s,
            alpha=self.alpha.at(ends.get("alpha", "point")),
            round_s=self.round_s.at(ends.get("round_s", "point")),
            power_w=self.power_w.at(ends.get("power_w", "point")),
            idle_w=self.idle_w.at(ends.get("idle_w", "point")),
            prompt_tokens_per_s=self.prompt_tokens_per_s.at(ends.get("prompt_tokens_per_s", "point")),
        )

    def only(self, some: Sequence[int]) -> DrawnFigures:
        """Those of some of the configurations."""
        rows = np.asarray(some, dtype=np.intp)
        return DrawnFigures(
            k=self.k[rows],
            verify_s=self.verify_s[rows],
            server_s=self.server_s[rows],
            alpha=self.alpha.only(rows),
            round_s=self.round_s.only(rows),
            power_w=self.power_w.only(rows),
            idle_w=self.idle_w.only(rows),
            prompt_tokens_per_s=self.prompt_tokens_per_s.only(rows),
        )


def bounded_draws(estimates: Sequence[Estimate | None]) -> Draws:
    """Of figures that are known within bounds; NaN of those that are not known."""
    return Draws(
        point=column_of([math.nan if one is None else one.value for one in estimates]),
        low=column_of([math.nan if one is None else one.low for one in estimates]),
        high=column_of([math.nan if one is None else one.high for one in estimates]),
    )


def column_of(values: Sequence[float]) -> NDArray[np.float64]:
    """One value a configuration, (N, 1)."""
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def positions_of(keys: Iterable[Hashable]) -> list[list[int]]:
    """The positions of each key, in the order of first appearance; None belongs to no group."""
    positions: dict[Hashable, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        if key is not None:
            positions[key].append(position)
    return list(positions.values())
